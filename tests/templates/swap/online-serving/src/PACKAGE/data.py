"""Deliveries of a made-up year."""

from __future__ import annotations

import numpy as np

from .features import features
from .runtime import Examples
from .schemas import Request

__all__ = ["examples"]

MINUTES = {
    "kilometres": 2.1,
    "stops_before": 3.5,
    "heavy": 4.0,
    "rush_hour": 9.0,
    "wet_kilometres": 0.6,
}


def examples(seed: int, rows: int) -> Examples[Request]:
    """Return deliveries with their duration in minutes."""
    draw = np.random.default_rng(seed)
    requests = [
        Request(
            courier=f"courier-{int(draw.integers(40))}",
            kilometres=round(min(float(draw.gamma(2.0, 6.0)) + 0.1, 120.0), 1),
            stops_before=int(draw.poisson(6)),
            weight_kg=round(min(float(draw.gamma(2.0, 5.0)) + 0.1, 80.0), 1),
            leaves_at_hour=int(draw.integers(6, 22)),
            rain=bool(draw.random() < 0.3),
        )
        for _ in range(rows)
    ]
    expected = [
        5.0 + sum(MINUTES[name] * value for name, value in features(request).items())
        for request in requests
    ]
    return Examples(requests, np.array(expected) * draw.lognormal(0.0, 0.12, rows))
