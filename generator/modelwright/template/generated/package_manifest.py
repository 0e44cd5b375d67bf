"""The one list of what belongs to a platform, for the wheel, its history and `platform init`.

The build reads this file by its path, so it needs nothing but the standard library.
"""

from __future__ import annotations

from typing import Final

# From the root of this repository; what does not exist yet is taken up once it does.
PLATFORM: Final = (
    "copier.yml",
    "platform.yml",
    "templates",
    "hooks",
    "schemas",
    ".github",
    ".pre-commit-hooks.yaml",
    "action.yml",
    "starter",
    "organisation",
    "generator",
    "pyproject.toml",
    "uv.lock",
    "hatch_build.py",
    "LICENSE",
    ".modelwright.yml",
    "docs/adopt.md",
    "docs/archetypes.md",
    "docs/audit.md",
    "docs/check.md",
    "docs/create.md",
    "docs/decisions/0007-whose-a-repository-is.md",
    "docs/platform.md",
    "docs/policy.md",
    "docs/update.md",
)
# Laid at the root of an organisation's platform, over what stands there.
ORGANISATION: Final = "organisation"
# The program itself: the wheel holds it once, as its package.
GENERATOR: Final = "generator"
# This repository's own, though they stand in folders of the platform.
OURS: Final = (
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    ".github/dependabot.yml",
    ".github/ISSUE_TEMPLATE/bug.yml",
    ".github/ISSUE_TEMPLATE/config.yml",
)
_COMPILED: Final = "__pycache__"
_PACKAGED: Final = f"{GENERATOR}/modelwright/_"


def is_packaged(path: str) -> bool:
    """Say whether a file of this repository belongs to an organisation's platform."""
    if path in OURS or _COMPILED in path.split("/"):
        return False
    # What the build puts beside the modules: the platform itself, its history.
    if path.startswith(_PACKAGED) and not path.startswith(f"{_PACKAGED}_"):
        return False
    return any(path == name or path.startswith(f"{name}/") for name in PLATFORM)


def place_of(path: str) -> str:
    """Return where a file of this repository stands in an organisation's platform."""
    return path.removeprefix(f"{ORGANISATION}/")
