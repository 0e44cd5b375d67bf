"""Builds the command line, runs a command, and turns every ending into an exit code.

A command line that failed is read again for its output format, because an error comes as JSON where
the command's result would have.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import typer
from typer import Abort, TyperException

from modelwright import __version__
from modelwright.adapters.system.signals import stopped_by_exception
from modelwright.cli.errors import print_error, to_modelwright_error
from modelwright.cli.session import opened_platforms
from modelwright.errors import ModelwrightError, UsageError

INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
# The function of each command's module. By name, because what the other commands import is a third
# of the time that a command takes to start.
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
_TAKEN_AS_TYPED: Final = (str, Path, bool)


def main(arguments: Sequence[str]) -> int:
    """Run the command line.

    Returns:
        0 done; 1 findings or conflicts; 2 wrong usage; 3 refused; 4 an external system failed;
        70 a fault of ours; 130 interrupted; 141 a broken pipe.
    """
    opened_platforms.clear()
    try:
        with stopped_by_exception():
            code = _run(arguments)
            sys.stdout.flush()
    except (Abort, KeyboardInterrupt):
        sys.stderr.write("\ninterrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        return _broken_pipe()
    except TyperException as error:
        usage = UsageError(error.format_message(), next_step="add --help to see what it takes")
        return print_error(usage, as_json=wants_json(arguments))
    except Exception as error:
        problem = error if isinstance(error, ModelwrightError) else to_modelwright_error(error)
        return print_error(problem, as_json=wants_json(arguments))
    return code


def wants_json(arguments: Sequence[str]) -> bool:
    """Say whether a command line, right or wrong, asks for one JSON document."""
    options = list(_options(command(arguments[0] if arguments else "")))
    with_value = {name for option in options if not option.is_flag for name in option.opts}
    output_format = ""
    words = iter(arguments)
    for word in words:
        if word == "--":
            break
        name, equals, value = _split_option(word, with_value)
        if name in with_value:
            value = value if equals else next(words, "")
        if name == "--json":
            return True
        if name == "--format":
            output_format = value
    return output_format == "json"


def _options(group: Any) -> Iterator[Any]:  # noqa: ANN401 -- the framework's type is private
    """Yield the options of a command and of those below it."""
    for parameter in group.get_params(group.context_class(group)):
        if parameter.param_type_name == "option":
            yield parameter
    for below in getattr(group, "commands", {}).values():
        yield from _options(below)


def _split_option(word: str, with_value: set[str]) -> tuple[str, bool, str]:
    """Return an option's name, whether its value is in the same word, and that value."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, bool(equals), value
    # Short options share a word, as in `-qd team=x` and `-qdteam=x`.
    for place, letter in enumerate(word[1:], start=2) if word.startswith("-") else ():
        if f"-{letter}" in with_value:
            return f"-{letter}", len(word) > place, word[place:]
    return word, False, ""


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
        function_or_group = getattr(module, _COMMANDS[each])
        if isinstance(function_or_group, typer.Typer):
            app.add_typer(function_or_group, name=each)
        else:
            app.command(each)(function_or_group)
    root = typer.main.get_command(app)
    _take_values_as_typed(root)
    return root


def _print_version(asked: bool) -> None:
    if asked:
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


def _take_values_as_typed(command: Any) -> None:  # noqa: ANN401 -- as above
    """Keep the framework from changing texts, paths and flags of a command and of those below."""
    try:
        from typer._coercion import RuntimeParam  # noqa: PLC0415
    except ImportError:
        return

    class AsTyped(RuntimeParam):
        """Takes the value as it was typed."""

        def _coerce_value(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ANN401, ARG002
            convert = Path if _value_type(self.annotation) is Path else _unchanged
            return list(map(convert, value)) if isinstance(value, list | tuple) else convert(value)

    # The parameters and, which stands apart, `--help`.
    for parameter in command.get_params(command.context_class(command)):
        descriptor = getattr(parameter, "type_descriptor", None)
        if descriptor is not None and _value_type(descriptor.annotation) in _TAKEN_AS_TYPED:
            parameter._runtime_param = AsTyped(  # noqa: SLF001
                parameter_info=descriptor.parameter_info, annotation=descriptor.annotation
            )
    for below in getattr(command, "commands", {}).values():
        _take_values_as_typed(below)


def _unchanged(value: object) -> object:
    return value


def _value_type(annotation: object) -> object:
    """Return the type of a value, without `None` and without the list around it."""
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    return kinds[0] if kinds else annotation


def _run(arguments: Sequence[str]) -> int:
    try:
        root = command(arguments[0] if arguments else "")
        code = root.main(args=list(arguments), prog_name="modelwright", standalone_mode=False)
    except SystemExit as ending:
        # The command framework leaves by this way with 0 once it told a shell how to complete a
        # word, and else only on a broken pipe.
        return 0 if ending.code == 0 else _broken_pipe()
    return int(code or 0)


def _broken_pipe() -> int:
    # Python would complain once more while it flushes the pipe at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
