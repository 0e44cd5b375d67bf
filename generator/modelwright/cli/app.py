"""The commands, by name."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from modelwright import __version__
from modelwright.cli import (
    adopting,
    checking,
    creating,
    listing,
    platforms,
    provisioning,
    starting,
    status,
    updating,
)
from modelwright.cli.plain_values import take_values_plainly

app = typer.Typer(
    name="modelwright",
    help="Makes, standardises and maintains machine-learning repositories.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command("list")(listing.show)
app.command("new")(creating.new)
app.command("create")(provisioning.create)
app.command("start")(starting.start)
app.command("adopt")(adopting.adopt)
app.command("check")(checking.check)
app.command("status")(status.status)
app.command("update")(updating.update)
app.add_typer(platforms.app, name="platform")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"modelwright {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Makes, standardises and maintains machine-learning repositories."""


def command() -> Any:  # noqa: ANN401 -- the framework's own type is private
    """Return the whole command line."""
    whole = typer.main.get_command(app)
    take_values_plainly(whole)
    return whole
