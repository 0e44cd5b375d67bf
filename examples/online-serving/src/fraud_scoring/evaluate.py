"""How good the model is; `[gate]` of `config/service.toml` says which metric decides."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .runtime import FloatArray

__all__ = ["evaluate"]

FALSE_ALARMS = 0.05


def evaluate(target: FloatArray, predicted: FloatArray) -> Mapping[str, float]:
    """Return ranking quality, recall at a bearable false-alarm rate, and calibration.

    Args:
        target: Shape `(n_examples,)`, 1.0 for fraud.
        predicted: Shape `(n_examples,)`, probability of fraud.
    """
    order = np.argsort(-predicted, kind="stable")
    hits = target[order]
    found = np.cumsum(hits)
    positives = max(float(found[-1]), 1.0)
    precision = found / np.arange(1, len(hits) + 1)
    alarms = np.cumsum(1.0 - hits) / max(float(np.sum(1.0 - hits)), 1.0)
    bearable = found[alarms <= FALSE_ALARMS]
    return {
        "pr_auc": float(np.sum(precision * hits) / positives),
        "recall_at_5pct_false_alarms": float(bearable[-1] / positives) if len(bearable) else 0.0,
        "brier": float(np.mean((predicted - target) ** 2)),
        "calibration_ratio": float(np.sum(predicted) / positives),
    }
