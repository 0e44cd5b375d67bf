"""A regression of minutes."""

from __future__ import annotations

import lightgbm as lgb

from .runtime import FloatArray

__all__ = ["fit"]


def fit(table: FloatArray, target: FloatArray, *, seed: int) -> lgb.Booster:
    """Fit trees that give minutes; `target` has shape `(n_examples,)`."""
    parameters = {
        "objective": "regression_l1",
        "learning_rate": 0.1,
        "num_leaves": 15,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "seed": seed,
    }
    return lgb.train(parameters, lgb.Dataset(table, target), 150)
