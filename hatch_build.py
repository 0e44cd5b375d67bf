"""Puts the platform (questions, policy, templates, hooks) and its history into the wheel."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.version import InvalidVersion, Version

MANIFEST = "generator/modelwright/template/generated/package_manifest.py"
LIST = runpy.run_path(str(Path(__file__).parent / MANIFEST))
PLATFORM: tuple[str, ...] = LIST["PLATFORM"]
# What an old version of a project is rendered from, and what the plan of an update tells of it.
KEPT = (*PLATFORM, "CHANGELOG.md")
BUNDLE = "history.bundle"
AUTHOR = "modelwright <modelwright@users.noreply.github.com>"
PACKED = ("-c", "pack.threads=1", "-c", "pack.window=10", "-c", "pack.depth=50")


class PlatformHook(BuildHookInterface[Any]):
    """Maps the platform to `modelwright/_platform/` in the wheel, and its history beside it.

    A source distribution has no git: it carries the bundle at its root, for the wheel that is
    built from it.
    """

    _aside: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files unless `version` is an editable install, which reads the checkout."""
        if version == "editable":
            return
        root = Path(self.root)
        included: dict[str, str] = build_data["force_include"]
        wheel = self.target_name == "wheel"
        if wheel:
            included.update(
                {
                    f"{root / name}": f"modelwright/_platform/{name}"
                    for name in PLATFORM
                    # The program is in the wheel already, as its package.
                    if name != LIST["GENERATOR"] and (root / name).exists()
                }
            )
        bundle = self._bundle(root)
        if bundle is not None:
            included[str(bundle)] = f"modelwright/_{BUNDLE}" if wheel else BUNDLE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was made for the build."""
        del version, build_data, artifact_path
        if self._aside is not None:
            shutil.rmtree(self._aside, ignore_errors=True)

    def _bundle(self, root: Path) -> Path | None:
        if not (root / ".git").exists():
            return root / BUNDLE if (root / BUNDLE).is_file() else None
        self._aside = Path(tempfile.mkdtemp(prefix="modelwright-"))
        try:
            return bundle_of(root, self._aside)
        except (OSError, subprocess.CalledProcessError) as error:
            told = getattr(error, "stderr", "") or error
            self.app.display_warning(f"no history of released versions in this build: {told}")
            return None


def bundle_of(root: Path, into: Path) -> Path | None:
    """Write a git bundle of a clone's released versions; None where it has none.

    Every release becomes one commit without parents, so that its id follows from its files and
    its day alone, whatever else is released and in whichever clone.
    """
    releases = _released(root)
    trees = _entries(root, list(releases))
    releases = {tag: day for tag, day in releases.items() if "copier.yml" in trees[tag]}
    if not releases:
        return None
    store = into / "history.git"
    objects = _git(root, "rev-parse", "--path-format=absolute", "--git-path", "objects").strip()
    hashes = _git(root, "rev-parse", "--show-object-format").strip()
    _git(into, "init", "--quiet", "--bare", "--template=", f"--object-format={hashes}", str(store))
    (store / "objects/info").mkdir(parents=True, exist_ok=True)
    (store / "objects/info/alternates").write_text(f"{objects}\n")
    newest = max(releases, key=lambda tag: (not Version(tag).is_prerelease, Version(tag)))
    commits = [_commit(tag, day, trees[tag]) for tag, day in sorted(releases.items())]
    commits.append(f"reset refs/heads/main\nfrom refs/tags/{newest}\n\n")
    _git(store, "fast-import", "--quiet", given="".join(commits))
    _git(store, "symbolic-ref", "HEAD", "refs/heads/main")
    # Packed anew, because the bytes would follow from how the clone happens to be packed.
    _git(store, *PACKED, "repack", "-adFq")
    _git(store, *PACKED, "bundle", "create", "--quiet", str(into / BUNDLE), "HEAD", "--all")
    return into / BUNDLE


def _released(root: Path) -> dict[str, int]:
    """Return the day of every released version, in seconds since the epoch, by tag."""
    form = "%(refname:strip=2) %(committerdate:unix) %(*committerdate:unix)"
    listed = _git(root, "for-each-ref", f"--format={form}", "refs/tags/v*")
    found = {}
    for line in listed.splitlines():
        tag, *days = line.split()
        if days and _is_version(tag):
            found[tag] = int(days[-1])
    return found


def _entries(root: Path, tags: list[str]) -> dict[str, dict[str, str]]:
    """Return the kind and id of what is kept of every tag, by name."""
    asked = [(tag, name) for tag in tags for name in KEPT]
    lines = "".join(f"refs/tags/{tag}^{{commit}}:{name}\n" for tag, name in asked)
    answers = _git(root, "cat-file", "--batch-check=%(objecttype) %(objectname)", given=lines)
    found: dict[str, dict[str, str]] = {tag: {} for tag in tags}
    for (tag, name), answer in zip(asked, answers.splitlines(), strict=True):
        if answer.split()[0] in {"blob", "tree"}:
            found[tag][name] = answer
    return found


def _commit(tag: str, day: int, entries: Mapping[str, str]) -> str:
    modes = {"blob": "100644", "tree": "040000"}
    files = []
    for name, entry in sorted(entries.items()):
        kind, identity = entry.split()
        files.append(f"M {modes[kind]} {identity} {name}\n")
    head = f"commit refs/tags/{tag}\ncommitter {AUTHOR} {day} +0000\ndata {len(tag)}\n{tag}\n"
    return head + "".join(files) + "\n"


def _is_version(tag: str) -> bool:
    try:
        Version(tag)
    except InvalidVersion:
        return False
    return True


def _git(folder: Path, *arguments: str, given: str = "") -> str:
    command = ["git", *arguments]
    # A hook of git that builds a wheel has its own repository in mind.
    others = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY")
    env = {name: value for name, value in os.environ.items() if name not in others}
    done = subprocess.run(  # noqa: S603 -- a list of arguments, no shell
        command, cwd=folder, env=env, input=given, capture_output=True, text=True, check=True
    )
    return done.stdout
