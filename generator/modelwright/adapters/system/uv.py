"""Writes a project's lock file with uv, which sees the project's metadata and none of its code.

Of a person's own configuration only the network settings count: a lock file is for everybody.

`uv lock` runs the interpreter in a project's `.venv` or `.python-version`, and builds what has
dynamic metadata, `--no-build` or not. So it works on a copy that holds nothing but `pyproject.toml`
files, in which every build backend is one that does not exist.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from modelwright.adapters.disk.atomic_write import write_atomically
from modelwright.adapters.disk.folders import user_cache
from modelwright.adapters.system.process import run
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.paths import LOCK_FILE, PYPROJECT

__all__ = ["lock", "lock_project_metadata"]

_INDEX_VARIABLES: Final = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_INDEX_SETTINGS: Final = frozenset(("index", "index-url", "extra-index-url"))
_CONFIGURATION_FILE: Final = Path("uv", "uv.toml")
_NETWORK_SETTINGS: Final = (
    *("allow-insecure-host", "native-tls", "system-certs", "keyring-provider", "http-proxy"),
    *("https-proxy", "no-proxy", "offline", "cache-dir", "no-cache", "concurrent-downloads"),
)
SETTINGS: Final = "uv.toml"
_COMMAND: Final = ("uv", "lock", "--quiet", "--no-build", "--no-python-downloads", "--project", ".")
_SAFE_ENVIRONMENT: Final = {
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_TERMINAL_PROMPT": "0",
}
_NO_BACKEND: Final = {"requires": [], "build-backend": "modelwright_builds_nothing"}
_NO_BACKEND_TEXT: Final = (
    '[build-system]\nrequires = []\nbuild-backend = "modelwright_builds_nothing"\n'
)
_BACKEND: Final = re.compile(r"^\[build-system\][^\n]*(?:\n(?!\[[\w\"\[]).*)*\n?", re.MULTILINE)
_METADATA_FIELDS: Final = {"version", "dependencies", "optional-dependencies", "requires-python"}
_MOST_BYTES: Final = 2_000_000
_MOST_FOLDERS: Final = 6


def lock(project: Path, *, options: Sequence[str] = ()) -> None:
    """Write a project's `uv.lock`, or check it with the option `--check`.

    Raises:
        RefusedError: As `lock_project_metadata`.
        ExternalSystemError: As `lock_project_metadata`.
    """
    place = project / LOCK_FILE
    before = place.read_bytes() if place.exists() else b""
    after = lock_project_metadata(project, options=options)
    if after != before:
        write_atomically(place, after)


def lock_project_metadata(
    project: Path, *, options: Sequence[str] = (), seconds: float | None = None
) -> bytes:
    """Return the content of a project's `uv.lock`; nothing is upgraded without need.

    Packages come from the indexes that the project names, else from the public one, whatever
    indexes the person's own configuration names: it only says how they are reached.

    Args:
        project: The folder with `pyproject.toml`.
        options: Further options of `uv lock`.
        seconds: How long it may take; None is without end.

    Raises:
        RefusedError: Its metadata is known only after a build, or decides where uv writes.
        ExternalSystemError: uv is missing or failed.
    """
    place = user_cache("locking")
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as name:
        copy, settings = Path(name, "project"), Path(name, "settings")
        copy.mkdir()
        _copy_metadata(project, copy)
        try:
            env = {**_SAFE_ENVIRONMENT, **write_network_settings(settings)}
            run((*_COMMAND, *options), folder=copy, env=env, seconds=seconds)
        except ExternalSystemError as error:
            error.next_step = shlex.join(("uv", "lock", "--project", str(project)))
            raise
        return (copy / LOCK_FILE).read_bytes() if (copy / LOCK_FILE).exists() else b""


def _copy_metadata(project: Path, copy: Path) -> None:
    """Copy what uv reads of a project and of those in it, its workspace's members."""
    settings = False
    for path in _metadata_files(project):
        text = (project / path).read_text(encoding="utf-8")
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        if path.name == PYPROJECT:
            data = _parse_toml(text, path)
            _refuse_dynamic(data, path)
            settings = settings or (path == Path(PYPROJECT) and "uv" in data.get("tool", {}))
            text = _without_backend(text, data, path)
        (copy / path).write_text(text, encoding="utf-8", newline="")
    if not settings and not (copy / SETTINGS).exists():
        # It ends uv's search, which would go on to the folders above.
        (copy / SETTINGS).touch()


def _metadata_files(project: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(project):
        place = Path(folder).relative_to(project)
        deep = len(place.parts) >= _MOST_FOLDERS
        folders[:] = [] if deep else [n for n in folders if n[:1] != "." and n != "node_modules"]
        read_names = (PYPROJECT, SETTINGS, LOCK_FILE) if folder == str(project) else (PYPROJECT,)
        for name in read_names:
            path = project / place / name
            if name in names and not path.is_symlink() and path.stat().st_size <= _MOST_BYTES:
                yield place / name


def _parse_toml(text: str, path: Path) -> dict[str, Any]:
    try:
        import tomllib  # noqa: PLC0415 -- Cookiecutter's Python may have none
    except ImportError as error:
        raise ExternalSystemError(
            "this Python cannot read what a build would run",
            where=str(path),
            next_step="use Python 3.11 or newer",
        ) from error
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedError(
            f"it is no TOML: {error}", where=str(path), next_step="correct it, then run uv lock"
        ) from error


def _refuse_dynamic(data: dict[str, Any], path: Path) -> None:
    project = data.get("project")
    dynamic = project.get("dynamic", []) if isinstance(project, dict) else []
    computed = sorted(_METADATA_FIELDS & {str(name) for name in dynamic})
    if computed:
        raise RefusedError(
            f"only a build tells its {' and '.join(computed)}, and none is run: a build is code",
            where=str(path),
            next_step=f"write {' and '.join(computed)} into [project], or run uv lock yourself",
        )
    tool = data.get("tool")
    uv = tool.get("uv", {}) if isinstance(tool, dict) else {}
    if isinstance(uv, dict) and "cache-dir" in uv:
        raise RefusedError(
            "[tool.uv] cache-dir decides where uv writes",
            where=str(path),
            next_step="leave it out; a person sets UV_CACHE_DIR",
        )


def _without_backend(text: str, data: dict[str, Any], path: Path) -> str:
    """Return the text with a build backend that does not exist, and all else as it is."""
    if "build-system" not in data:
        return text
    changed = _BACKEND.sub(_NO_BACKEND_TEXT, text, count=1)
    if _parse_toml(changed, path) != {**data, "build-system": _NO_BACKEND}:
        raise RefusedError(
            "its table [build-system] cannot be told apart from the rest",
            where=str(path),
            next_step="write it as a table of its own, with its keys below it",
        )
    return changed


def write_network_settings(folder: Path) -> dict[str, str]:
    """Write the network settings of the person's configuration into a folder.

    Returns:
        The environment variables that make uv read these settings alone.
    """
    settings: dict[str, Any] = {}
    for place in _configuration_files():
        settings = {**_settings_in(place), **settings}
    lines = [
        f"{name} = {json.dumps(settings[name], ensure_ascii=False)}\n"
        for name in _NETWORK_SETTINGS
        if isinstance(settings.get(name), bool | int | str | list)
    ]
    target = folder / _CONFIGURATION_FILE
    target.parent.mkdir(parents=True)
    target.write_text("".join(lines), encoding="utf-8")
    # Uv takes the first that it finds of the system's: an empty one ends that search.
    system = folder / "system" / _CONFIGURATION_FILE
    system.parent.mkdir(parents=True)
    system.touch()
    git = _configuration_home() / "git"
    if git.is_dir():
        with suppress(OSError):  # Windows has a right for links
            (folder / "git").symlink_to(git)
    return {"XDG_CONFIG_HOME": str(folder), "XDG_CONFIG_DIRS": str(folder / "system")}


def configures_package_index() -> bool:
    """Return whether the person's own configuration names a package index."""
    found = [name for name in _INDEX_VARIABLES if os.environ.get(name)]
    return bool(found) or any(
        _INDEX_SETTINGS & _settings_in(place).keys() for place in _configuration_files()
    )


def _configuration_files() -> Iterator[Path]:
    """Yield the files that uv would read, the strongest first."""
    named = os.environ.get("UV_CONFIG_FILE")
    if named:
        yield Path(named)
    yield _configuration_home() / _CONFIGURATION_FILE
    for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep):
        yield Path(folder) / _CONFIGURATION_FILE
    yield Path("/etc") / _CONFIGURATION_FILE


def _configuration_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _settings_in(place: Path) -> dict[str, Any]:
    try:
        import tomllib  # noqa: PLC0415 -- Cookiecutter's Python may have none

        return tomllib.loads(place.read_text(encoding="utf-8"))
    except (ImportError, OSError, ValueError):
        return {}
