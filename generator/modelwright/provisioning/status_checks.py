"""The names of the status checks that a project's workflows publish for a pull request.

Source:
    GitHub, "Reusing workflow configurations": the check of a called job is `CALLER / CALLED`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import yaml

from modelwright.errors import RefusedError
from modelwright.paths import is_workflow

__all__ = ["published_checks"]

_CHOICE: Final = re.compile(r"\$\{\{ *inputs\.([\w-]+) *&& *'([^']*)' *\|\| *'([^']*)' *\}\}")
_INPUT: Final = re.compile(r"\$\{\{ *inputs\.([\w-]+) *\}\}")


def published_checks(
    files: Mapping[str, str], called: Callable[[str], str], platform: str
) -> list[str]:
    """Return the checks of every workflow that runs for each pull request, sorted.

    Args:
        files: The project's workflows by path.
        called: Returns the text of one of the platform's workflows by its path.
        platform: The platform's repository, owner and name.

    Raises:
        RefusedError: A workflow calls another that the platform does not have.
    """
    names: set[str] = set()
    for path, text in files.items():
        workflow = yaml.safe_load(text)
        if is_workflow(path) and _for_every_pull_request(workflow):
            # A job with a condition need not run for a pull request.
            always = ((key, job) for key, job in workflow["jobs"].items() if "if" not in job)
            for identity, job in always:
                names.update(_checks_of_job(identity, job, called, platform))
    return sorted(names)


def _for_every_pull_request(workflow: Mapping[Any, Any]) -> bool:
    # YAML 1.1 reads the key `on` as true.
    events = workflow.get("on", workflow.get(True, {}))
    if not isinstance(events, Mapping):
        return "pull_request" in events
    narrowed = events.get("pull_request") or {}
    return "pull_request" in events and not {"paths", "paths-ignore"} & set(narrowed)


def _checks_of_job(
    identity: str, job: Mapping[str, Any], called: Callable[[str], str], platform: str
) -> list[str]:
    name = str(job.get("name", identity))
    uses = job.get("uses", "")
    if not uses:
        return [] if "strategy" in job else [name]
    path = uses.partition("@")[0].removeprefix(f"{platform}/")
    try:
        inner = yaml.safe_load(called(path))
    except KeyError as error:
        raise RefusedError(
            f"there is no {path} in the platform, which a project's workflow calls",
            where=f"job {identity}",
            next_step="run modelwright platform check in the platform's repository",
        ) from error
    events = inner.get("on", inner.get(True, {}))
    inputs = {
        key: entry.get("default", "")
        for key, entry in ((events.get("workflow_call") or {}).get("inputs") or {}).items()
    }
    values = {**inputs, **job.get("with", {})}
    return [
        f"{name} / {_fill_inputs(str(one.get('name', key)), values)}"
        for key, one in inner["jobs"].items()
    ]


def _fill_inputs(name: str, values: Mapping[str, Any]) -> str:
    chosen = _CHOICE.sub(lambda match: match[2] if values.get(match[1]) else match[3], name)
    return _INPUT.sub(lambda match: str(values.get(match[1], "")), chosen)
