"""How far off the promised minutes are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .runtime import FloatArray

__all__ = ["evaluate"]


def evaluate(target: FloatArray, predicted: FloatArray) -> Mapping[str, float]:
    """Return errors in minutes, and the share of deliveries within ten of them."""
    off = np.abs(target - predicted)
    return {
        "mean_minutes_off": float(off.mean()),
        "bias": float(np.mean(predicted - target)),
        "within_ten_minutes": float(np.mean(off <= 10.0)),
    }
