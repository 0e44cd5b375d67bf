"""httpx without its own command line, which costs two thirds of the time of its import."""

from __future__ import annotations

import sys
from typing import Any, Final

_COMMAND_LINE: Final = "httpx._main"
_modules: Final[dict[str, Any]] = sys.modules

_left_out = _modules.setdefault(_COMMAND_LINE, None) is None
# httpx itself goes on without it, as where its extra `cli` is not installed.
import httpx  # noqa: E402

if _left_out:
    del _modules[_COMMAND_LINE]

__all__ = ["httpx"]
