"""Which platform judges a project: the one that is named, else its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from modelwright import __version__
from modelwright.adapters.platforms import located, own_root, platform_for
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
        # Its own version may be another: then drift is left unjudged, and nothing is fetched.
        return replace(packaged, source=url, version=packaged.version or f"v{__version__}")
    try:
        return _at(source, version)
    except ModelwrightError as error:
        error.next_step = "name the project's platform with --platform"
        raise


def _at(source: str, version: str) -> Platform:
    if Path(source).is_absolute():
        return located(source)
    if ":" not in source:
        raise RefusedError(
            f"the project's source {source!r} is a relative path, which leads nowhere",
            where=".copier-answers.yml",
        )
    return located(f"{source}@{version}" if version else source)
