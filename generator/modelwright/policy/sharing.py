"""The rules on who pays: cost centre, the brands that a project also serves, allocation key."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping  # noqa: UP035 - Cookiecutter's Python may be older

from modelwright.policy.refusal import Refusal, show

__all__ = ["ALLOCATION_KEY", "LONGEST_ALLOCATION_KEY", "sharing_refusals"]

ALLOCATION_KEY = "[a-z][a-z0-9]*(-[a-z0-9]+)*"
LONGEST_ALLOCATION_KEY = 63


def sharing_refusals(policy: Mapping[str, Any], answers: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield refusals of `cost_centre` (TAG001), `serves` (TAG002), `allocation_key` (TAG003, 4).

    An empty cost centre is the team's own; `serves` holds other brands joined by commas.
    """
    serves = answers.get("serves", "")
    yield from _cost_centre_refusals(policy, answers.get("cost_centre", ""))
    yield from _serves_refusals(policy, answers["brand"], serves)
    yield from _allocation_refusals(serves, answers.get("allocation_key", ""))


def _cost_centre_refusals(policy: Mapping[str, Any], value: str) -> Iterator[Refusal]:
    if value and value not in [team["cost_centre"] for team in policy["teams"].values()]:
        problem = f"cost centre {show(value)} is not one of the policy's"
        next_step = "leave it out for the team's own, or take another team's as finance writes it"
        yield Refusal("TAG001", "cost centre", value, problem, next_step)


def _serves_refusals(policy: Mapping[str, Any], brand: str, serves: str) -> Iterator[Refusal]:
    others = [other for other in policy["brands"] if other != brand]
    for name in serves.split(",") if serves else []:
        if name not in others:
            problem = f"serves names {show(name)}, which is not another brand"
            next_step = f"choose among {', '.join(others)}, joined by commas without spaces"
            yield Refusal("TAG002", "serves", name, problem, next_step)
            return


def _allocation_refusals(serves: str, key: str) -> Iterator[Refusal]:
    if serves and not key:
        problem = "a project that serves several brands has no allocation key"
        next_step = "add allocation_key, such as by-requests"
        yield Refusal("TAG003", "allocation key", key, problem, next_step)
    fits = len(key) <= LONGEST_ALLOCATION_KEY and re.search(rf"\A(?:{ALLOCATION_KEY})\Z", key)
    if key and not fits:
        limits = f"at most {LONGEST_ALLOCATION_KEY} characters"
        problem = f"allocation key {show(key)} is not lower-case words joined by hyphens ({limits})"
        yield Refusal("TAG004", "allocation key", key, problem, "choose a key like 'by-requests'")
