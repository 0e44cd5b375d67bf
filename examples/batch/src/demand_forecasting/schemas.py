"""What a row of the panel must be; `uv run poe score` puts aside every row that is not."""

from __future__ import annotations

import dataframely as dy

__all__ = ["CONTRACT", "Demand"]


class Demand(dy.Schema):
    """One product in one store on one day.

    `units` is null for the days to come; whatever else stands there is the plan.
    """

    store = dy.String(primary_key=True, regex=r"^S\d{2}$")
    product = dy.String(primary_key=True, regex=r"^P\d{4}$")
    date = dy.Date(primary_key=True)
    category = dy.String(min_length=1)
    units = dy.Float64(nullable=True, min=0.0)
    price = dy.Float64(min_exclusive=0.0)
    list_price = dy.Float64(min_exclusive=0.0)
    promotion = dy.Bool()
    stock_out = dy.Bool()


CONTRACT = Demand
