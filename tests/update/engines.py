"""The two programs that bring a project to a template version, called in this process."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Ended:
    """How an update ended, and what it said."""

    code: int
    said: str


class Engine(Protocol):
    """Brings a project to a version."""

    name: str

    def __call__(self, project: Path, to: str, **given: str) -> Ended:
        """Update a committed project."""


class Ours:
    """`modelwright update`."""

    name = "ours"

    def __call__(self, project, to, *options, **given):
        from modelwright.cli.main import main

        data = [text for name, value in given.items() for text in ("--data", f"{name}={value}")]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["update", str(project), "--to", to, *data, *options])
        return Ended(code, out.getvalue() + err.getvalue())


class Stock:
    """`copier update --defaults`."""

    name = "stock"

    def __call__(self, project, to, **given):
        import copier

        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()) as err:
            warnings.simplefilter("ignore")
            try:
                copier.run_update(
                    str(project), vcs_ref=to, data=given, defaults=True, overwrite=True, quiet=True
                )
            except Exception as error:
                return Ended(1, f"{type(error).__name__}: {error}")
        return Ended(0, err.getvalue())
