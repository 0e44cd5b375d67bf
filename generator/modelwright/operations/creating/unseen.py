"""The plan of a creation without a token: what follows from policy and answers alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from modelwright.operations.creating.wish import Outcome
from modelwright.provisioning.actual import Actual
from modelwright.provisioning.desired import DesiredState
from modelwright.provisioning.faults import PreflightFault, teams_named
from modelwright.provisioning.found import Found
from modelwright.provisioning.plan import plan

__all__ = ["planned_unseen"]

_UNKNOWN: Final = (
    "there is no token, so nothing was asked of GitHub; this is the plan for a repository that is "
    "not there yet. What cannot be known:",
    "- whether the name is free, and who asks for the repository is in the team",
    "- whether the organisation has the teams, secrets, variables and custom properties",
    "- what its plan on GitHub supports; the ids of teams are told as 0",
)
_RUN: Final = "0" * 16


def planned_unseen(desired: DesiredState, against: Sequence[PreflightFault]) -> Outcome:
    """Return the calls that would make a repository, where the organisation has all it needs."""
    changes = plan(desired, Actual(), _assumed(desired), _RUN)
    return Outcome(
        state="planned",
        repository=f"{desired.organisation}/{desired.name}",
        url="",
        run="",
        changes=changes,
        notes=list(_UNKNOWN),
        against=[f"{one.problem}; {one.next_step}" for one in against],
    )


def _assumed(desired: DesiredState) -> Found:
    granted = {
        kind: {grant.name: "selected" for grant in desired.grants if grant.kind == kind}
        for kind in ("secret", "variable")
    }
    return Found(
        teams=dict.fromkeys(teams_named(desired), 0),
        secrets=granted["secret"],
        variables=granted["variable"],
    )
