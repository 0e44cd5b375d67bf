"""Which platform judges a project: the one that is named, else its own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from modelwright.adapters.git_folder import git_directory
from modelwright.adapters.packaged import own_root, own_version
from modelwright.adapters.platforms import located, names_version, platform_for
from modelwright.adapters.urls import bare, is_url, same
from modelwright.catalog.platform import Platform
from modelwright.errors import ModelwrightError, RefusedError


def platform_of_project(named: str, source: str, version: str) -> Platform:
    """Return the platform that judges a project, at the project's version where that can be had.

    Args:
        named: What `--platform` says; empty where it says nothing. With a version behind its `@`
            it judges at that one.
        source: The source in the project's answers: a URL or an absolute path.
        version: The version in the project's answers; empty where there is none.

    Raises:
        RefusedError: Neither names a platform.
        SurroundingsError: It cannot be fetched.
    """
    source = bare(source)
    if named:
        found = platform_for(named)
        return found if names_version(named) else _then(_known_by_url(found), version)
    if not source:
        return platform_for("")
    packaged = located(str(own_root()))
    url = packaged.policy["platform"]["url"]
    # A program that came with an organisation's platform judges in its name alone; who develops a
    # platform in a folder makes projects from that folder.
    if same(source, url) or not (packaged.sample or Path(source).is_absolute()):
        return _then(replace(packaged, source=url, version=own_version()), version)
    try:
        return _at(source, version)
    except ModelwrightError as error:
        error.next_step = "name the project's platform with --platform"
        raise


def _at(source: str, version: str) -> Platform:
    if Path(source).is_absolute():
        return _then(located(source), version)
    if ":" not in source:
        raise RefusedError(
            f"the project's source {source!r} is a relative path, which leads nowhere",
            where=".copier-answers.yml",
        )
    found = _held(source, version) or located(f"{source}@{version}" if version else source)
    return replace(found, released=_is_release(found.version))


def _known_by_url(found: Platform) -> Platform:
    """Return a platform in a folder without a history, as a download is, under its own address."""
    if found.sample or is_url(found.source) or git_directory(Path(found.source)):
        return found
    return replace(found, source=found.policy["platform"]["url"])


def _then(now: Platform, version: str) -> Platform:
    """Return a platform as it was at a version, where that can be had; else as it is now."""
    if version and version == now.version:
        return replace(now, released=_is_release(version))
    found = _held(now.source, version) or _asked(now, version)
    return found or replace(now, stands_in=True)


def _asked(now: Platform, version: str) -> Platform | None:
    """Return a platform at a version that nobody has at hand; as it is now where it has none."""
    # Here, as below.
    from modelwright.adapters.histories import history_of  # noqa: PLC0415

    with suppress(ModelwrightError), history_of(now.source) as history:
        reference = history.references.get(version)
        if reference is not None:
            tree = history.tree(version)
            found = replace(now, tree=tree, version=version, notice=history.notice)
            if found.policy:
                return replace(found, released=reference.tag)
        # Without an answer from its address, what is known of it may be old.
        known = bool(history.releases) and not history.notice
        return replace(now, released=False if known else None, stands_in=not known)
    return None


def _held(source: str, version: str) -> Platform | None:
    # Here, because it costs the check of a current project 15 ms.
    from modelwright.adapters.histories import at_hand  # noqa: PLC0415

    # A version that cannot be read, or is from before today's layout, judges nobody.
    with suppress(ModelwrightError):
        tree = at_hand(source, version) if version else None
        found = Platform(tree=tree, source=source, version=version) if tree else None
        if found and found.policy:
            return replace(found, released=_is_release(version))
    return None


def _is_release(version: str) -> bool | None:
    """Say of a version that is at hand whether it is a release: else it is a state in between."""
    # Here, as above.
    from modelwright.adapters.git_history import version_of  # noqa: PLC0415

    return True if version_of(version) else None
