"""What a bug report needs to say of a machine: versions, the platform in use, and no secret."""

from __future__ import annotations

import os
import platform as system
import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from modelwright import __version__
from modelwright.adapters.sources.platforms import platform_for
from modelwright.adapters.system.process import run
from modelwright.adapters.system.urls import without_credentials
from modelwright.errors import ExternalSystemError, ModelwrightError

__all__ = ["diagnose"]

# The distributions that an extra brings.
EXTRAS: Final = {"engines": ("copier", "cookiecutter"), "github": ("httpx", "pyjwt", "pynacl")}
# Named where they are set; a value may be a secret.
_VARIABLES: Final = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_OFFLINE", "UV_PYTHON", "NETRC"),
    *("MODELWRIGHT_PLATFORM", "VIRTUAL_ENV", "CI", "NO_COLOR", "PYTHONDONTWRITEBYTECODE"),
)
_QUERY: Final = re.compile(r"\?\S+")


def diagnose(named: str, environ: Mapping[str, str]) -> dict[str, object]:
    """Return what a bug report needs, by name; where something cannot be had, the reason.

    Args:
        named: The platform of `--platform`; empty takes the one in use.
        environ: The variables of this process; of none but their names is anything told.
    """
    return {
        "modelwright": __version__,
        "python": f"{system.python_implementation()} {system.python_version()}",
        "git": _first_line("git", "--version"),
        "uv": _first_line("uv", "--version"),
        "system": _system(),
        "machine": system.machine(),
        "encoding": f"{sys.getfilesystemencoding()}, {sys.stdout.encoding or 'unknown'}",
        "platform": _platform(named),
        "extras": {extra: _installed(names) for extra, names in EXTRAS.items()},
        "variables": [name for name in _VARIABLES if name in environ or name.lower() in environ],
    }


def _first_line(*command: str) -> str | None:
    """Return what a program says of itself; None where it is not there."""
    try:
        return next(iter(run(command, folder=Path.cwd()).splitlines()), "")
    except ExternalSystemError:
        return None


def _system() -> str:
    try:
        release = system.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        release = system.version()
    return f"{system.system()} {system.release()}, {release}"


def _platform(named: str) -> dict[str, object]:
    try:
        found = platform_for(named)
        kind = "sample" if found.sample else "an organisation's"
    except ModelwrightError as error:
        return {"problem": _private(str(error))}
    return {
        "source": _private(found.source),
        "version": found.version,
        "chosen_by": _private(found.origin) or "default",
        "kind": kind,
    }


def _installed(names: tuple[str, ...]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _private(text: str) -> str:
    """Return a text without what signs in at a URL, and without the path of a home folder."""
    text = _QUERY.sub("?...", without_credentials(text))
    home = os.path.expanduser("~")  # noqa: PTH111 -- of a person without a home, `~` itself
    return text.replace(home, "~") if len(home) > 1 else text
