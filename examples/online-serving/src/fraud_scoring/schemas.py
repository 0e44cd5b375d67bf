"""What callers send and what they get: the contract that `docs/openapi.json` shows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

__all__ = ["CATEGORIES", "Request", "Response"]

Country = Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Category = Literal["groceries", "fashion", "electronics", "travel", "gift_cards"]
CATEGORIES: tuple[Category, ...] = ("groceries", "fashion", "electronics", "travel", "gift_cards")


class Request(BaseModel):
    """One card payment, before it is authorised."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    customer_id: Annotated[str, Field(min_length=1, max_length=64)]
    device_id: Annotated[str, Field(min_length=1, max_length=64)]
    amount_eur: Annotated[float, Field(gt=0, le=50_000)]
    average_amount_eur: Annotated[
        float, Field(ge=0, le=50_000, description="mean payment of the last 30 days; 0 for none")
    ]
    category: Category
    card_country: Country
    merchant_country: Country
    paid_at: AwareDatetime
    account_age_days: Annotated[int, Field(ge=0, le=40_000)]
    payments_last_hour: Annotated[int, Field(ge=0, le=1_000)]
    device_known: bool


class Response(BaseModel):
    """What the shop does with the payment, and why."""

    model_config = ConfigDict(frozen=True)

    decision: Literal["approve", "review", "decline"]
    reasons: Annotated[list[str], Field(description="features, the strongest first", max_length=3)]
