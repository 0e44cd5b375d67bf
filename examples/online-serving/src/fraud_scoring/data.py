"""Where the examples come from: here a seeded generator, in your project your table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from .features import CATEGORY_RISK
from .runtime import Examples, FloatArray
from .schemas import CATEGORIES, Request

__all__ = ["examples"]

START = datetime(2026, 1, 1, tzinfo=UTC)
COUNTRIES = ("DE", "NL", "FR", "SE")


def examples(seed: int, rows: int) -> Examples[Request]:
    """Return payments of about `rows` / 20 customers, some 5 % of them fraudulent."""
    draw = np.random.default_rng(seed)
    columns = _columns(draw, rows)
    requests = [
        Request.model_validate(dict(zip(columns, row, strict=True)))
        for row in zip(*columns.values(), strict=True)
    ]
    return Examples(requests, _fraud(draw, requests))


def _columns(draw: np.random.Generator, rows: int) -> dict[str, list[Any]]:
    customer = draw.integers(rows // 20 + 1, size=rows)
    abroad = draw.random(rows) < 0.12
    home = customer % len(COUNTRIES)
    merchant = (home + abroad * draw.integers(1, len(COUNTRIES), rows)) % len(COUNTRIES)
    average = draw.lognormal(3.6, 0.6, rows)
    amount = np.minimum(average * draw.lognormal(0.0, 0.8, rows) + 0.5, 50_000.0)
    return {
        "customer_id": [f"customer-{number}" for number in customer],
        "device_id": [f"device-{number}" for number in customer * 3 + draw.integers(3, size=rows)],
        "amount_eur": amount.round(2).tolist(),
        "average_amount_eur": average.round(2).tolist(),
        "category": draw.choice(CATEGORIES, rows, p=[0.4, 0.3, 0.15, 0.1, 0.05]).tolist(),
        "card_country": [COUNTRIES[number] for number in home],
        "merchant_country": [COUNTRIES[number] for number in merchant],
        "paid_at": [START + timedelta(minutes=7 * row) for row in range(rows)],
        "account_age_days": draw.gamma(2.0, 400.0, rows).astype(int).tolist(),
        "payments_last_hour": (
            draw.poisson(0.5, rows) + abroad * draw.integers(8, size=rows)
        ).tolist(),
        "device_known": (draw.random(rows) < 0.85).tolist(),
    }


def _fraud(draw: np.random.Generator, requests: list[Request]) -> FloatArray:
    """Label payments by a hidden rule that the features only partly see.

    Returns:
        Shape `(n_requests,)`, 1.0 for fraud.
    """
    log_odds = np.array([_log_odds(request) for request in requests])
    chance = 1.0 / (1.0 + np.exp(-log_odds))
    return np.asarray(draw.random(len(requests)) < chance, dtype=np.float64)


def _log_odds(request: Request) -> float:
    ratio = request.amount_eur / (request.average_amount_eur + 10.0)
    odds = -6.2 + 0.9 * min(ratio, 4.0) + 0.5 * CATEGORY_RISK[request.category]
    odds += 0.5 * min(request.payments_last_hour, 6) - request.account_age_days / 900.0
    odds += 1.8 * (request.card_country != request.merchant_country)
    odds += 1.6 * (not request.device_known) + 0.8 * (request.paid_at.hour < 6)
    return odds
