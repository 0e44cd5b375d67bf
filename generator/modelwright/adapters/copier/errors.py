"""Translates every exception of Copier's library into an error that says what to do."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from copier.errors import (
    ConfigFileError,
    ExtensionNotFoundError,
    SettingsError,
    UnsupportedVersionError,
)
from jinja2 import TemplateError, TemplateNotFound
from yaml import YAMLError

from modelwright.errors import ExternalSystemError, ModelwrightError, RefusedError
from modelwright.template.answer_collector import Asker, Prompt


@contextmanager
def translated_errors(where: str) -> Iterator[None]:
    """Silence Copier's output and warnings, and translate its exceptions.

    Args:
        where: The template and its version.

    Raises:
        RefusedError: The template is wrong.
        ExternalSystemError: An installed package or the disk is the cause.
    """
    try:
        quiet = io.StringIO()
        with warnings.catch_warnings(), redirect_stderr(quiet), redirect_stdout(quiet):
            warnings.simplefilter("ignore")
            yield
    except (ModelwrightError, MemoryError, RecursionError):
        raise
    except Exception as error:
        raise _translated(error, where) from error


def with_output(ask: Asker | None) -> Asker | None:
    """Return an asker that prints while Copier is silenced; call it before `translated_errors`."""
    if ask is None:
        return None
    out, err = sys.stdout, sys.stderr

    def ask_with_output(prompt: Prompt) -> object:
        with redirect_stdout(out), redirect_stderr(err):
            return ask(prompt)

    return ask_with_output


def _translated(error: Exception, where: str) -> ModelwrightError:
    if isinstance(error, UnsupportedVersionError):
        return ExternalSystemError(
            _description(error),
            where=where,
            next_step="pip install --upgrade copier, beside modelwright",
        )
    if isinstance(error, ExtensionNotFoundError):
        return ExternalSystemError(
            _description(error),
            where=where,
            next_step="install the template's extensions beside modelwright",
        )
    if isinstance(error, SettingsError):
        return ExternalSystemError(
            f"Copier's settings cannot be read: {_description(error)}",
            where="settings.yml",
            next_step="correct the file that COPIER_SETTINGS_PATH names, else ~/.config/copier's",
        )
    if isinstance(error, OSError) and not isinstance(error, ValueError | TemplateError):
        return ExternalSystemError(
            f"the template cannot be rendered: {error.strerror or _description(error)}",
            where=error.filename or where,
            next_step="run the command again when that is corrected; nothing was written",
        )
    return RefusedError(
        f"the template does not render with Copier: {_description(error)}",
        where=where,
        next_step="tell the owner of the template; nothing was written",
    )


def _description(error: Exception) -> str:
    place = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    if isinstance(error, ConfigFileError) and isinstance(error.__cause__, YAMLError):
        return f"copier.yml is no YAML: {_one_line(error.__cause__)}{place}"
    if isinstance(error, TemplateError) and getattr(error, "lineno", None) and not place:
        place = f" ({getattr(error, 'name', None) or 'copier.yml'}, line {error.lineno})"  # type: ignore[attr-defined]
    if isinstance(error, TemplateNotFound):
        return f"there is no {error.name}{place}"
    text = _one_line(error)
    known = type(error).__name__
    return (text if text and known != "KeyError" else f"{known} {text}".strip()) + place


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
