def _line(text: str) -> str:
    """Take one line of at most 250 characters, as a registry's tag does."""
    if not text.isprintable() or len(text) > 250:
        raise argparse.ArgumentTypeError("one line of at most 250 characters is taken")
    return text


WHO: tuple[Option, ...] = (
    ("--by", {"type": _line, "default": "", "help": "who asks; stored with the version"}),
    ("--why", {"type": _line, "default": "", "help": "the reason; stored with the version"}),
)


def _moved(asked: argparse.Namespace, registry: Registry, alias: str, before: str | None) -> None:
    """Store who moved an alias, why and from where, with the version that bears it now."""
    version = registry.aliases()[alias]
    facts = {"by": asked.by, "why": asked.why, "from": before or "none"}
    registry.tag(version, {f"{alias}_{name}": text for name, text in facts.items() if text})
    print(f"{alias}: {before or 'none'} -> {version}, {asked.by or 'by hand'}: {asked.why or '-'}")
