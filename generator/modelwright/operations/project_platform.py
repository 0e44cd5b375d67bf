"""Which platform judges a project: the one that is named, else its own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from modelwright.adapters.packaged import own_root, own_version
from modelwright.adapters.platforms import located, platform_for
from modelwright.adapters.urls import same
from modelwright.catalog.platform import Platform
from modelwright.errors import ModelwrightError, RefusedError


def platform_of_project(named: str, source: str, version: str) -> Platform:
    """Return the platform of a project.

    Args:
        named: What `--platform` says; empty where it says nothing.
        source: The source in the project's answers: a URL or an absolute path.
        version: The version in the project's answers; empty where there is none.

    Raises:
        RefusedError: Neither names a platform.
        SurroundingsError: It cannot be fetched.
    """
    if named or not source:
        return platform_for(named)
    packaged = located(str(own_root()))
    url = packaged.policy["platform"]["url"]
    if same(source, url):
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
    return _held(source, version) or located(f"{source}@{version}" if version else source)


def _then(now: Platform, version: str) -> Platform:
    """Return a platform as it was at a version, where that can be had; else as it is now."""
    if version in {"", now.version}:
        return now
    return _held(now.source, version) or now


def _held(source: str, version: str) -> Platform | None:
    # Here, because it costs the check of a current project 15 ms.
    from modelwright.adapters.histories import at_hand  # noqa: PLC0415

    # A version that cannot be read, or is from before today's layout, judges nobody.
    with suppress(ModelwrightError):
        tree = at_hand(source, version) if version else None
        found = Platform(tree=tree, source=source, version=version) if tree else None
        if found and found.policy:
            return found
    return None
