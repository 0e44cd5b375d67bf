"""Stores rendered files as git would store them: line ends and filters of the project applied."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from modelwright.adapters.git_writing import Scratch
from modelwright.adapters.process import output
from modelwright.adapters.project_repository import ATTRIBUTES, ProjectRepository
from modelwright.catalog.project_paths import refuse_paths
from modelwright.catalog.rendering import RenderedFile
from modelwright.update.entry import Entry, Files, mode_of

_TELLING: Final = re.compile(r"autocrlf|attributesfile|^\s*\[include", re.IGNORECASE | re.MULTILINE)


def stored(
    scratch: Scratch,
    repository: ProjectRepository,
    ours: Files,
    rendered: Mapping[str, RenderedFile],
) -> dict[str, Entry]:
    """Write rendered files as blobs and return their entries by path.

    Raises:
        RefusedError: A path leaves the project.
        SurroundingsError: A filter of the project fails.
    """
    refuse_paths(rendered, links=[path for path, file in rendered.items() if file.link])
    names: dict[str, str] = {}
    if _filtered(repository, ours):
        plain = {path: file.content for path, file in rendered.items() if not file.link}
        names = _cleaned(scratch, repository, ours, plain)
    return {
        path: Entry(
            mode_of(executable=file.executable, link=file.link),
            names.get(path) or scratch.blob(file.content),
        )
        for path, file in rendered.items()
    }


def _filtered(repository: ProjectRepository, ours: Files) -> bool:
    """Say whether git may store another content than a file has; in most projects it does not."""
    if any(map(_is_attributes, ours)) or repository.attributes_above():
        return True
    info = repository.common_dir / "info" / "attributes"
    if info.is_file() and info.stat().st_size:
        return True
    config = (repository.common_dir / "config").read_text(encoding="utf-8", errors="replace")
    return bool(_TELLING.search(config)) or _filtered_everywhere()


@cache
def _filtered_everywhere() -> bool:
    wanted = ("git", "config", "--get-regexp", r"^core\.(autocrlf|attributesfile)$")
    told = output(wanted, folder=Path(tempfile.gettempdir()), fine=(0, 1))
    return any(not line.endswith(b" false") for line in told.splitlines())


def _cleaned(
    scratch: Scratch, repository: ProjectRepository, ours: Files, contents: Mapping[str, bytes]
) -> dict[str, str]:
    prefix = repository.prefix
    attributes = [f"{prefix}{path}" for path in ours if _is_attributes(path)]
    paths = {path: f"{prefix}{path}" for path in contents if "\n" not in path}
    paths = {path: place for path, place in paths.items() if place not in attributes}
    with tempfile.TemporaryDirectory(dir=scratch.folder) as work:
        for place in (*repository.attributes_above(), *attributes):
            _write(Path(work) / place, (repository.top / place).read_bytes())
        for path, place in paths.items():
            _write(Path(work) / place, contents[path])
        told = output(
            ("git", "hash-object", "-w", "--stdin-paths"),
            folder=Path(work),
            env={"GIT_DIR": str(scratch.folder), "GIT_WORK_TREE": work},
            given=b"".join(os.fsencode(place) + b"\n" for place in paths.values()),
        )
    return dict(zip(paths, told.decode().split(), strict=True))


def _is_attributes(path: str) -> bool:
    return path.rsplit("/", 1)[-1] == ATTRIBUTES


def _write(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
