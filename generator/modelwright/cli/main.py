"""Runs a command and turns every ending into the contract's exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import typer
from typer import Abort, TyperException

from modelwright import __version__
from modelwright.adapters.system.signals import stopped_by_exception
from modelwright.cli.errors import tell, unforeseen, wants_json
from modelwright.errors import ModelwrightError, UsageError

_PLAIN = (str, Path, bool)


def take_values_plainly(command: Any) -> None:  # noqa: ANN401 -- the framework's type is private
    """Give every text, path, flag and list of them of a command, and below it, a plain way."""
    try:
        from typer._coercion import RuntimeParam  # noqa: PLC0415
    except ImportError:
        return

    class Plain(RuntimeParam):
        """Takes the value as it was typed."""

        def _coerce_value(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ANN401, ARG002
            plain = Path if _kind(self.annotation) is Path else _same
            return list(map(plain, value)) if isinstance(value, list | tuple) else plain(value)

    # The parameters and, which stands apart, `--help`.
    for parameter in command.get_params(command.context_class(command)):
        described = getattr(parameter, "type_descriptor", None)
        if described is not None and _kind(described.annotation) in _PLAIN:
            parameter._runtime_param = Plain(  # noqa: SLF001
                parameter_info=described.parameter_info, annotation=described.annotation
            )
    for below in getattr(command, "commands", {}).values():
        take_values_plainly(below)


def _same(value: object) -> object:
    return value


def _kind(annotation: object) -> object:
    """Return what a value is, without `None` and without the list around it."""
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    return kinds[0] if kinds else annotation


# By name, because what the others stand on is a third of the time that a command takes to start.
_COMMANDS: Final = {
    "list": "show",
    "new": "new",
    "create": "create",
    "start": "start",
    "adopt": "adopt",
    "check": "check",
    "audit": "audit",
    "status": "status",
    "update": "update",
    "platform": "app",
    "doctor": "doctor",
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
        module = import_module(f"modelwright.cli.commands.{each}")
        found = getattr(module, _COMMANDS[each])
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=each)
        else:
            app.command(each)(found)
    whole = typer.main.get_command(app)
    take_values_plainly(whole)
    return whole


INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141


def main(arguments: Sequence[str]) -> int:
    """Run the command line.

    Returns:
        0 done; 1 findings or conflicts; 2 wrong usage; 3 refused; 4 the surroundings failed;
        70 a fault of ours; 130 interrupted; 141 a broken pipe.
    """
    as_json = wants_json(arguments)
    try:
        with stopped_by_exception():
            code = _run(arguments)
            sys.stdout.flush()
    except ModelwrightError as error:
        return tell(error, as_json=as_json)
    except TyperException as error:
        usage = UsageError(error.format_message(), next_step="add --help to see what it takes")
        return tell(usage, as_json=as_json)
    except (Abort, KeyboardInterrupt):
        sys.stderr.write("\ninterrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        return _broken_pipe()
    except Exception as error:
        return tell(unforeseen(error), as_json=as_json)
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        whole = command(arguments[0] if arguments else "")
        code = whole.main(args=list(arguments), prog_name="modelwright", standalone_mode=False)
    except SystemExit as ending:
        # The command framework leaves by this way with 0 once it told a shell how to complete a
        # word, and else only on a broken pipe.
        return 0 if ending.code == 0 else _broken_pipe()
    return int(code or 0)


def _broken_pipe() -> int:
    # Python would complain once more while it flushes the pipe at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
