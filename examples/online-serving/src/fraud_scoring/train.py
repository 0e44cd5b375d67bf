"""How the model is fitted: replace it by your own, as long as a LightGBM Booster comes out."""

from __future__ import annotations

import lightgbm as lgb

from .runtime import FloatArray

__all__ = ["fit"]

PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.08,
    "num_leaves": 15,
    "min_data_in_leaf": 30,
    "feature_fraction": 0.9,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
TREES = 120


def fit(table: FloatArray, target: FloatArray, *, seed: int) -> lgb.Booster:
    """Fit gradient-boosted trees that give the probability of fraud.

    Args:
        table: Shape `(n_examples, n_features)`, columns in the order of `config/features.toml`.
        target: Shape `(n_examples,)`, 1.0 for fraud.
        seed: The same seed gives the same model.
    """
    return lgb.train({**PARAMETERS, "seed": seed}, lgb.Dataset(table, target), TREES)
