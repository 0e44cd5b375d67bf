"""What a newer modelwright brings to an organisation's platform: the two sides of the merge.

Raw files, nothing is rendered. What `platform sync` writes takes no part: it follows from the
merged policy and is written after the merge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelwright.adapters.git_history import GitHistory
from modelwright.adapters.git_objects import GitObjects
from modelwright.catalog.belonging import belongs, place_of
from modelwright.catalog.platform import POLICY
from modelwright.catalog.platform_record import FILE, PlatformRecord, record_from
from modelwright.catalog.rendering import RenderedFile
from modelwright.errors import RefusedError
from modelwright.operations.first_policy import merged_policies
from modelwright.operations.overlays import with_overlays
from modelwright.operations.pinning import PIN
from modelwright.policy.load import read_plain
from modelwright.update.entry import LINK

Files = dict[str, RenderedFile]
_WRITTEN: Final = re.compile(
    r"templates/(_shared/(policy\.json|context\.jinja|exclude\.yml|python_names\.jinja"
    r"|characters\.jinja)|[^/]+/(cookiecutter\.json|hooks/\w+\.py))|\.github/workflows/new-project\.yml"
)


@dataclass(frozen=True, kw_only=True)
class PlatformSides:
    """Both versions of modelwright's files, as they meet an organisation's platform.

    Attributes:
        base: The files of the version that the platform came from, by path.
        theirs: Those of the newer version.
    """

    base: Files
    theirs: Files


def record_of(platform: Path) -> PlatformRecord | None:
    """Return the record of an organisation's platform; None where a folder is none.

    Raises:
        RefusedError: The record has another form.
    """
    file = platform / FILE
    return record_from(file.read_text(encoding="utf-8")) if file.is_file() else None


def policy_text(platform: Path) -> str:
    """Return the policy of an organisation's platform.

    Raises:
        RefusedError: It has none, or one that names no environments.
    """
    file = platform / POLICY
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _no_policy(file, "it cannot be read") from error
    if not read_plain(text, str(file)).get("environments"):
        raise _no_policy(file, "it names no environments")
    return text


def _no_policy(file: Path, problem: str) -> RefusedError:
    return RefusedError(
        problem, where=str(file), next_step=f"restore it: git checkout HEAD -- {file.name}"
    )


def platform_sides(
    history: GitHistory, record: PlatformRecord, to: str, policy: str, *, source: str = ""
) -> PlatformSides:
    """Return what the merge starts from and what it brings.

    Args:
        history: The history of modelwright's repository.
        record: Where the platform came from.
        to: The newer version.
        policy: The text of the organisation's policy.
        source: What the record names as the source from now on; empty for what it names.

    Raises:
        RefusedError: The history lacks one of the versions; the nearest are named.
        SurroundingsError: The objects cannot be read.
    """
    old, new = (_files_at(history, version) for version in (record.version, to))
    environments = read_plain(policy)["environments"]
    policies = merged_policies(_policy(old), _policy(new), policy)
    after = PlatformRecord(source=source or record.source, version=to)
    sides = [
        {
            **with_overlays({p: f for p, f in files.items() if not follows(p)}, environments),
            POLICY: RenderedFile(text.encode()),
            FILE: RenderedFile(told.text.encode()),
        }
        for told, files, text in zip((record, after), (old, new), policies, strict=True)
    ]
    return PlatformSides(base=sides[0], theirs=sides[1])


def follows(path: str) -> bool:
    """Say whether a file of a platform is written by `platform sync`, or is its own pin."""
    return path == PIN or _WRITTEN.fullmatch(path) is not None


def _files_at(history: GitHistory, version: str) -> Files:
    entries = {
        path: entry for path, entry in history.tree(version).entries().items() if belongs(path)
    }
    if POLICY not in entries:
        raise RefusedError(
            f"version {version!r} holds no {POLICY}, so it is no modelwright",
            where=history.source,
            next_step="name modelwright's own repository with --source",
        )
    with GitObjects(history.folder()) as objects:
        blobs = _blobs(objects, sorted({entry.name for entry in entries.values()}))
    files = {}
    for path, entry in entries.items():
        executable, link = bool(entry.mode & 0o100), entry.mode == LINK
        files[place_of(path)] = RenderedFile(blobs[entry.name], executable, link)
    return files


def _policy(files: Mapping[str, RenderedFile]) -> str:
    return files[POLICY].content.decode()


def _blobs(objects: GitObjects, names: list[str]) -> Mapping[str, bytes]:
    return {found.name: found.content for found in objects.read(names)}
