"""This repository's released versions as one template repository, and its working tree as the next.

Where nothing is released yet, some of the repository's own commits stand for releases.
"""

import io
import re
import subprocess
import tarfile
from pathlib import Path

from modelwright.adapters.sources.histories import history_of
from modelwright.errors import ModelwrightError
from modelwright.operations.new.new import render_project
from modelwright.template.platform import Platform
from tests.platforms import ROOT
from tests.update.files import Entry, Files
from tests.update.histories import commit_stream, fast_import, new_repository
from tests.update.projects import git, read_files

PARTS = ("copier.yml", "platform.yml", "templates", "hooks")
RELEASE = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
STAND_INS = 5


def platform_history(folder: Path) -> list[str]:
    """Write every version into a repository and return their names, oldest first."""
    versions = released() or stand_ins()
    last = RELEASE.fullmatch([*versions][-1])
    versions[f"v{last[1]}.{last[2]}.{int(last[3]) + 1}"] = working_tree()
    return [*write(folder, versions)]


def write(folder: Path, versions: dict[str, Files]) -> dict[str, Files]:
    """Write versions into a repository."""
    new_repository(folder, bare=True)
    stream = [
        commit_stream(files, name, number) for number, (name, files) in enumerate(versions.items())
    ]
    fast_import(folder, b"".join(stream))
    return versions


def released() -> dict[str, Files]:
    """Return the files of every released version, oldest first."""
    found = [RELEASE.fullmatch(tag) for tag in git(ROOT, "tag", "--list", "v*").split()]
    tags = sorted(filter(None, found), key=lambda tag: [int(part) for part in tag.groups()])
    return {tag[0]: files_of(tag[0]) for tag in tags}


def stand_ins() -> dict[str, Files]:
    """Return some commits that render, as if each had been a release."""
    commits = git(ROOT, "log", "--reverse", "--format=%H", "--", *PARTS).split()
    rendering = [files for files in map(files_of, commits) if _renders(files)]
    step = max(1, len(rendering) // STAND_INS)
    return {f"v0.{number}.0": files for number, files in enumerate(rendering[::step])}


def files_of(commit: str) -> Files:
    """Return what a commit holds of the platform."""
    listed = git(ROOT, "ls-tree", "--name-only", commit, *PARTS).split()
    packed = subprocess.run(
        ["git", "archive", "--format=tar", commit, *listed],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout  # fmt: skip
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {member.name: _entry(archive, member) for member in archive if not member.isdir()}


def _entry(archive, member):
    if member.issym():
        return Entry(member.linkname.encode(), link=True)
    return Entry(archive.extractfile(member).read(), executable=bool(member.mode & 0o100))


def working_tree() -> Files:
    """Return the platform as it stands."""
    files = {}
    for part in PARTS:
        if (ROOT / part).is_dir():
            inner = read_files(ROOT / part)
            files.update({f"{part}/{path}": entry for path, entry in inner.items()})
        else:
            files[part] = Entry((ROOT / part).read_bytes())
    return {path: entry for path, entry in files.items() if "__pycache__" not in path}


class _Files:
    """A tree in memory; links are followed as a checkout follows them."""

    def __init__(self, files):
        self.files = files

    def paths(self, folder):
        return sorted(path for path in self.files if path.startswith(f"{folder}/"))

    def read(self, path):
        return self.files[path].content

    def executable(self, path):
        return self.files[path].executable


def _renders(files):
    platform = Platform(tree=_Files(files), source="/nowhere", version="v0")
    try:
        for archetype in platform.policy["archetypes"]:
            project(platform, archetype)
    except (ModelwrightError, KeyError, TypeError, ValueError):
        return False
    return True


def platform_at(folder: Path, version: str) -> Platform:
    """Return the platform at one of the versions."""
    history = history_of(str(folder))
    return Platform(tree=history.tree(version), source=str(folder), version=version)


def project(platform: Platform, archetype: str, **given: object) -> Files:
    """Return the files of the archetype's sample project."""
    sample = {"team": next(iter(platform.policy["teams"])), **platform.archetype(archetype).sample}
    _, files = render_project(platform, archetype, {**sample, **given})
    return {path: Entry(file.content, file.executable) for path, file in files.items()}
