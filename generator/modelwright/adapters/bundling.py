"""Packs a platform at one version into a git bundle, the same bytes for the same files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from modelwright.adapters.packaged import PARTS
from modelwright.adapters.placing import write
from modelwright.adapters.process import run
from modelwright.adapters.temporary import temporary_root
from modelwright.catalog.rendering import RenderedFile
from modelwright.catalog.tree import Tree

__all__ = ["bundled"]

_WHEN: Final = "2000-01-01T00:00:00Z"
_NOBODY: Final = ("modelwright", "modelwright@users.noreply.github.com")
_WHO: Final = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in zip(("NAME", "EMAIL", "DATE"), (*_NOBODY, _WHEN), strict=True)
}
_PACKED: Final = ("-c", "pack.threads=1")


def bundled(tree: Tree, version: str) -> bytes:
    """Return a bundle with one commit, tagged as the version.

    Raises:
        SurroundingsError: Git fails, or the disk is full.
    """
    with tempfile.TemporaryDirectory(dir=temporary_root()) as aside:
        folder, bundle = Path(aside) / "platform", Path(aside) / "bundle"
        folder.mkdir()
        write(_files(tree), folder)
        for command in (
            ("init", "--quiet", "--initial-branch", "main", "--template="),
            ("add", "--all", "--force"),
            ("commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", version),
            ("tag", "--no-sign", version),
            (*_PACKED, "bundle", "create", "--quiet", str(bundle), f"refs/tags/{version}"),
        ):
            run(("git", *command), folder=folder, env=_WHO)
        return bundle.read_bytes()


def _files(tree: Tree) -> dict[str, RenderedFile]:
    found = {}
    # The workflows say which status checks a project publishes.
    for name in (*PARTS, ".github/workflows"):
        alone = [name] if name.endswith(".yml") else []
        for path in list(tree.paths(name)) or alone:
            found[path] = RenderedFile(tree.read(path), tree.executable(path))
    return found
