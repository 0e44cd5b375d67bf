"""Does the image carry the cost tags as labels?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Final

from modelwright.audit.finding import Finding
from modelwright.audit.project import Project
from modelwright.audit.tags_wanted import tag_problem
from modelwright.policy.tags import for_target

_NAME: Final = re.compile(r"(?:.*/)?(?:[\w.-]+\.)?Dockerfile(?:\.[\w-]+)?|(?:.*/)?Containerfile")
_INSTRUCTION: Final = re.compile(r"\s*(FROM|LABEL|ARG)\s+(.*)", re.IGNORECASE | re.DOTALL)
_VARIABLE: Final = re.compile(r"\$\{?(\w+)\}?")
_STAGE: Final = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*", re.IGNORECASE)


def check_image(project: Project) -> Iterator[Finding]:
    """Find Dockerfiles whose last stage lacks a label (TAG102); the environment comes by ARG."""
    if not project.known:
        return
    for path, text in project.files.items():
        if not _NAME.fullmatch(path):
            continue
        line, labels, arguments = _last_stage(text)
        problem = tag_problem(labels, project.tags("oci")) or _environment(
            project, labels, arguments
        )
        if problem:
            yield Finding(
                where=f"{path}:{line}",
                rule="TAG102",
                problem=f"the image {problem}",
                next_step="put the labels into LABEL of the last stage, as the template does",
            )


def _environment(project: Project, labels: Mapping[str, str], arguments: set[str]) -> str:
    key = project.environment_key
    if not key:
        return ""
    prefix = project.policy["organisation"]["cost_tag_prefix"]
    label = next(iter(for_target({key: ""}, "oci", prefix=prefix)))
    variable = _VARIABLE.fullmatch(labels.get(label, ""))
    if label not in labels:
        return f"lacks {label}"
    if variable is None or variable.group(1) not in arguments:
        return f"fixes {label}, which an ARG of the last stage must give"
    return ""


def _last_stage(text: str) -> tuple[int, dict[str, str], set[str]]:
    line, labels, arguments = 1, dict[str, str](), set[str]()
    stages: dict[str, tuple[dict[str, str], set[str]]] = {}
    for number, instruction in _instructions(text):
        matched = _INSTRUCTION.match(instruction)
        if matched is None:
            continue
        name, body = matched.group(1).upper(), matched.group(2)
        if name == "FROM":
            # A stage on another one has what that one has.
            base, alias = _stage(body)
            before = stages.get(base, ({}, set()))
            line, labels, arguments = number, dict(before[0]), set(before[1])
            stages[alias] = labels, arguments
        elif name == "ARG":
            arguments.add(body.partition("=")[0].strip())
        else:
            line = number
            labels.update(_pairs(body))
    return line, labels, arguments


def _stage(body: str) -> tuple[str, str]:
    matched = _STAGE.fullmatch(body)
    return (matched.group(1).lower(), (matched.group(2) or "").lower()) if matched else ("", "")


def _instructions(text: str) -> Iterator[tuple[int, str]]:
    started, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        started = started if parts else number
        body = line.rstrip()
        parts.append(body.removesuffix("\\"))
        if not body.endswith("\\"):
            yield started, "\n".join(parts)
            parts = []


def _pairs(body: str) -> dict[str, str]:
    try:
        words = shlex.split(body)
    except ValueError:
        return {}
    pairs = (word.partition("=") for word in words)
    return {key: value for key, equals, value in pairs if equals}
