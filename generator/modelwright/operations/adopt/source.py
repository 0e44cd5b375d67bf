"""Finds the template that made a repository, or that it is adopted into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from modelwright.adapters.git.commands import git_directory
from modelwright.adapters.git.history import GitHistory
from modelwright.adapters.sources.histories import history_of
from modelwright.adapters.sources.platforms import platform_for
from modelwright.adapters.system.urls import is_url
from modelwright.errors import ModelwrightError, RefusedError
from modelwright.operations.adopt.request import AdoptRequest
from modelwright.paths import CRUFT_FILE
from modelwright.template.inference.origin import ARCHETYPE, Origin, unsound_origin


def refuse_managed(origins: Sequence[Origin], request: AdoptRequest) -> None:
    """Check that the repository is not managed already.

    Raises:
        RefusedError: Its answers file is there and sound.
    """
    for origin in origins:
        if (
            origin.file != CRUFT_FILE
            and not unsound_origin(origin)
            and _version_may_exist(origin, request)
        ):
            raise RefusedError(
                f"it is managed already: it starts from {origin.version} of {origin.source}",
                where=f"{request.path / origin.file}",
                next_step="bring it to the latest version: "
                f"modelwright update {quote(str(request.path))}",
            )


def template_of(request: AdoptRequest, origins: Sequence[Origin]) -> tuple[GitHistory, str]:
    """Return the history of the template: the named one, the one that made it, or the platform.

    Returns:
        The history, and the version that the platform is pinned to; empty where it is not.

    Raises:
        RefusedError: The source is no repository of templates.
        ExternalSystemError: It cannot be fetched.
    """
    if request.source:
        return history_of(_absolute(request.source), offline=request.offline), ""
    if not request.platform:
        for origin in origins:
            place = _place_of_origin(origin, request)
            if place:
                return history_of(place, offline=request.offline), ""
    platform = platform_for(request.platform)
    history = history_of(platform.source, offline=request.offline)
    pinned = request.platform.endswith(f"@{platform.version}") or not history.releases
    return history, platform.version if pinned else ""


def _place_of_origin(origin: Origin, request: AdoptRequest) -> str:
    """Return the source that an origin names; empty unless it is a template of ours."""
    if origin.file == CRUFT_FILE and not any(e.question == ARCHETYPE for e in origin.evidence):
        return ""
    if not origin.source or is_url(origin.source):
        return origin.source
    folder = request.path.resolve()
    for place in (folder / origin.source, folder.parent / origin.source):
        if git_directory(place) is not None:
            return str(place.resolve())
    return ""


def _absolute(place: str) -> str:
    return place if is_url(place) else str(Path(place).expanduser().resolve())


def _version_may_exist(origin: Origin, request: AdoptRequest) -> bool:
    """Say whether an answers file's version exists; yes where that cannot be known here."""
    if is_url(origin.source) and request.offline:
        return True
    try:
        history_of(origin.source, offline=request.offline).tree(origin.version)
    except RefusedError:
        return False
    except ModelwrightError:
        return True
    return True
