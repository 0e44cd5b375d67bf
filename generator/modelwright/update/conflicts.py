"""Conflicts of an update, each with its advice; equivalent files, illegal names, stale imports."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Final, Literal

from modelwright.errors import RefusedError
from modelwright.paths import WORKFLOWS_FOLDER

Kind = Literal["content", "binary", "deleted", "names", "managed", "in the way", "meanwhile"]

ADVICE: Final[dict[Kind, str]] = {
    "content": "edit the text between the markers, then git add {path}",
    "binary": "yours was kept; the template's is {aside}: keep one as {path}, then git add {path}",
    "deleted": "the template has it no more: git rm {path} to follow, git add {path} to keep yours",
    "names": "you and the template moved or replaced it differently: keep one, git rm the other",
    "managed": "the template owns it, so its version was taken; yours is {aside}: move your change "
    "into a file of your own, then git rm -f {aside}",
    "in the way": "your file is not in git and was left alone; the template's is {aside}",
    "meanwhile": "the update's was kept; yours is {aside}: put your change into {path}, then "
    "delete {aside}",
}
PROBLEMS: Final[dict[Kind, str]] = {
    "content": "both changed the same lines",
    "binary": "both changed a file that cannot be merged",
    "deleted": "you changed what the template deleted",
    "names": "it has two names, or two kinds",
    "managed": "you changed a managed file",
    "in the way": "an untracked file is in the way",
    "meanwhile": "you changed it after the update was interrupted",
}
_FOLDERS: Final = ("", ".github", ".gitlab", "docs")
_CODE_OWNERS: Final = "CODEOWNERS"
_PULL_REQUEST: Final = "pull_request_template"
# Microsoft, "Naming Files, Paths, and Namespaces".
_ILLEGAL: Final = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]\Z')
_DEVICE: Final = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\..*)?", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """One path that a person must look at.

    Attributes:
        aside: The path of the other version, where both cannot be in one file.
    """

    path: str
    kind: Kind
    aside: str = ""

    @property
    def problem(self) -> str:
        """What happened, in a few words."""
        return PROBLEMS[self.kind]

    @property
    def advice(self) -> str:
        """What to do, in one line."""
        return ADVICE[self.kind].format(path=quote(self.path), aside=quote(self.aside))


def equivalent_file(path: str, paths: Iterable[str]) -> str:
    """Return the project's file that the code host reads for the same purpose; empty without one.

    Args:
        path: A path that the project does not have.
        paths: Every path of the project.
    """
    purpose = _purpose(path)
    if purpose is None:
        return ""
    if _is_one_of_several(path):
        paths = [other for other in paths if not _is_one_of_several(other)]
    return next((other for other in sorted(paths) if _purpose(other) == purpose), "")


def _purpose(path: str) -> str | None:
    folder, name = posixpath.split(path)
    stem = posixpath.splitext(name)[0]
    if folder in _FOLDERS and name == _CODE_OWNERS:
        return _CODE_OWNERS
    is_alone = folder in _FOLDERS and stem.casefold() == _PULL_REQUEST
    if is_alone or _is_one_of_several(path):
        return _PULL_REQUEST
    if folder == WORKFLOWS_FOLDER and name.endswith((".yml", ".yaml")):
        return f"{WORKFLOWS_FOLDER}/{stem}"
    return None


def _is_one_of_several(path: str) -> bool:
    """Say whether a path is in a folder of templates from which the author of a change chooses."""
    above, folder = posixpath.split(posixpath.dirname(path))
    return folder.casefold() == _PULL_REQUEST and above in _FOLDERS


def refuse_names(paths: Iterable[str], version: str) -> None:
    """Check the paths that a version of a template adds.

    Raises:
        RefusedError: Windows cannot check one of them out.
    """
    for path in sorted(paths):
        for part in path.split("/"):
            if _ILLEGAL.search(part) or _DEVICE.fullmatch(part):
                raise RefusedError(
                    f"{version or 'the template'} adds the file {path!r}, a name that Windows "
                    "cannot hold",
                    where=path,
                    next_step="choose another answer where the name follows from one, or tell "
                    "the platform team to rename it; nothing was changed",
                )


def python_modules(paths: Iterable[str]) -> set[str]:
    """Return the dotted names of Python files, without a source root."""
    found = set()
    for path in paths:
        if path.endswith(".py"):
            dotted = path.removesuffix(".py").removeprefix("src/").replace("/", ".")
            found.add(dotted.removesuffix(".__init__"))
    return found


def stale_imports(texts: Mapping[str, str], gone: set[str]) -> Iterator[str]:
    """Yield a sentence for every import of a module that is gone.

    Args:
        texts: Python files by path.
        gone: Dotted names.
    """
    for path, text in sorted(texts.items()):
        for number, line in enumerate(text.splitlines(), start=1):
            for module in sorted(gone):
                if _imports(line, module):
                    yield f"{path}:{number} imports {module}, which the template moved or deleted"


def _imports(line: str, module: str) -> bool:
    parent, _, name = module.rpartition(".")
    direct = rf"\s*(?:import|from)\s+{re.escape(module)}(?![\w])"
    if re.match(direct, line):
        return True
    inner = rf"\s*from\s+{re.escape(parent)}\s+import\s+.*\b{re.escape(name)}\b"
    return bool(parent) and re.match(inner, line) is not None
