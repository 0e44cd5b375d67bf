"""Reads a project for `check` and `audit`: files, answers, its platform, and its lock file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from shlex import quote
from typing import Any, Final

from modelwright.adapters.git.project_files import ProjectFiles, read_project
from modelwright.adapters.system import uv
from modelwright.audit.project import LockVerdict, Project
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.operations.judge.policy_choice import judge_of, why_unverified, with_own_team
from modelwright.paths import ANSWERS_FILE, LOCK_FILE, PROJECT_RECORD
from modelwright.policy.yaml_reader import Unreadable, read_yaml
from modelwright.template.generated.dispatch_workflow import workflow_pin
from modelwright.template.platform import Platform

_UV_SECONDS: Final = 90.0
_PACKAGE_TABLE: Final = b"[[package]]"
OpenPlatform = Callable[[str, str], Platform]
TEXTS: Final = ("archetype", "team", "brand", "use_case", "description")
OPTIONAL_TEXTS: Final = ("personal_data", "cost_centre", "serves", "allocation_key")


def lock_verdict(project: Path, *, ask_hosts: bool) -> LockVerdict:
    """Return whether `uv.lock` is what uv would make of `pyproject.toml`.

    A match is found without a network. A mismatch needs one: offline, uv cannot tell a stale file
    from a package that is not in its cache.

    Args:
        project: The project's folder.
        ask_hosts: Whether package indexes may be contacted, with the person's own logins.
    """
    try:
        return _lock_verdict(project, ask_hosts=ask_hosts)
    except OSError as error:
        reason = str(error.strerror or error)
    except UnicodeDecodeError:
        reason = "pyproject.toml is not UTF-8"
    except (RefusedError, ExternalSystemError) as error:
        reason = error.problem
    return LockVerdict("not verified", reason)


def _lock_verdict(project: Path, *, ask_hosts: bool) -> LockVerdict:
    locked = (project / LOCK_FILE).read_bytes().replace(b"\r\n", b"\n")
    if _PACKAGE_TABLE not in locked:
        return LockVerdict("not verified", "it names no package")
    if _is_current_offline(project):
        return LockVerdict("current")
    if not ask_hosts:
        return LockVerdict("not verified", "pyproject.toml names an index of its own")
    renewed = uv.lock_project_metadata(project, seconds=_UV_SECONDS)
    return LockVerdict("current" if renewed == locked else "stale")


def _is_current_offline(project: Path) -> bool:
    try:
        uv.lock_project_metadata(project, options=("--check", "--offline"), seconds=_UV_SECONDS)
    except ExternalSystemError:
        return False
    return True


def project_at(
    path: Path, command: str, *, open_platform: OpenPlatform, today: date
) -> tuple[Project, Platform]:
    """Return the project in a folder, and its platform.

    Args:
        path: Its folder.
        command: The command that runs, for the advice to name another folder.
        open_platform: Returns the platform for the answers file's source and version.
        today: The day by which waivers and reviews are judged.

    Raises:
        RefusedError: It is no project, or its answers cannot be read.
        ExternalSystemError: A file or the platform cannot be read.
    """
    files = read_project(path)
    answers = _answers(path, command, files)
    platform = open_platform(str(answers.get("_src_path", "")), str(answers.get("_commit", "")))
    project = Project(
        files=files.texts,
        others=files.others,
        conflicts=files.conflicts,
        ignores_env=files.ignores_env,
        answers=answers,
        folder=files.folder,
        remote=files.remote,
        policy=_policy(platform, answers, files),
        pin=workflow_pin(platform.tree),
        today=today,
        judge=judge_of(platform, answers, files.texts),
        unverified=why_unverified(platform, answers, files.texts),
    )
    return project, platform


def _answers(path: Path, command: str, files: ProjectFiles) -> dict[str, Any]:
    text = files.texts.get(ANSWERS_FILE)
    if text is None:
        raise RefusedError(
            f"it holds no {ANSWERS_FILE}, so it is no project of a template",
            where=str(path),
            next_step=_advice_for_other_folder(path, command),
        )
    documents = read_yaml(text)
    if isinstance(documents, Unreadable):
        raise _unreadable_answers(documents.line, f"it is not YAML: {documents.problem}")
    answers = dict(documents[0].mapping) if documents else {}
    if not answers:
        raise _unreadable_answers(1, "it holds no answers by name")
    for name in TEXTS:
        if name not in answers:
            raise _unreadable_answers(1, f"it holds no answer {name}")
    for name in (*TEXTS, *(name for name in OPTIONAL_TEXTS if name in answers)):
        answers[name] = "" if answers[name] is None else str(answers[name])
    return answers


def _advice_for_other_folder(path: Path, command: str) -> str:
    for parent in path.resolve().parents:
        if (parent / ANSWERS_FILE).is_file():
            return f"name the project's own folder: modelwright {command} {quote(str(parent))}"
    return (
        "name the folder of a project that modelwright new or copier copy made, or take this one "
        f"in: modelwright adopt {quote(str(path))}"
    )


def _unreadable_answers(line: int, problem: str) -> RefusedError:
    return RefusedError(
        problem,
        where=f"{ANSWERS_FILE}:{line}",
        next_step=f"restore it: git checkout HEAD -- {ANSWERS_FILE}",
    )


def _policy(
    platform: Platform, answers: Mapping[str, Any], files: ProjectFiles
) -> Mapping[str, Any]:
    if answers.get("_commit", "") == platform.version:
        return platform.policy
    documents = read_yaml(files.texts.get(PROJECT_RECORD, ""))
    if isinstance(documents, Unreadable) or not documents:
        return platform.policy
    return with_own_team(platform.policy, answers, documents[0].mapping)
