"""Writes a rendered project: beside its place first, then moved there in one step."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.template.project_paths import refuse_links, refuse_paths

if TYPE_CHECKING:
    from modelwright.template.tree import RenderedFile


def refuse_occupied(
    target: Path, next_step: str = "choose another use case, or another folder with --into"
) -> None:
    """Check that something new may be put at a path.

    Raises:
        RefusedError: Something is there already.
    """
    if target.is_symlink() or (target.exists() and not _is_empty_folder(target)):
        raise RefusedError(
            "it is there already, and is not an empty folder",
            where=str(target),
            next_step=next_step,
        )


def place(
    files: Mapping[str, RenderedFile],
    target: Path,
    finish: Callable[[Path], None] = lambda _: None,
) -> None:
    """Write files beside the target and move them there in one step.

    Args:
        files: What to write, by path.
        target: Where it ends.
        finish: What is done in the folder beside the target before the move.

    Raises:
        RefusedError: Something appeared at the target meanwhile.
        ExternalSystemError: The place cannot be written; nothing is left behind.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise _unwritable(target.parent, error) from error
    try:
        write_files(files, temporary)
        finish(temporary)
        temporary.chmod(0o755 & ~_umask())
        refuse_occupied(target)
        temporary.replace(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_files(files: Mapping[str, RenderedFile], folder: Path) -> None:
    """Write files below a folder, over what is there.

    Raises:
        RefusedError: A path leaves the folder, or passes through a link; nothing is written.
    """
    links = {path: os.fsdecode(file.content) for path, file in files.items() if file.link}
    refuse_paths(files, links=links)
    refuse_links(links)
    refuse_links_in_the_way(files, folder)
    for name, file in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.link:
            path.symlink_to(file.content.decode())
            continue
        path.write_bytes(file.content)
        if file.executable:
            path.chmod(path.stat().st_mode | 0o111)


def refuse_links_in_the_way(paths: Iterable[str], folder: Path) -> None:
    """Check that no link stands at a path below a folder, or above it.

    Raises:
        RefusedError: One does: what is written there would be written elsewhere.
    """
    places = {folder / path for path in paths}
    places |= {above for place in places for above in place.parents if folder in above.parents}
    for place in sorted(places):
        if place.is_symlink():
            raise RefusedError(
                "a link stands where the template writes",
                where=str(place),
                next_step="remove it, or put the folder in its place; nothing was written",
            )


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(path: Path, error: OSError) -> ExternalSystemError:
    return ExternalSystemError(
        f"it cannot be written: {error.strerror or error}",
        where=str(path),
        next_step="choose a folder that you may write to, such as with --into; nothing was written",
    )
