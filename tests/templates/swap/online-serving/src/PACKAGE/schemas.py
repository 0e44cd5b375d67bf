"""What callers send and what they get: one delivery, and how long it will take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Request", "Response"]


class Request(BaseModel):
    """One parcel that leaves the depot."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    courier: Annotated[str, Field(min_length=1, max_length=40)]
    kilometres: Annotated[float, Field(gt=0, le=120)]
    stops_before: Annotated[int, Field(ge=0, le=60)]
    weight_kg: Annotated[float, Field(gt=0, le=80)]
    leaves_at_hour: Annotated[int, Field(ge=0, le=23)]
    rain: bool


class Response(BaseModel):
    """What the customer is told."""

    model_config = ConfigDict(frozen=True)

    minutes: int
    promise: Literal["firm", "about", "none"]
    slowest_part: str | None
