"""The teams that a project's CODEOWNERS names."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["owning_teams"]


def owning_teams(files: Mapping[str, str], organisation: str) -> tuple[str, ...]:
    """Return the slugs of an organisation's teams that own files of a project, sorted."""
    lines = files.get(".github/CODEOWNERS", "").splitlines()
    rules = " ".join(line for line in lines if not line.lstrip().startswith("#"))
    return tuple(sorted(set(re.findall(rf"@{re.escape(organisation)}/([\w-]+)", rules))))
