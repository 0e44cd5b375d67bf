"""What a row of the panel must be."""

from __future__ import annotations

import dataframely as dy

__all__ = ["CONTRACT", "Consumption"]


class Consumption(dy.Schema):
    """One building on one day; a roof with solar panels may give more than it takes."""

    building = dy.String(primary_key=True, min_length=1)
    day_of = dy.Date(primary_key=True)
    kind = dy.String(min_length=1)
    kwh = dy.Float64(nullable=True)
    temperature = dy.Float64(min=-60.0, max=60.0)


CONTRACT = Consumption
