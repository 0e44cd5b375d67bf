"""Renews a project's lock file (`uv.lock`) when an update changes its dependencies."""

from __future__ import annotations

import posixpath
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from modelwright.adapters.disk.folders import temporary_root
from modelwright.adapters.git.filters import apply_clean_filters
from modelwright.adapters.git.merge import contents_of
from modelwright.adapters.git.object_writer import Scratch
from modelwright.adapters.git.repository import ProjectRepository
from modelwright.adapters.system import uv
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.paths import LOCK_FILE, PYPROJECT
from modelwright.template.tree import RenderedFile
from modelwright.update.conflict_resolution import MergePlan
from modelwright.update.file_entry import Files

COMMAND: Final = "uv lock && git add uv.lock"
_LOCKED_KEYS: Final = (
    *("name", "version", "requires-python", "dependencies", "optional-dependencies", "dynamic"),
)


@dataclass(frozen=True)
class LockOutcome:
    """How the renewal of a lock file ended.

    Attributes:
        stale: Why it could not be renewed, although it should be; empty where it is current.
        notes: What a person should know besides.
    """

    stale: str = ""
    notes: tuple[str, ...] = ()


def follow_lock(
    scratch: Scratch, repository: ProjectRepository, plan: MergePlan, *, offline: bool
) -> LockOutcome:
    """Renew `uv.lock` where the update changes its inputs, or return why that failed."""
    try:
        _renew_lock(scratch, repository, plan, offline=offline)
    except RefusedError as error:
        return LockOutcome(notes=(f"uv.lock was not renewed: {error.problem}; run: {COMMAND}",))
    except ExternalSystemError as error:
        return LockOutcome(stale=error.problem)
    return LockOutcome()


def _renew_lock(
    scratch: Scratch, repository: ProjectRepository, plan: MergePlan, *, offline: bool
) -> None:
    """Renew `uv.lock` where the update changes its inputs; nothing else is upgraded.

    Raises:
        RefusedError: Only a build would tell what the project depends on.
        ExternalSystemError: uv is missing, a host cannot be reached, or nothing fits.
    """
    if LOCK_FILE not in plan.ours or LOCK_FILE in plan.unmerged:
        return
    before, after = _package_metadata(plan.ours), _package_metadata(plan.files)
    if before == after:
        return
    sides = {
        **{f"old/{path}": entry for path, entry in before.items()},
        **{f"new/{path}": entry for path, entry in after.items()},
    }
    contents = contents_of(scratch, sides, repository.folder)
    old, new = (_files_below(contents, f"{side}/") for side in ("old", "new"))
    if _locked_fields(new) == _locked_fields(old):
        return
    with tempfile.TemporaryDirectory(dir=temporary_root()) as name:
        for path, content in new.items():
            place = Path(name, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        content = uv.lock_project_metadata(Path(name), options=["--offline"] if offline else [])
    if content != new.get(LOCK_FILE):
        lock = {LOCK_FILE: RenderedFile(content)}
        plan.files.update(apply_clean_filters(scratch, repository, plan.ours, lock))


def _package_metadata(files: Files) -> Files:
    names = {PYPROJECT, uv.SETTINGS}
    return {
        path: entry
        for path, entry in files.items()
        if posixpath.basename(path) in names or path == LOCK_FILE
    }


def _files_below(contents: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    return {
        path.removeprefix(folder): content
        for path, content in contents.items()
        if path.startswith(folder)
    }


def _locked_fields(contents: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the metadata that decides a lock file; a file with conflict markers is no TOML."""
    fields: dict[str, Any] = {}
    for path, content in contents.items():
        if path == LOCK_FILE:
            continue
        try:
            data = tomllib.loads(content.decode())
        except ValueError as error:
            raise RefusedError(
                f"{path} is no TOML: {error}", where=path, next_step="fix it, then run uv lock"
            ) from error
        project, tool = _table(data, "project"), _table(data, "tool")
        fields[path] = {
            "project": {name: project[name] for name in _LOCKED_KEYS if name in project},
            "groups": data.get("dependency-groups"),
            "uv": data if posixpath.basename(path) == uv.SETTINGS else tool.get("uv"),
        }
    return fields


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = data.get(name)
    return table if isinstance(table, dict) else {}
