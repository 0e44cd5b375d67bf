"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
