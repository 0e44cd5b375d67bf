"""Where the examples come from: here a seeded generator, in your project your table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from .features import CATEGORY_RISK
from .runtime import Examples, FloatArray
from .schemas import CATEGORIES, Request

__all__ = ["examples"]

START = datetime(2026, 1, 1, tzinfo=UTC)
COUNTRIES = ("DE", "NL", "FR", "SE")


def examples(seed: int, rows: int) -> Examples[Request]:
    """Return payments of about `rows` / 20 customers, some 6 % of them fraudulent."""
    draw = np.random.default_rng(seed)
    requests = [_payment(draw, START + timedelta(minutes=7 * row), rows) for row in range(rows)]
    return Examples(requests, _fraud(draw, requests))


def _payment(draw: np.random.Generator, paid_at: datetime, rows: int) -> Request:
    customer = int(draw.integers(rows // 20 + 1))
    average = float(draw.lognormal(3.6, 0.6))
    home = COUNTRIES[customer % len(COUNTRIES)]
    abroad = draw.random() < 0.12
    return Request(
        customer_id=f"customer-{customer}",
        device_id=f"device-{customer}-{int(draw.integers(3))}",
        amount_eur=round(min(average * float(draw.lognormal(0.0, 0.8)) + 0.5, 50_000.0), 2),
        average_amount_eur=round(average, 2),
        category=CATEGORIES[int(draw.choice(len(CATEGORIES), p=[0.4, 0.3, 0.15, 0.1, 0.05]))],
        card_country=home,
        merchant_country=COUNTRIES[int(draw.integers(len(COUNTRIES)))] if abroad else home,
        paid_at=paid_at,
        account_age_days=int(draw.gamma(2.0, 400.0)),
        payments_last_hour=int(draw.poisson(0.5)) + (int(draw.integers(8)) if abroad else 0),
        device_known=bool(draw.random() < 0.85),
    )


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
