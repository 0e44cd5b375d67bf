"""Is the lock file there, current, and from the indexes that the policy and the project name?"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from modelwright.audit.findings import Finding
from modelwright.audit.project import LockVerdict, Project
from modelwright.paths import LOCK_FILE, PYPROJECT

PUBLIC_INDEX: Final = "https://pypi.org/simple"
_RENEW: Final = "run: uv lock && git add uv.lock"


def check_lock(project: Project) -> Iterator[Finding]:
    """Find a lock that is missing (LCK001), stale (LCK002), or from another index (LCK003).

    A governed repository has its own tools.
    """
    if PYPROJECT not in project.files or project.governed:
        return
    if LOCK_FILE not in {*project.files, *project.others}:
        yield Finding(f"{LOCK_FILE}:1", "LCK001", "there is no uv.lock", _RENEW)
        return
    yield from _verdict(project.lock_verdict)
    yield from _indexes(project)


def _verdict(verdict: LockVerdict | None) -> Iterator[Finding]:
    if verdict is None or verdict.state == "current":
        return
    if verdict.state == "stale":
        yield Finding(f"{LOCK_FILE}:1", "LCK002", "it does not match pyproject.toml", _RENEW)
        return
    problem = f"whether it matches pyproject.toml was not verified: {verdict.reason}"
    yield Finding(f"{LOCK_FILE}:1", "LCK002", problem, "run: uv lock --check", warning=True)


def _indexes(project: Project) -> Iterator[Finding]:
    text = project.files.get(LOCK_FILE, "")
    policy_index = _policy_index(project)
    seen = {_without_login(policy_index), *foreign_indexes(project)}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("source = {"):
            continue
        url = _table(_parse_toml(line), "source").get("registry")
        if not isinstance(url, str) or _without_login(url) in seen:
            continue
        seen.add(_without_login(url))
        yield Finding(
            where=f"{LOCK_FILE}:{number}",
            rule="LCK003",
            problem=f"it takes packages from {_without_login(url)}, not from {policy_index}",
            next_step=f"run: uv lock --default-index {policy_index} && git add uv.lock",
        )


def foreign_indexes(project: Project) -> set[str]:
    """Return the indexes that the project itself names beside the policy's."""
    return {_without_login(url) for url in _named_indexes(project)} - {
        _without_login(_policy_index(project))
    }


def _policy_index(project: Project) -> str:
    index: str = project.policy["available"]["package_index"] or PUBLIC_INDEX
    return index


def _named_indexes(project: Project) -> Iterator[str]:

    uv = _table(_table(_parse_toml(project.files.get(PYPROJECT, "")), "tool"), "uv")
    indexes = uv.get("index")
    for entry in indexes if isinstance(indexes, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("url"), str):
            yield entry["url"]


def _parse_toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = data.get(name)
    return table if isinstance(table, dict) else {}


def _without_login(url: str) -> str:
    """Return a URL without a login and without the slash at its end."""
    scheme, found, rest = url.partition("://")
    if not found:
        return url.rstrip("/")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}".rstrip("/")
