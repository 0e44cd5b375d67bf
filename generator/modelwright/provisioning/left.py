"""What a repository still lacks that no workflow's own token may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.provisioning.actual import Actual
from modelwright.provisioning.desired import BRANCH, DesiredState
from modelwright.provisioning.faults import teams_named
from modelwright.provisioning.found import Found
from modelwright.provisioning.plan import plan

__all__ = ["left_to_the_button"]


def left_to_the_button(desired: DesiredState, repository: Mapping[str, Any]) -> list[str]:
    """Return the reasons of the changes that are left, as far as they are known without reading.

    Args:
        desired: The repository as it should be.
        repository: GitHub's answer about it; its code and labels are as they should be.
    """
    grants = {
        kind: {one.name: "selected" for one in desired.grants if one.kind == kind}
        for kind in ("secret", "variable")
    }
    found = Found(
        teams=dict.fromkeys(teams_named(desired), 0),
        secrets=grants["secret"],
        variables=grants["variable"],
    )
    actual = Actual(
        repository=repository,
        branches={BRANCH: ""},
        labels={label["name"]: label for label in desired.labels},
    )
    return list(dict.fromkeys(one.reason for one in plan(desired, actual, found, "a run")))
