"""Clean filters: store rendered files as git would, with the project's line ends and git-lfs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from modelwright.adapters.git.object_writer import Scratch
from modelwright.adapters.git.objects import GitObjects
from modelwright.adapters.git.project import project_git
from modelwright.adapters.git.repository import ATTRIBUTES, ProjectRepository
from modelwright.errors import ExternalSystemError
from modelwright.template.project_paths import refuse_paths
from modelwright.template.tree import RenderedFile
from modelwright.update.file_entry import FileEntry, Files, mode_of

_DEFAULT_SYSTEM_ATTRIBUTES: Final = Path("/etc/gitattributes")


def apply_clean_filters(
    scratch: Scratch,
    repository: ProjectRepository,
    ours: Files,
    rendered: Mapping[str, RenderedFile],
) -> dict[str, FileEntry]:
    """Write rendered files as blobs and return their entries by path.

    Raises:
        RefusedError: A path leaves the project.
        ExternalSystemError: A filter of the project fails.
    """
    refuse_paths(rendered, links=[path for path, file in rendered.items() if file.link])
    names: dict[str, str] = {}
    if _has_filters(repository, ours):
        plain = {path: file.content for path, file in rendered.items() if not file.link}
        names = _run_clean_filters(scratch, repository, ours, plain)
    return {
        path: FileEntry(
            mode_of(executable=file.executable, link=file.link),
            names.get(path) or scratch.blob(file.content),
        )
        for path, file in rendered.items()
    }


def attributes_tree(scratch: Scratch, repository: ProjectRepository, ours: Files) -> Path:
    """Return a work tree that holds every `.gitattributes` of the project's commit and no more.

    Git reads it as a work tree: a sparse checkout may lack some of those files.

    Raises:
        ExternalSystemError: The project's objects cannot be read.
    """
    tree = scratch.folder / "tree"
    if not tree.exists():
        tree.mkdir()
        for place in repository.attributes_above():
            _write(tree / place, (repository.top / place).read_bytes())
        own = [path for path in ours if _is_attributes(path)]
        with GitObjects(repository.common_dir) as objects:
            blobs = objects.read([ours[path].name for path in own]) if own else []
        for path, blob in zip(own, blobs, strict=True):
            _write(tree / f"{repository.prefix}{path}", blob.content)
    return tree


def has_attributes(repository: ProjectRepository, ours: Files) -> bool:
    """Say whether a `.gitattributes` holds for the project."""
    return any(map(_is_attributes, ours)) or bool(repository.attributes_above())


def _has_filters(repository: ProjectRepository, ours: Files) -> bool:
    """Say whether git may store other bytes than a file holds; in most projects it does not."""
    repository_file = repository.common_dir / "info" / "attributes"
    converted = repository.settings.get("core.autocrlf", "false") != "false"
    configured = repository.settings.get("core.attributesfile", "")
    files = (
        repository_file,
        Path(configured).expanduser() if configured else _user_attributes(),
        _system_attributes(),
    )
    return has_attributes(repository, ours) or converted or any(map(_is_not_empty, files))


def _is_not_empty(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def _user_attributes() -> Path:
    """Return where git reads a person's attributes, unless the configuration names another."""
    above = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 -- a home that is not there
    return Path(above) / "git" / "attributes"


@cache
def _system_attributes() -> Path:
    """Return where git reads the machine's attributes; before version 2.41 it does not say."""
    try:
        output = project_git(Path("/"), "var", "GIT_ATTR_SYSTEM")
    except ExternalSystemError:
        return _DEFAULT_SYSTEM_ATTRIBUTES
    return Path(os.fsdecode(output.strip()) or _DEFAULT_SYSTEM_ATTRIBUTES)


def _run_clean_filters(
    scratch: Scratch, repository: ProjectRepository, ours: Files, contents: Mapping[str, bytes]
) -> dict[str, str]:
    """Return the names of blobs as git stores files, by path.

    The filters see the project's own git directory: there git-lfs keeps content and
    git-crypt its key. Only the objects go elsewhere.
    """
    paths = {path: f"{repository.prefix}{path}" for path in contents if "\n" not in path}
    tree = attributes_tree(scratch, repository, ours)
    paths = {path: place for path, place in paths.items() if not (tree / place).exists()}
    for path, place in paths.items():
        _write(tree / place, contents[path])
    try:
        output = project_git(
            tree,
            *("hash-object", "-w", "--stdin-paths"),
            env={
                "GIT_DIR": str(repository.git_dir),
                "GIT_WORK_TREE": str(tree),
                "GIT_OBJECT_DIRECTORY": str(scratch.folder / "objects"),
            },
            stdin=b"".join(os.fsencode(place) + b"\n" for place in paths.values()),
        )
    finally:
        for place in paths.values():
            (tree / place).unlink()
    return dict(zip(paths, output.decode().split(), strict=True))


def _is_attributes(path: str) -> bool:
    return path.rsplit("/", 1)[-1] == ATTRIBUTES


def _write(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
