"""Opens the platform of a command: a folder, a URL that is fetched, or the one of this program."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from modelwright.adapters.disk.atomic_write import write_atomically
from modelwright.adapters.disk.tree import FolderTree
from modelwright.adapters.git import commands as git
from modelwright.adapters.sources.packaged import own_root, own_version
from modelwright.adapters.system.urls import expand_short_url, is_url, split_credentials
from modelwright.errors import RefusedError
from modelwright.template.platform import Platform

VARIABLE: Final = "MODELWRIGHT_PLATFORM"


def platform_for(named: str) -> Platform:
    """Return the platform of a command.

    Args:
        named: The option `--platform`; where it is empty the environment variable, then the
            user's configuration, then the sample.

    Raises:
        RefusedError: The place holds no platform.
        ExternalSystemError: It cannot be fetched.
    """
    configured = ((named, "--platform"), (os.environ.get(VARIABLE, ""), VARIABLE))
    for place, origin in (*configured, (configured_platform(), str(configuration_file()))):
        if place:
            return replace(locate_platform(place), origin=origin)
    return _packaged_platform()


def locate_platform(place: str) -> Platform:
    """Return the platform at a folder or URL, at the reference behind its `@` if it has one."""
    # A folder may have an @ in its name, as those of downloaded actions do.
    url, reference = (place, "") if Path(place).is_dir() else _split(place)
    folder = Path(url).expanduser()
    if not is_url(url) and not reference:
        return _platform_in_folder(folder)
    return _fetch_platform(
        split_credentials(url) if is_url(url) else str(folder.resolve()), reference
    )


def configuration_file() -> Path:
    """Return where the user's configuration stands."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "modelwright" / "config.toml"


def configured_platform() -> str:
    """Return the platform of the user's configuration; empty where there is none.

    Raises:
        RefusedError: The configuration cannot be read.
    """
    path = configuration_file()
    try:
        platform = tomllib.loads(path.read_text(encoding="utf-8")).get("platform", "")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise RefusedError(
            f"it cannot be read: {error}",
            where=str(path),
            next_step="run modelwright platform use URL to write it again",
        ) from error
    return str(platform)


def configure(place: str) -> Path:
    """Write the platform into the user's configuration and return that file's path.

    A user name and a password in its URL are left out: others may read that file.
    """
    path = configuration_file()
    escaped = split_credentials(place).replace("\\", "\\\\").replace('"', '\\"')
    write_atomically(path, f'platform = "{escaped}"\n'.encode())
    return path


def _packaged_platform() -> Platform:
    root = own_root()
    found = Platform(tree=FolderTree(root), source="", version=own_version())
    return replace(found, source=found.policy["platform"]["url"])


def _platform_in_folder(folder: Path) -> Platform:
    if not folder.is_dir():
        raise RefusedError(
            "there is no such folder",
            where=str(folder),
            next_step="name a folder that holds platform.yml, or a URL, with --platform",
        )
    root = folder.resolve()
    return Platform(tree=FolderTree(root), source=str(root), version=git.describe_commit(root))


def _fetch_platform(url: str, reference: str) -> Platform:
    # Here, because it costs the commands that fetch nothing 15 ms.
    from modelwright.adapters.sources.histories import history_of  # noqa: PLC0415

    history = history_of(url)
    if not (reference or history.releases):
        raise RefusedError(
            "it has no release (a tag such as v1.0.0)",
            where=url,
            next_step="name a branch or tag behind an @, such as URL@main",
        )
    version = reference or history.releases[-1].version
    return Platform(tree=history.tree(version), source=url, version=version, notice=history.notice)


def at_version(platform: Platform, version: str) -> Platform:
    """Return a platform as it was at a version: a tag, branch or commit.

    Raises:
        RefusedError: It has no history, or no such version; the nearest are named.
        ExternalSystemError: It cannot be fetched.
    """
    from modelwright.adapters.sources.histories import history_of  # noqa: PLC0415 -- as above

    history = history_of(platform.source)
    return replace(platform, tree=history.tree(version), version=version, notice=history.notice)


def names_version(place: str) -> bool:
    """Say whether a place names a reference behind its `@`."""
    return not Path(place).is_dir() and bool(_split(place)[1])


def _split(place: str) -> tuple[str, str]:
    place = expand_short_url(place)
    url, at, reference = place.rpartition("@")
    if not at or ":" in reference or ("://" in url and not urlsplit(url).path):
        return place, ""
    return url, reference
