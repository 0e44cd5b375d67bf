"""Files that a code host reads in one place only: one more of them would silently count instead.

Source:
    GitHub Docs, "About code owners" and "Creating a pull request template for your repository".
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Final

_FOLDERS: Final = ("", ".github", ".gitlab", "docs")
_WORKFLOWS: Final = ".github/workflows"
_CODE_OWNERS: Final = "CODEOWNERS"
_PULL_REQUEST: Final = "pull_request_template"


def counting_instead(path: str, paths: Iterable[str]) -> str:
    """Return the file of a project that has the purpose of a path; empty where there is none.

    Args:
        path: A path that the project does not have.
        paths: Every path of the project.
    """
    wanted = _purpose(path)
    if wanted is None:
        return ""
    if _is_one_of_several(path):
        paths = [other for other in paths if not _is_one_of_several(other)]
    return next((other for other in sorted(paths) if _purpose(other) == wanted), "")


def _purpose(path: str) -> str | None:
    folder, name = posixpath.split(path)
    stem = posixpath.splitext(name)[0]
    if folder in _FOLDERS and name == _CODE_OWNERS:
        return _CODE_OWNERS
    is_alone = folder in _FOLDERS and stem.casefold() == _PULL_REQUEST
    if is_alone or _is_one_of_several(path):
        return _PULL_REQUEST
    if folder == _WORKFLOWS and name.endswith((".yml", ".yaml")):
        return f"{_WORKFLOWS}/{stem}"
    return None


def _is_one_of_several(path: str) -> bool:
    """Say whether it stands in a folder of templates among which the author of a change chooses."""
    above, folder = posixpath.split(posixpath.dirname(path))
    return folder.casefold() == _PULL_REQUEST and above in _FOLDERS
