"""The user's cache."""

from __future__ import annotations

import os
from pathlib import Path


def cache(kind: str) -> Path:
    """Return the folder of the user's cache for one kind of thing."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "modelwright" / kind
