"""The one feature function of training and serving."""

from __future__ import annotations

from collections.abc import Mapping

from .schemas import Request

__all__ = ["features"]

RUSH_HOURS = frozenset({7, 8, 9, 16, 17, 18})


def features(request: Request) -> Mapping[str, float]:
    """Describe one delivery by five numbers."""
    return {
        "kilometres": request.kilometres,
        "stops_before": float(request.stops_before),
        "heavy": float(request.weight_kg > 20),
        "rush_hour": float(request.leaves_at_hour in RUSH_HOURS),
        "wet_kilometres": request.kilometres * request.rain,
    }
