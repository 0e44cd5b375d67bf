"""Asks uv whether a project's lock file matches its metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from modelwright.adapters import uv
from modelwright.audit.project import LockVerdict
from modelwright.errors import RefusedError, SurroundingsError

_PATIENCE: Final = 90.0
_PACKAGE: Final = b"[[package]]"


def lock_verdict(project: Path, *, ask_hosts: bool) -> LockVerdict:
    """Say whether `uv.lock` is what uv would make of `pyproject.toml`.

    That it matches is told without a network; that it does not, only after uv has made it again,
    because without one uv cannot tell a stale file from a package that it does not have.

    Args:
        project: The project's folder.
        ask_hosts: Whether package indexes may be contacted, with the person's own logins.
    """
    try:
        return _verdict(project, ask_hosts=ask_hosts)
    except OSError as error:
        reason = str(error.strerror or error)
    except UnicodeDecodeError:
        reason = "pyproject.toml is not UTF-8"
    except (RefusedError, SurroundingsError) as error:
        reason = error.problem
    return LockVerdict("not verified", reason)


def _verdict(project: Path, *, ask_hosts: bool) -> LockVerdict:
    kept = (project / uv.LOCK).read_bytes().replace(b"\r\n", b"\n")
    if _PACKAGE not in kept:
        return LockVerdict("not verified", "it names no package")
    if _is_current_offline(project):
        return LockVerdict("current")
    if not ask_hosts:
        return LockVerdict("not verified", "pyproject.toml names an index of its own")
    made = uv.locked(project, seconds=_PATIENCE)
    return LockVerdict("current" if made == kept else "stale")


def _is_current_offline(project: Path) -> bool:
    try:
        uv.locked(project, options=("--check", "--offline"), seconds=_PATIENCE)
    except SurroundingsError:
        return False
    return True
