"""How long GitHub wants to be left alone.

Source:
    GitHub Docs, "Rate limits for the REST API", "Best practices for using the REST API".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["LONGEST_WAIT", "seconds_to_wait"]

LONGEST_WAIT: Final = 300.0
_SILENT: Final = 60.0
_FORBIDDEN, _TOO_MANY = 403, 429


def seconds_to_wait(
    status: int, headers: Mapping[str, str], message: str, *, now: float
) -> float | None:
    """Return the pause that a rate-limited answer asks for; None where it is no such answer.

    Args:
        status: HTTP status.
        headers: Headers of the answer, with names in any case.
        message: What the answer says.
        now: Current time, in seconds since the Unix epoch (UTC).

    Returns:
        Seconds to wait, never negative; 60 where GitHub gives no figure.
    """
    if status not in (_FORBIDDEN, _TOO_MANY):
        return None
    given = {name.lower(): value for name, value in headers.items()}
    if "retry-after" in given:
        return _figure(given["retry-after"])
    if given.get("x-ratelimit-remaining") == "0":
        return max(0.0, _figure(given.get("x-ratelimit-reset", ""), now + _SILENT) - now)
    if status == _TOO_MANY or "rate limit" in message.lower():
        return _SILENT
    return None


def _figure(text: str, otherwise: float = _SILENT) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return otherwise
