"""Git commands: the first commit of a repository, mirrors of a URL, bundles and `git describe`.

No hook, template or file monitor of git's runs. Cookiecutter's hook imports this module, so it
needs nothing but the standard library.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from modelwright.adapters.system.process import run
from modelwright.adapters.system.urls import credentials_of
from modelwright.errors import ExternalSystemError

__all__ = ["BRANCH", "GIT", "commit", "make_repository", "stage"]

BRANCH: Final = "main"
GIT: Final = ("git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
# No transport that runs a program of the URL's choice.
_SAFE_TRANSPORTS: Final = {
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_TERMINAL_PROMPT": "0",
}
# A host that accepts the connection and then is silent; and one that does not accept it.
_LOW_SPEED_LIMIT: Final = ("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=20")
QUERY_SECONDS: Final = 15.0
FETCH_SECONDS: Final = 600.0
_PLAIN_FETCH: Final = (
    *("-c", "gc.autoDetach=false", "-c", "gc.pruneExpire=never"),
    *("-c", "fetch.unpackLimit=1", "-c", "core.hooksPath=/dev/null"),
)
_ALL_REFERENCES: Final = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_SHA256: Final = 64
_HEAD: Final = re.compile(r"ref: (refs/heads/\S+)\tHEAD")
_FIXED_AUTHOR: Final = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "modelwright"),
        ("EMAIL", "modelwright@localhost"),
        ("DATE", "2026-01-01T00:00:00Z"),
    )
}
_RELEASE_TAGS: Final = ("--match", "v*", "--match", "[0-9]*")


def git_directory(place: Path) -> Path | None:
    """Return the git directory of a work tree or bare repository; None where it is neither."""
    bare = (place / "HEAD").is_file() and (place / "objects").is_dir()
    return place if bare else _git_folder(place)


def empty_repository(folder: Path) -> Path:
    """Make a folder a bare repository without objects, and return it."""
    (folder / "objects" / "info").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    return folder


def _git_folder(root: Path) -> Path | None:
    place = root / ".git"
    if place.is_dir():
        return place
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return root / text.removeprefix("gitdir:").strip() if text.startswith("gitdir:") else None


def describe_commit(folder: Path) -> str:
    """Return `git describe` of a checkout or of a git directory's `HEAD`.

    Empty where the folder is neither, or has no commit.
    """
    if git_directory(folder) is None:
        return ""
    try:
        return run(
            ("git", "describe", "--tags", "--always", "--match", "v*"), folder=folder
        ).strip()
    except ExternalSystemError:
        return ""


def version_at(folder: Path, revision: str) -> str:
    """Return `git describe` of a revision, as Copier calls it; empty where it is gone."""
    command = ("git", f"--git-dir={folder}", "describe", "--tags", "--always")
    try:
        output = run((*command, *_RELEASE_TAGS, "--end-of-options", revision), folder=folder)
    except ExternalSystemError:
        return ""
    return output.strip()


def advertised_references(url: str) -> str:
    """Return the branches and tags of a URL: a line each, the commit and the name.

    Raises:
        ExternalSystemError: The URL cannot be reached.
    """
    command = ("git", *_LOW_SPEED_LIMIT, "ls-remote", "--heads", "--tags", "--", url)
    return run(
        command,
        folder=Path("/"),
        env=_credentials_for(url),
        seconds=QUERY_SECONDS,
        credentials=True,
    )


def _credentials_for(url: str) -> dict[str, str]:
    """Return the environment of git for a URL, with the user and password that the URL holds."""
    given = credentials_of(url)
    if given is None:
        return _SAFE_TRANSPORTS
    user, password = given
    settings = {f"credential.{url}.username": user}
    if password:
        encoded = b64encode(f"{user}:{password}".encode()).decode()
        # Git would send the header along with a redirect to another host.
        settings = {
            f"http.{url}.extraHeader": f"Authorization: Basic {encoded}",
            "http.followRedirects": "false",
        }
    count = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(count) if count.isdecimal() else 0
    env = {**_SAFE_TRANSPORTS, "GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (name, value) in enumerate(settings.items(), start=first):
        env |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return env


def object_format(lines: str) -> str:
    """Return the hash function of the ids that a URL advertises."""
    return "sha256" if len(lines.partition("\t")[0]) == _SHA256 else "sha1"


def initialise(folder: Path, hashes: str) -> None:
    """Make an empty bare repository, without hooks.

    Raises:
        ExternalSystemError: It cannot be made.
    """
    command = ("git", "init", "--quiet", "--bare", "--template=", f"--object-format={hashes}")
    run((*command, "--", str(folder)), folder=folder.parent)


def references_in_bundle(bundle: Path) -> dict[str, str]:
    """Return the id of every reference in a bundle, by name.

    Raises:
        ExternalSystemError: The file is no bundle.

    Source:
        git, Documentation/gitformat-bundle.txt.
    """
    with bundle.open("rb") as file:
        if not file.readline().startswith(b"# v"):
            raise ExternalSystemError(
                "it is no git bundle", where=str(bundle), next_step="install modelwright-cli again"
            )
        rows = [
            line.decode().split() for line in iter(file.readline, b"\n") if line[:1] not in b"@-"
        ]
    return {row[1]: row[0] for row in rows}


def unbundle(bundle: Path, folder: Path) -> None:
    """Make a bare repository of everything in a bundle.

    Raises:
        ExternalSystemError: The bundle is damaged, or the repository cannot be made.
    """
    command = ("git", "clone", "--quiet", "--mirror", "--template=", "--", str(bundle), str(folder))
    run(command, folder=folder.parent, env=_SAFE_TRANSPORTS)


def commit_files(root: Path, names: Sequence[str], folder: Path, *, branch: str) -> None:
    """Commit files of a folder to a branch of a bare repository, without Python's bytecode.

    Raises:
        ExternalSystemError: It cannot be written.
    """
    env = {**_FIXED_AUTHOR, "GIT_DIR": str(folder), "GIT_WORK_TREE": str(root)}
    settings = ("-c", "core.autocrlf=false", "-c", "core.safecrlf=false", "-c", "core.bare=false")
    paths = (*names, ":(exclude,glob)**/__pycache__/**")
    run(("git", *settings, "add", "--force", "--", *paths), folder=root, env=env)
    tree = run(("git", "write-tree"), folder=root, env=env).strip()
    commit = run(("git", "commit-tree", "-m", branch, tree), folder=root, env=env).strip()
    run(("git", "update-ref", f"refs/heads/{branch}", commit), folder=root, env=env)


def follow_head(url: str, folder: Path) -> None:
    """Point a mirror's `HEAD` at the default branch of the URL, where the URL names one."""
    command = ("git", *_LOW_SPEED_LIMIT, "ls-remote", "--symref", "--", url, "HEAD")
    with suppress(ExternalSystemError):
        output = run(
            command,
            folder=folder,
            env=_credentials_for(url),
            seconds=QUERY_SECONDS,
            credentials=True,
        )
        found = _HEAD.match(output)
        if found:
            run(("git", "symbolic-ref", "HEAD", found[1]), folder=folder)


def fetch(url: str, folder: Path) -> None:
    """Fetch every branch and tag of a URL into a bare repository; deleted ones are pruned.

    Raises:
        ExternalSystemError: The URL cannot be reached, or the repository cannot be written.
    """
    quiet = ("--quiet", "--force", "--prune", "--no-tags", "--no-recurse-submodules")
    command = ("git", *_LOW_SPEED_LIMIT, *_PLAIN_FETCH, "fetch", *quiet)
    run(
        (*command, "--no-write-fetch-head", "--", url, *_ALL_REFERENCES),
        folder=folder,
        env={**_credentials_for(url), "GIT_DIR": str(folder)},
        seconds=FETCH_SECONDS,
        credentials=True,
    )


def make_repository(folder: Path) -> None:
    """Make a repository with the branch `main`.

    Raises:
        ExternalSystemError: Git is missing or failed.
    """
    run((*GIT, "init", "--quiet", "--initial-branch", BRANCH, "--template="), folder=folder)


def stage(folder: Path, *options: str) -> None:
    """Add every file to the index.

    Raises:
        ExternalSystemError: Git is missing or failed.
    """
    run((*GIT, "add", "--all", *options), folder=folder)


def commit(folder: Path, message: str, *, author: str = "") -> None:
    """Commit what is in the index.

    Args:
        folder: The repository.
        message: The commit's message.
        author: A GitHub account, whose commit is not signed; empty for git's configured author.

    Raises:
        ExternalSystemError: Git is missing or failed.
    """
    address = f"user.email={author}@users.noreply.github.com"
    who = ("-c", f"user.name={author}", "-c", address) if author else ()
    unsigned = ("--no-gpg-sign",) if author else ()
    run((*GIT, *who, "commit", "--quiet", *unsigned, "--message", message), folder=folder)
