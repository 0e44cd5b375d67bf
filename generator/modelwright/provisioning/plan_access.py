"""What is to be changed in who may do what; nobody is left with access in person."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.provisioning.actual import Actual
from modelwright.provisioning.change import Call, Change, Phase
from modelwright.provisioning.claims import changes_owner
from modelwright.provisioning.desired import DesiredState
from modelwright.provisioning.found import Found

__all__ = ["access_changes"]


def access_changes(desired: DesiredState, actual: Actual, found: Found) -> Iterator[Change]:
    """Yield the right to read, which reviewers need, and after the rules that to write."""
    reviewers = {slug for one in desired.environments for slug in one.reviewers}
    for slug in sorted({*desired.teams, *reviewers}):
        now = actual.teams.get(slug, "")
        wanted = desired.teams.get(slug, "pull")
        if not now and (slug in reviewers or wanted == "pull"):
            yield _given(desired, slug, "pull", "", Phase.CLOSED)
            now = "pull"
        if slug in desired.teams and now != wanted:
            yield _given(desired, slug, wanted, now, Phase.ACCESS)
    if changes_owner(desired, actual):
        for slug in sorted(set(actual.teams) - {*desired.teams, *reviewers}):
            yield Change(
                phase=Phase.LEAVE,
                call=Call("DELETE", f"/orgs/{desired.organisation}/teams/{slug}{desired.path}"),
                reason=f"takes the team {slug} its access",
            )
    for login in sorted(_leaving(desired, actual, found)):
        yield Change(
            phase=Phase.LEAVE,
            call=Call("DELETE", f"{desired.path}/collaborators/{login}"),
            reason=f"leaves {login} no access in person; the team has it",
        )


def _leaving(desired: DesiredState, actual: Actual, found: Found) -> set[str]:
    """Return who is to have no access in person any more."""
    if not actual.exists:
        # GitHub lets whoever makes a repository administer it.
        return {found.admin} - {""}
    people = set(actual.people)
    if actual.begun or changes_owner(desired, actual):
        return people
    return people & ({found.admin, *found.requesters} if actual.run else {found.admin})


def _given(desired: DesiredState, slug: str, right: str, before: str, phase: Phase) -> Change:
    path = f"/orgs/{desired.organisation}/teams/{slug}{desired.path}"
    undo = Call("PUT", path, {"permission": before}) if before else Call("DELETE", path)
    return Change(
        phase=phase,
        call=Call("PUT", path, {"permission": right}),
        reason=f"gives the team {slug} the right to {right}",
        undo=undo,
    )
