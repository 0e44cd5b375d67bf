"""Is `.env` kept out of git, and `.env.example` only a list of names?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from shlex import quote
from typing import Final

from modelwright.audit.finding import Finding
from modelwright.audit.manifest import entries
from modelwright.audit.project import Project

EXAMPLE: Final = ".env.example"
_HARMLESS: Final = (".example", ".sample", ".template")
_ENTRY: Final = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*?)\s*")


def check_example(project: Project) -> Iterator[Finding]:
    """Compare `.env.example` with the manifest: each name once, nothing behind it (SEC004)."""
    if EXAMPLE not in project.files:
        yield _wrong(1, "there is no .env.example", "restore it by an update")
        return
    listed, seen = entries(project), set[str]()
    for number, line in enumerate(project.files[EXAMPLE].splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            yield _wrong(number, "the line is no NAME=", "write one NAME= for each secret")
        elif entry["name"] not in listed:
            yield _wrong(number, f"secrets.yaml does not list {entry['name']}", "remove the line")
        elif entry["value"]:
            yield _wrong(number, f"{entry['name']} has a value", "leave nothing behind the =")
        seen.add(entry["name"] if entry else "")
    for name in [name for name in listed if name not in seen]:
        yield _wrong(1, f"{name} is missing", f"add the line {name}=")


def check_env(project: Project) -> Iterator[Finding]:
    """Find an `.env` that git takes, or would take (SEC006)."""
    for path in sorted({*project.files, *project.others}):
        name = posixpath.basename(path)
        if (name == ".env" or name.startswith(".env.")) and not name.endswith(_HARMLESS):
            yield Finding(
                where=f"{path}:1",
                rule="SEC006",
                problem="git takes this file, which holds secrets",
                next_step=f"git rm --cached {quote(path)}, list it in .gitignore, "
                "revoke what it held",
            )
    if ".env" not in project.files and not project.ignores_env:
        yield Finding(
            ".gitignore:1", "SEC006", ".gitignore does not name .env", "add the line .env"
        )


def _wrong(line: int, problem: str, next_step: str) -> Finding:
    return Finding(f"{EXAMPLE}:{line}", "SEC004", problem, next_step)
