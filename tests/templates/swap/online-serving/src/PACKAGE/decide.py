"""From minutes to a promise."""

from __future__ import annotations

from collections.abc import Mapping

from .runtime import Scored
from .schemas import Response

__all__ = ["decide"]


def decide(scored: Scored, limits: Mapping[str, float]) -> Response:
    """Promise firmly what is short, nothing of what training never saw."""
    minutes = round(scored.score)
    if scored.outside:
        return Response(minutes=minutes, promise="none", slowest_part=None)
    if minutes <= limits["firm"]:
        return Response(minutes=minutes, promise="firm", slowest_part=None)
    shares = scored.why()
    slowest = max(shares, key=shares.__getitem__)
    return Response(minutes=minutes, promise="about", slowest_part=slowest)
