"""Compares the tags of one resource with those that it must carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.policy.refusal import show


def tag_problem(found: Mapping[Any, Any], wanted: Mapping[str, str]) -> str:
    """Return what is wrong with a resource's tags, or nothing.

    Args:
        found: The tags that it carries.
        wanted: The tags that it must carry.
    """
    missing = [key for key in wanted if key not in found]
    other = [key for key in wanted if key in found and str(found[key]) != wanted[key]]
    told = []
    if missing:
        told.append(f"lacks {', '.join(missing)}")
    told += [f"has {key} {show(str(found[key]))} instead of {wanted[key]!r}" for key in other]
    return " and ".join(told)
