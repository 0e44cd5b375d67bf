"""The last status of a project, for a shell prompt: read before anything else is imported."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Final

from modelwright import __version__
from modelwright.paths import ANSWERS_FILE, PLATFORM_RECORD

# Goes up where a key goes or changes its meaning; a new key leaves it.
SCHEMA_VERSION: Final = 1
_SECONDS = 86_400


def json_document(content: Mapping[str, object]) -> str:
    """Return a result or a failure as the text of one JSON document, with its schema's version."""
    versioned = {"schema_version": SCHEMA_VERSION, **content}
    return json.dumps(versioned, indent=2, ensure_ascii=False) + "\n"


def answer(arguments: Sequence[str]) -> int | None:
    """Answer `status --cached` from the cache and return the exit code; None where it cannot."""
    words = [word for word in arguments[1:] if word not in {"--cached", "--json", "--exit-code"}]
    if len(words) > 1 or any(word[:1] == "-" for word in words):
        return None
    document = cached_status(words[0] if words else ".")
    if document is None:
        return None
    if "--json" in arguments:
        sys.stdout.write(json_document(document))
    else:
        sys.stdout.write(line(document) + "\n")
    return int("--exit-code" in arguments and bool(document["update_to_be_had"]))


def line(document: dict[str, object]) -> str:
    """Return a status in one line."""
    newest = f" -> {document['latest']}" if document["update_to_be_had"] else ""
    drift = len(document["drift"]) if isinstance(document["drift"], list) else 0
    return f"{document['version']}{newest}" + (f" ({drift} drifted)" if drift else "")


def cached_status(folder: str) -> dict[str, object] | None:
    """Return the last status of a project; None where it is a day old, or does not hold."""
    place = _place(folder)
    try:
        with open(place, encoding="utf-8") as file:  # noqa: PTH123 -- pathlib costs the prompt 5 ms
            kept = json.load(file)
        fresh = kept["key"] == _key(folder) and time.time() - kept["at"] < _SECONDS
        document: dict[str, object] = kept["document"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return document if fresh else None


def keep(folder: str, document: dict[str, object]) -> None:
    """Keep a status; where that cannot be done the next prompt takes longer."""
    place = _place(folder)
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103, PTH120 -- as above
        with open(f"{place}.new", "w", encoding="utf-8") as file:  # noqa: PTH123 -- as above
            json.dump({"key": _key(folder), "at": time.time(), "document": document}, file)
        os.replace(f"{place}.new", place)  # noqa: PTH105 -- as above
    except OSError:
        return


def _key(folder: str) -> list[object]:
    path = os.path.abspath(folder)  # noqa: PTH100 -- as above
    try:
        found = os.stat(f"{path}/{ANSWERS_FILE}")  # noqa: PTH116 -- as above
    except FileNotFoundError:
        found = os.stat(f"{path}/{PLATFORM_RECORD}")  # noqa: PTH116 -- as above
    return [__version__, path, found.st_mtime_ns, found.st_size, found.st_ino]


def _place(folder: str) -> str:
    """Return where a project's status is kept: in the git directory, which is nobody's work."""
    path = os.path.abspath(folder)  # noqa: PTH100 -- as above
    name = "".join(letter if letter.isalnum() else "-" for letter in path)[-100:]
    while path != os.path.dirname(path):  # noqa: PTH120 -- as above
        if os.path.isdir(f"{path}/.git"):  # noqa: PTH112 -- as above
            return f"{path}/.git/modelwright/status-{name}.json"
        path = os.path.dirname(path)  # noqa: PTH120 -- as above
    return ""
