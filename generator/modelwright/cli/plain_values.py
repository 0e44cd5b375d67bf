"""Spares every start 0.2 s: texts, paths and flags need no type adapter, which Typer imports.

Typer builds a pydantic adapter for each parameter. Where its inside is another than the one known
here, nothing is changed and Typer does as it always does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

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
