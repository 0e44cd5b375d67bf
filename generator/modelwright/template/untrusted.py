"""Translates errors of untrusted templates and YAML: each is the platform's fault, not ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import yaml

from modelwright.errors import ModelwrightError, UnrenderableError
from modelwright.policy.resource_limits import with_resource_limits
from modelwright.policy.yaml_reader import FastLoader, alias_problem, size_problem

_LONGEST: Final = 300


@contextmanager
def untrusted_errors(where: str) -> Iterator[None]:
    """Run what a template says, within bounds.

    Raises:
        RefusedError: It failed, took too long or too much memory; the cause is what it failed with.
    """
    with with_resource_limits(where), working_on_untrusted(where):
        yield


@contextmanager
def working_on_untrusted(where: str) -> Iterator[None]:
    """Let an error of a template's own say so.

    Raises:
        UnrenderableError: It failed; the cause is what it failed with.
    """
    try:
        yield
    except (ModelwrightError, MemoryError, RecursionError):
        raise
    except yaml.YAMLError as error:
        raise _refusal(f"it is not YAML: {' '.join(str(error).split())}", where) from error
    except Exception as error:
        # Here, because the template engine costs the commands that render nothing 80 ms.
        from jinja2 import TemplateError  # noqa: PLC0415

        if isinstance(error, TemplateError):
            raise _refusal(f"the template does not render: {error.message}", where) from error
        failure = f"{type(error).__name__}: {' '.join(str(error).split())}"[:_LONGEST]
        raise _refusal(f"the template fails with {failure}", where) from error


def plain_yaml(text: str, where: str, loader: Any = FastLoader) -> Any:  # noqa: ANN401 -- plain data
    """Return the data of a YAML text of a platform.

    Raises:
        RefusedError: It is not YAML, is nested too deeply, or stands for more than it holds.
    """
    problem = size_problem(text)
    if problem:
        raise _refusal(problem, where)
    with untrusted_errors(where):
        data = list(yaml.load_all(text, Loader=loader))
        problem = alias_problem(text, data)
    if problem:
        raise _refusal(problem, where)
    return data


def _refusal(problem: str, where: str) -> UnrenderableError:
    return UnrenderableError(
        problem, where=where, next_step="tell the platform team; nothing was written"
    )
