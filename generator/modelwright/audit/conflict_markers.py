"""Is an update finished: no conflict marker in a file, and no file that was put beside another?"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

from modelwright.audit.finding import Finding
from modelwright.audit.project import Project

# Git writes seven characters, a space and the name of a side; an attribute may ask for more.
_NAMED: Final = re.compile(rb"(?:<{7}|>{7}) +\S.*")
_MARKER: Final = re.compile(rb"([<=>])\1{6,}(?: .*)?")
_ORDER: Final = b"<=>"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ALWAYS_LEFT: Final = re.compile(r".+\.(?:yours(?:-\d+)?|rej)")
_LEFT_BESIDE: Final = re.compile(r"(.+)\.(?:template(?:-\d+)?|orig)")


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
