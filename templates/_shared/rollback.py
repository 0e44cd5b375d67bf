def rollback(registry: Registry) -> Mapping[str, str]:
    """Swap champion and previous; a second call swaps them back.

    Returns:
        The version by alias, afterwards.

    Raises:
        ProjectError: There is no version to go back to.
    """
    before = registry.aliases()
    if PREVIOUS not in before or CHAMPION not in before:
        raise ProjectError(
            "no version was champion before this one",
            next_step="promote another version: `uv run poe promote VERSION`",
            code=3,
        )
    registry.point(CHAMPION, before[PREVIOUS])
    registry.point(PREVIOUS, before[CHAMPION])
    return registry.aliases()
