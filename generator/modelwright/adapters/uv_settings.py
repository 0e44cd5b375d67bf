"""What of a person's own configuration of uv counts for a lock file: how a host is reached.

Her indexes do not: a mirror that only she can reach must not stand in what others install from.

Source:
    uv, "Configuration files": the user's, the system's, and the file that UV_CONFIG_FILE names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

_INDEX_VARIABLES: Final = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_INDEX_SETTINGS: Final = frozenset(("index", "index-url", "extra-index-url"))
FILE: Final = Path("uv", "uv.toml")
_REACHING: Final = (
    *("allow-insecure-host", "native-tls", "system-certs", "keyring-provider", "http-proxy"),
    *("https-proxy", "no-proxy", "offline", "cache-dir", "no-cache", "concurrent-downloads"),
)


def reach(folder: Path) -> dict[str, str]:
    """Write the part of the person's configuration that counts into a folder.

    Returns:
        The variables that let uv find that part in place of the whole.
    """
    settings: dict[str, Any] = {}
    for place in _places():
        settings = {**_read(place), **settings}
    lines = [
        f"{name} = {json.dumps(settings[name], ensure_ascii=False)}\n"
        for name in _REACHING
        if isinstance(settings.get(name), bool | int | str | list)
    ]
    target = folder / FILE
    target.parent.mkdir(parents=True)
    target.write_text("".join(lines), encoding="utf-8")
    # Uv takes the first that it finds of the system's: an empty one ends that search.
    system = folder / "system" / FILE
    system.parent.mkdir(parents=True)
    system.touch()
    git = _home() / "git"
    if git.is_dir():
        with suppress(OSError):  # Windows has a right for links
            (folder / "git").symlink_to(git)
    return {"XDG_CONFIG_HOME": str(folder), "XDG_CONFIG_DIRS": str(folder / "system")}


def names_an_index() -> bool:
    """Say whether the person's own configuration names another place to take packages from."""
    found = [name for name in _INDEX_VARIABLES if os.environ.get(name)]
    return bool(found) or any(_INDEX_SETTINGS & _read(place).keys() for place in _places())


def _places() -> Iterator[Path]:
    """Yield the files that uv would read, the strongest first."""
    named = os.environ.get("UV_CONFIG_FILE")
    if named:
        yield Path(named)
    yield _home() / FILE
    for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep):
        yield Path(folder) / FILE
    yield Path("/etc") / FILE


def _home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _read(place: Path) -> dict[str, Any]:
    try:
        import tomllib  # noqa: PLC0415 -- Cookiecutter's Python may have none

        return tomllib.loads(place.read_text(encoding="utf-8"))
    except (ImportError, OSError, ValueError):
        return {}
