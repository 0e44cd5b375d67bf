"""Turns an error into text, or into one JSON document."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from traceback import walk_tb
from typing import Final

from modelwright.cli.status_cache import json_document
from modelwright.cli.terminal import paint
from modelwright.errors import ExternalSystemError, ModelwrightError, RefusedError

REPORT = "https://github.com/halden-retail/modelwright/issues"
# Which extra of the distribution brings a library that not every command needs.
EXTRAS: Final = {
    "cryptography": "github",
    "httpx": "github",
    "jwt": "github",
    "nacl": "github",
    "copier": "engines",
    "cookiecutter": "engines",
}


def tell(error: ModelwrightError, *, as_json: bool) -> int:
    """Print an error and return its exit code."""
    if as_json:
        content = {
            "error": error.problem,
            "where": error.where,
            "next_step": error.next_step,
            "exit_code": error.exit_code,
        }
        sys.stdout.write(json_document(content))
        return error.exit_code
    sys.stderr.write(paint(f"error: {error}", "red", sys.stderr) + "\n")
    if error.next_step:
        sys.stderr.write(f"  next: {error.next_step}\n")
    return error.exit_code


def wants_json(arguments: Sequence[str]) -> bool:
    """Say whether a command line asks for one JSON document."""
    return "--json" in arguments or "--format json" in " ".join(arguments).replace("=", " ")


def _too_much(error: BaseException) -> ModelwrightError:
    """Return an error of something that is too deep or too large for this program."""
    deep = isinstance(error, RecursionError)
    return RefusedError(
        "something that was read is nested too deeply" if deep else "there is not enough memory",
        where="a text of the platform, the project or the command line",
        next_step="look for what is nested or repeated without an end",
    )


def unforeseen(error: BaseException) -> ModelwrightError:
    """Return what to do where an extra's library is missing or a text is too much; else a fault."""
    if isinstance(error, MemoryError | RecursionError):
        return _too_much(error)
    library = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if not isinstance(error, ModuleNotFoundError) or library not in EXTRAS:
        return _policy_fault(error) or fault(error)
    return ExternalSystemError(
        f"{library} is not installed, which this command needs",
        where="Python",
        next_step=f"pip install 'modelwright-cli[{EXTRAS[library]}]'",
    )


def _policy_fault(error: BaseException) -> ModelwrightError | None:
    """Return what is wrong with the policy of a platform that a failed call worked on, if any."""
    # Here, because only a command that failed needs them.
    from modelwright.template.platform import (  # noqa: PLC0415
        Platform,
        refuse_unsound,
    )

    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    held = [value for frame in reversed(frames) for value in frame.f_locals.values()]
    for platform in (value for value in held if isinstance(value, Platform)):
        try:
            refuse_unsound(platform.tree, platform.source)
        except ModelwrightError as refusal:
            return refusal
    return None


def fault(error: BaseException) -> ModelwrightError:
    """Return a fault of ours as an error that says where to report it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        code = trace.tb_frame.f_code
        place = f"{code.co_name}, line {trace.tb_lineno} of {code.co_filename.rsplit('/', 1)[-1]}"
    return ModelwrightError(
        f"a fault of modelwright: {type(error).__name__}: {error}",
        where=place,
        next_step=f"report it at {REPORT} with this line, the command and modelwright doctor",
    )
