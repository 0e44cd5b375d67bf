"""Access to a repository that its plan did not make, and through which a secret could leak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from modelwright.provisioning.actual_state import ActualState
from modelwright.provisioning.desired_state import DEFAULT_BRANCH, DesiredState
from modelwright.provisioning.organisation_state import OrganisationState
from modelwright.provisioning.preflight import PreflightFault
from modelwright.provisioning.repository_claims import changes_owner

__all__ = ["TreeEntry", "UnplannedAccess", "access_faults"]

_SHOWN = 5


@dataclass(frozen=True)
class TreeEntry:
    """One file of a git tree.

    Attributes:
        mode: Git's mode, such as `100644`.
        identity: The id of its content.
    """

    mode: str
    identity: str


@dataclass(frozen=True, kw_only=True)
class UnplannedAccess:
    """The access_paths into and out of a repository that nothing here ever makes.

    Attributes:
        access_paths: The names of deploy keys, webhooks, invitations and runners, by kind.
        differing: The files of the default branch that are not what the plan renders.
    """

    access_paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    differing: tuple[str, ...] = ()


def access_faults(
    desired: DesiredState,
    actual: ActualState,
    organisation: OrganisationState,
    access: UnplannedAccess,
) -> list[PreflightFault]:
    """Return why a repository that this run did not make gets no secret."""
    where = desired.full_name
    listed = {**dict(_other_access(desired, actual, organisation)), **access.access_paths}
    if access.differing:
        listed["files that its plan does not make"] = access.differing
    return [
        PreflightFault(
            f"{where} has {kind}: {_short(names)}",
            "have an administrator remove what does not belong there",
            True,
        )
        for kind, names in listed.items()
        if names
    ]


def _other_access(
    desired: DesiredState, actual: ActualState, organisation: OrganisationState
) -> Iterator[tuple[str, tuple[str, ...]]]:
    unfinished = bool(actual.from_starter or actual.run)
    if not changes_owner(desired, actual):
        expected = (
            {organisation.admin, *organisation.requesters} if unfinished else {organisation.admin}
        )
        yield (
            "people with access of their own",
            tuple(one for one in actual.people if one not in expected),
        )
        yield (
            "access for other teams",
            tuple(sorted(set(actual.teams) - {*desired.teams, *desired.reviewers})),
        )
    yield "rules that are not its own", actual.other_rulesets
    if unfinished:
        yield "other branches", tuple(sorted(set(actual.branches) - {DEFAULT_BRANCH}))


def _short(names: tuple[str, ...]) -> str:
    # Names come from whoever made them: one line each, of letters that a terminal shows.
    printable = ["".join(c if c.isprintable() else "?" for c in name)[:100] for name in names]
    rest = len(printable) - _SHOWN
    return ", ".join(printable[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
