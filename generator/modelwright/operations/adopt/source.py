"""Which template a repository came from, or shall belong to."""

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


def refuse_managed(made: Sequence[Origin], wanted: AdoptRequest) -> None:
    """Check that the repository is not managed already.

    Raises:
        RefusedError: Its answers file is there and sound.
    """
    for maker in made:
        if (
            maker.file != CRUFT_FILE
            and not unsound_origin(maker)
            and _version_may_exist(maker, wanted)
        ):
            raise RefusedError(
                f"it is managed already: it starts from {maker.version} of {maker.source}",
                where=f"{wanted.path / maker.file}",
                next_step="bring it to the latest version: "
                f"modelwright update {quote(str(wanted.path))}",
            )


def template_of(wanted: AdoptRequest, made: Sequence[Origin]) -> tuple[GitHistory, str]:
    """Return the history of the template: the one that is named, its maker's, or the platform's.

    Returns:
        The history, and the version that the platform is held at; empty where it is not.

    Raises:
        RefusedError: The place is no repository of templates.
        ExternalSystemError: It cannot be had.
    """
    if wanted.source:
        return history_of(_absolute(wanted.source), offline=wanted.offline), ""
    if not wanted.platform:
        for maker in made:
            place = _place_of_origin(maker, wanted)
            if place:
                return history_of(place, offline=wanted.offline), ""
    platform = platform_for(wanted.platform)
    history = history_of(platform.source, offline=wanted.offline)
    held = wanted.platform.endswith(f"@{platform.version}") or not history.releases
    return history, platform.version if held else ""


def _place_of_origin(maker: Origin, wanted: AdoptRequest) -> str:
    """Return the place that a maker names; empty where it is nowhere, or no template of ours."""
    if maker.file == CRUFT_FILE and not any(e.question == ARCHETYPE for e in maker.evidence):
        return ""
    if not maker.source or is_url(maker.source):
        return maker.source
    folder = wanted.path.resolve()
    for place in (folder / maker.source, folder.parent / maker.source):
        if git_directory(place) is not None:
            return str(place.resolve())
    return ""


def _absolute(place: str) -> str:
    return place if is_url(place) else str(Path(place).expanduser().resolve())


def _version_may_exist(maker: Origin, wanted: AdoptRequest) -> bool:
    """Say whether an answers file's version exists, as far as that can be known here."""
    if is_url(maker.source) and wanted.offline:
        return True
    try:
        history_of(maker.source, offline=wanted.offline).tree(maker.version)
    except RefusedError:
        return False
    except ModelwrightError:
        return True
    return True
