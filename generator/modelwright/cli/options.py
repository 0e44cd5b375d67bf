"""The options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

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
