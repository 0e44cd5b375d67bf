"""The commands, by name."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, Final

import typer

from modelwright import __version__
from modelwright.cli.plain_values import take_values_plainly

# By name, because what the others stand on is a third of the time that a command takes to start.
_COMMANDS: Final = {
    "list": ("listing", "show"),
    "new": ("creating", "new"),
    "create": ("provisioning", "create"),
    "start": ("starting", "start"),
    "adopt": ("adopting", "adopt"),
    "check": ("checking", "check"),
    "audit": ("auditing", "audit"),
    "status": ("status", "status"),
    "update": ("updating", "update"),
    "platform": ("platforms", "app"),
    "doctor": ("doctor", "doctor"),
}


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"modelwright {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Makes, standardises and maintains machine-learning repositories."""


def command(name: str = "") -> Any:  # noqa: ANN401 -- the framework's own type is private
    """Return the command line: with one command where its name is given, else with all."""
    app = typer.Typer(
        name="modelwright",
        help="Makes, standardises and maintains machine-learning repositories.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback()(_root)
    for each in [name] if name in _COMMANDS else _COMMANDS:
        module, inside = _COMMANDS[each]
        found = getattr(import_module(f"modelwright.cli.{module}"), inside)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=each)
        else:
            app.command(each)(found)
    whole = typer.main.get_command(app)
    take_values_plainly(whole)
    return whole
