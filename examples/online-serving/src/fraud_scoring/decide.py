"""From a score to an answer: thresholds stand in `config/service.toml`, not in the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from .runtime import Scored
from .schemas import Response

__all__ = ["decide"]

REASONS = 3


def decide(scored: Scored, limits: Mapping[str, float]) -> Response:
    """Approve, send to a person, or decline.

    A payment unlike anything in the training data is never approved or declined alone by the
    score: a person looks at it.

    Args:
        scored: The probability of fraud, in [0, 1].
        limits: `review` and `decline`: the probabilities from which each one starts.
    """
    decision = _decision(scored, limits)
    if decision == "approve":
        return Response(decision="approve", reasons=[])
    shares = scored.why()
    strongest = sorted(shares, key=shares.__getitem__, reverse=True)[:REASONS]
    return Response(decision=decision, reasons=[name for name in strongest if shares[name] > 0])


def _decision(
    scored: Scored, limits: Mapping[str, float]
) -> Literal["approve", "review", "decline"]:
    if scored.outside:
        return "review"
    if scored.score >= limits["decline"]:
        return "decline"
    return "review" if scored.score >= limits["review"] else "approve"
