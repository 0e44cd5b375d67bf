"""Opens the platform of a command and says once where it comes from."""

from __future__ import annotations

from modelwright.adapters.platforms import at_version, platform_for
from modelwright.catalog.platform import Platform
from modelwright.cli.terminal import Terminal


def opened(named: str, terminal: Terminal, *, version: str = "") -> Platform:
    """Return the platform of a command, at a version if one is named; a sample is said to be one.

    Raises:
        ModelwrightError: There is none, or its policy is unsound.
    """
    platform = platform_for(named)
    if version:
        platform = at_version(platform, version)
    if platform.sample:
        terminal.note(
            f"the platform is a sample ({platform.policy['organisation']['name']}, made up); "
            "choose your own with `modelwright platform use URL`"
        )
    if platform.notice:
        terminal.note(platform.notice)
    terminal.detail(
        f"platform {platform.source} {platform.version} by {platform.origin or 'default'}"
    )
    return platform
