"""Turns any exception into an error of ours, and prints it as text or as one JSON document."""

from __future__ import annotations

import sys
from typing import Final

from modelwright.cli.status_cache import json_document
from modelwright.cli.terminal import paint
from modelwright.errors import ExternalSystemError, ModelwrightError, RefusedError

REPORT: Final = "https://github.com/halden-retail/modelwright/issues"
# Which extra of the distribution installs a library that not every command needs.
EXTRAS: Final = {
    "cryptography": "github",
    "httpx": "github",
    "jwt": "github",
    "nacl": "github",
    "copier": "engines",
    "cookiecutter": "engines",
}


def print_error(error: ModelwrightError, *, as_json: bool) -> int:
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


def to_modelwright_error(error: BaseException) -> ModelwrightError:
    """Return what an exception means: an extra is missing, an input is at fault, or we are."""
    if isinstance(error, MemoryError | RecursionError):
        return _excess(error)
    library = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if not isinstance(error, ModuleNotFoundError) or library not in EXTRAS:
        return _policy_fault() or _fault(error)
    return ExternalSystemError(
        f"{library} is not installed, which this command needs",
        where="Python",
        next_step=f"pip install 'modelwright-cli[{EXTRAS[library]}]'",
    )


def _excess(error: BaseException) -> ModelwrightError:
    """Return an error of an input that is too deep or too large for this program."""
    deep = isinstance(error, RecursionError)
    return RefusedError(
        "something that was read is nested too deeply" if deep else "there is not enough memory",
        where="a text of the platform, the project or the command line",
        next_step="look for what is nested or repeated without an end",
    )


def _policy_fault() -> ModelwrightError | None:
    """Return what is wrong with the policy of a platform that this command opened, if anything."""
    # Here, because only a command that failed needs them.
    from modelwright.cli.session import opened_platforms  # noqa: PLC0415
    from modelwright.template.platform import refuse_unsound  # noqa: PLC0415

    for platform in reversed(opened_platforms):
        try:
            refuse_unsound(platform.tree, platform.source)
        except ModelwrightError as refusal:
            return refusal
    return None


def _fault(error: BaseException) -> ModelwrightError:
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
