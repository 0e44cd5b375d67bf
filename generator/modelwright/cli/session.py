"""The options that commands share, and the platforms that a command opened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from modelwright.adapters.sources.platforms import at_version, platform_for
from modelwright.cli.terminal import Terminal
from modelwright.paths import PLATFORM_RECORD
from modelwright.template.platform import Platform

# When a command fails for no reason that it knows, `errors` looks whether one of them is unsound.
opened_platforms: Final[list[Platform]] = []

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


def holds_platform(folder: Path, answers_file: str) -> bool:
    """Say whether a folder holds an organisation's platform and no project."""
    return (folder / PLATFORM_RECORD).is_file() and not (folder / answers_file).is_file()


def open_platform_for(named: str, terminal: Terminal, *, version: str = "") -> Platform:
    """Return the platform of a command, at a version if one is named; note that it is a sample.

    Raises:
        ModelwrightError: There is none, or its policy is unsound.
    """
    platform = platform_for(named)
    if version:
        platform = at_version(platform, version)
    opened_platforms.append(platform)
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


def open_platform_of_project(named: str, source: str, version: str) -> Platform:
    """Return the platform that judges a project: the named one, else that of the project's answers.

    Args:
        named: The value of `--platform`; empty where it is left out.
        source: The template's source in the project's answers.
        version: The template's version there.

    Raises:
        ModelwrightError: There is none, or it cannot be fetched.
    """
    # Here, because the template engine costs the commands that render nothing 80 ms.
    from modelwright.operations.judge.policy_choice import platform_of_project  # noqa: PLC0415

    platform = platform_of_project(named, source, version)
    opened_platforms.append(platform)
    return platform
