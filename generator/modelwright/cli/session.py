"""Opens the platform of a command and says once where it comes from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelwright.adapters.disk.placing import refuse_occupied
from modelwright.adapters.sources.platforms import at_version, platform_for
from modelwright.cli.terminal import Terminal
from modelwright.errors import UsageError
from modelwright.policy.names import repository_name
from modelwright.template.platform import Platform

if TYPE_CHECKING:
    from modelwright.template.answer_collector import Asker, Prompt

ArchetypeArgument = Annotated[
    str,
    typer.Argument(
        metavar="[ARCHETYPE]",
        help="The pattern, asked for where it is left out; see modelwright list.",
        show_default=False,
    ),
]
PlatformOption = Annotated[
    str,
    typer.Option(
        "--platform", metavar="URL|DIR[@REF]", help="The platform to work with.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the result.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Print every step.")]
DataOption = Annotated[
    list[str], typer.Option("--data", "-d", metavar="NAME=VALUE", help="Answer a question.")
]
DataFileOption = Annotated[Path | None, typer.Option("--data-file", "-f", help="Answers as YAML.")]
ToOption = Annotated[
    str, typer.Option("--to", metavar="VERSION", help="Not the newest.", show_default=False)
]
SourceOption = Annotated[
    str,
    typer.Option(
        "--source", metavar="URL", help="Where the template lives now.", show_default=False
    ),
]
TrustOption = Annotated[
    bool, typer.Option("--trust", help="Accept a template that asks to run code.")
]
AnswersFileOption = Annotated[
    str, typer.Option("--answers-file", "-a", metavar="PATH", help="Where the answers stand.")
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Contact no host.")]


def open_platform_for(named: str, terminal: Terminal, *, version: str = "") -> Platform:
    """Return the platform of a command, at a version if one is named; a sample is said to be one.

    Raises:
        ModelwrightError: There is none, or its policy is unsound.
    """
    platform = platform_for(named)
    if version:
        platform = at_version(platform, version)
    if platform.sample:
        terminal.note(
            f"the platform is a sample ({platform.policy['organisation']['name']}, made up); "
            "choose your own with `modelwright platform use URL`"
        )
    if platform.notice:
        terminal.note(platform.notice)
    terminal.detail(
        f"platform {platform.source} {platform.version} by {platform.origin or 'default'}"
    )
    return platform


def chosen_archetype(platform: Platform, named: str, ask: Asker | None) -> str:
    """Return the archetype that is named, or that a person chooses by what each makes.

    Raises:
        UsageError: None is named, and nobody can be asked.
    """
    if named:
        return named
    offered = {entry.id: entry.makes for entry in platform.archetypes}
    if ask is None:
        raise UsageError(
            "no pattern is named, and nobody can be asked",
            where="ARCHETYPE",
            next_step=f"name {' or '.join(offered)}; modelwright list says what each makes",
        )
    from modelwright.template.answer_collector import Prompt  # noqa: PLC0415 -- the template engine

    width = max(len(identity) for identity in offered)
    labels = {f"{identity:<{width}}  {makes}": identity for identity, makes in offered.items()}
    prompt = Prompt(
        name="archetype",
        message="Which pattern?",
        kind="str",
        choices=labels,
        default=None,
        refusal=lambda _: "",
    )
    return str(ask(prompt))


def asker(platform: Platform, *, defaults: bool, into: Path | None = None) -> Asker | None:
    """Return what asks a person at a terminal, and shows the project's name once it is known.

    Args:
        platform: Whose rule makes the name.
        defaults: Whether nobody wants to be asked.
        into: Where a folder of that name must not hold anything; None where there is no such place.
    """
    if defaults or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    from modelwright.cli.prompt import ask  # noqa: PLC0415 -- 180 ms, for a person only

    shown: list[str] = []

    def ask_with_name(prompt: Prompt) -> object:
        name = _name(platform, prompt)
        if name and not shown:
            if into is not None:
                refuse_occupied(into / name)
            sys.stderr.write(f"  It will be called {name}\n")
            shown.append(name)
        return ask(prompt)

    return ask_with_name


def _name(platform: Platform, prompt: Prompt) -> str:
    """Return the repository's name; empty as long as its parts are not all answered."""
    if not {"archetype", "brand", "use_case"} <= set(prompt.answers):
        return ""
    return repository_name(
        platform.policy["naming"],
        brand=prompt.answers["brand"],
        use_case=prompt.answers["use_case"],
        suffix=platform.policy["archetypes"][prompt.answers["archetype"]]["suffix"],
    )
