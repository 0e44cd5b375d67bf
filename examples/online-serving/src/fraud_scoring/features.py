"""The one feature function: training and serving both call it, so they cannot differ."""

from __future__ import annotations

import math
from collections.abc import Mapping

from .schemas import Request

__all__ = ["features"]

CATEGORY_RISK = {
    "groceries": 0.0,
    "fashion": 1.0,
    "travel": 2.0,
    "electronics": 3.0,
    "gift_cards": 4.0,
}
NIGHT_HOURS = 6


def features(request: Request) -> Mapping[str, float]:
    """Describe one payment by numbers; `config/features.toml` says what each one means."""
    return {
        "amount_log": math.log1p(request.amount_eur),
        "amount_ratio": request.amount_eur / (request.average_amount_eur + 10.0),
        "category_risk": CATEGORY_RISK[request.category],
        "cross_border": float(request.card_country != request.merchant_country),
        "night": float(request.paid_at.hour < NIGHT_HOURS),
        "account_age_log": math.log1p(request.account_age_days),
        "payments_last_hour": float(request.payments_last_hour),
        "device_new": float(not request.device_known),
    }
