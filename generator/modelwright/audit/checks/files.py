"""Is `.env` kept out of git, and `.env.example` only a list of names?"""

from __future__ import annotations

import codecs
import posixpath
import re
from collections.abc import Iterator
from shlex import quote
from typing import Final

from modelwright.audit.checks.secret_references import entries
from modelwright.audit.findings import Finding
from modelwright.audit.project import Project
from modelwright.paths import ENV_EXAMPLE, ENV_FILE
from modelwright.policy.yaml_reader import Unreadable

# Git writes seven characters, a space and the name of a side; an attribute may ask for more.
_NAMED: Final = re.compile(rb"(?:<{7}|>{7}) +\S.*")
_MARKER: Final = re.compile(rb"([<=>])\1{6,}(?: .*)?")
_ORDER: Final = b"<=>"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ALWAYS_LEFT: Final = re.compile(r".+\.(?:yours(?:-\d+)?|rej)")
_LEFT_BESIDE: Final = re.compile(r"(.+)\.(?:template(?:-\d+)?|orig)")
_HARMLESS: Final = (".example", ".sample", ".template")
_ENTRY: Final = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*?)\s*")


def first_marker(content: bytes) -> int:
    """Return the line, from 1, of the first conflict marker in a file; 0 where there is none.

    A named marker counts by itself; markers without a name count where all three stand in their
    order. A line of `=======` alone underlines a heading.
    """
    if content.startswith(_UTF16):
        content = content.decode("utf-16", errors="replace").encode()
    if b"<" * 7 not in content and b">" * 7 not in content:
        return 0
    begun, seen = 0, b""
    for number, line in enumerate(content.removeprefix(codecs.BOM_UTF8).splitlines(), start=1):
        if _NAMED.fullmatch(line):
            return begun or number
        marker = _MARKER.fullmatch(line)
        if marker and marker[1] == b"<":
            begun, seen = number, marker[1]
        elif marker and begun and seen + marker[1] == _ORDER[: len(seen) + 1]:
            seen += marker[1]
        if seen == _ORDER:
            return begun
    return 0


def check_conflicts(project: Project) -> Iterator[Finding]:
    """Find conflict markers (CFL001) and the left-overs of an update or a patch (CFL002)."""
    for path, line in project.conflicts.items():
        yield Finding(
            where=f"{path}:{line}",
            rule="CFL001",
            problem="a conflict marker stands in it",
            next_step="write what should stand there, remove the markers, and git add it",
        )
    paths = {*project.files, *project.others}
    for path in sorted(paths - set(project.expected or ())):
        if _is_left(path, paths):
            yield Finding(
                where=f"{path}:1",
                rule="CFL002",
                problem="this version of a file was put aside by an update or a patch",
                next_step="take over what you need from it, then remove it",
            )


def _is_left(path: str, paths: set[str]) -> bool:
    beside = _LEFT_BESIDE.fullmatch(path)
    return _ALWAYS_LEFT.fullmatch(path) is not None or (beside is not None and beside[1] in paths)


def check_yaml(project: Project) -> Iterator[Finding]:
    """Find files that are not YAML (YML001)."""
    for path, found in project.yaml.items():
        if isinstance(found, Unreadable):
            yield Finding(
                where=f"{path}:{found.line}",
                rule="YML001",
                problem=f"this is not YAML: {found.problem}",
                next_step="look at this line and the one before it",
            )


def check_example(project: Project) -> Iterator[Finding]:
    """Compare `.env.example` with the manifest: each name once, nothing behind it (SEC004)."""
    if ENV_EXAMPLE not in project.files:
        yield _finding(1, "there is no .env.example", "restore it by an update")
        return
    listed, seen = entries(project), set[str]()
    for number, line in enumerate(project.files[ENV_EXAMPLE].splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            yield _finding(number, "the line is no NAME=", "write one NAME= for each secret")
        elif entry["name"] not in listed:
            yield _finding(number, f"secrets.yaml does not list {entry['name']}", "remove the line")
        elif entry["value"]:
            yield _finding(number, f"{entry['name']} has a value", "leave nothing behind the =")
        seen.add(entry["name"] if entry else "")
    for name in [name for name in listed if name not in seen]:
        yield _finding(1, f"{name} is missing", f"add the line {name}=")


def check_env(project: Project) -> Iterator[Finding]:
    """Find an `.env` that git takes, or would take (SEC006)."""
    for path in sorted({*project.files, *project.others}):
        name = posixpath.basename(path)
        if (name == ENV_FILE or name.startswith(".env.")) and not name.endswith(_HARMLESS):
            yield Finding(
                where=f"{path}:1",
                rule="SEC006",
                problem="git takes this file, which holds secrets",
                next_step=f"git rm --cached {quote(path)}, list it in .gitignore, "
                "revoke what it held",
            )
    if ENV_FILE not in project.files and not project.ignores_env:
        yield Finding(
            ".gitignore:1", "SEC006", ".gitignore does not name .env", "add the line .env"
        )


def _finding(line: int, problem: str, next_step: str) -> Finding:
    return Finding(f"{ENV_EXAMPLE}:{line}", "SEC004", problem, next_step)
