"""Claims on a repository: whether an existing one may be changed for the owner of the request."""

from __future__ import annotations

from modelwright.provisioning.actual_state import ActualState
from modelwright.provisioning.desired_state import DesiredState
from modelwright.provisioning.ownership import OWNER_FIELDS, Owner, owner_of
from modelwright.provisioning.preflight import PreflightFault

__all__ = ["changes_owner", "is_marked", "name_faults", "owner_faults"]

_OTHER_NAME = "choose another use case"


def is_marked(desired: DesiredState, actual: ActualState) -> bool:
    """Say whether the organisation's own mark names the owner of the request."""
    return actual.exists and desired.ownership.is_ours(desired.ownership.mark(actual.properties))


def changes_owner(desired: DesiredState, actual: ActualState) -> bool:
    """Say whether a repository's mark names another owner, so that its access must change."""
    mark = desired.ownership.mark(actual.properties)
    return mark.complete and mark != desired.ownership.owner


def name_faults(
    desired: DesiredState, actual: ActualState, *, resume: bool, transfer_from: str = ""
) -> list[PreflightFault]:
    """Return why the repository's name is not free for this project."""
    where = desired.full_name
    if not actual.exists:
        if transfer_from:
            problem = f"there is no {where} to take over"
            return [PreflightFault(problem, "leave --transfer-from out to make it", True)]
        return []
    return owner_faults(desired, actual, transfer_from=transfer_from) or _state_faults(
        where, actual, resume=resume
    )


def _state_faults(where: str, actual: ActualState, *, resume: bool) -> list[PreflightFault]:
    if actual.repository.get("archived"):
        return [
            PreflightFault(f"{where} is archived", "unarchive it, or choose another name", True)
        ]
    if actual.from_starter and not resume:
        problem = f"{where} was begun from a starter, and is not complete"
        return [PreflightFault(problem, "run this command with --resume", True)]
    if actual.run and not resume:
        problem = f"{where} is half-made: run {actual.run} did not end"
        return [PreflightFault(problem, "run this command with --resume, or with --undo", True)]
    return []


def owner_faults(
    desired: DesiredState, actual: ActualState, *, transfer_from: str = ""
) -> list[PreflightFault]:
    """Return why a repository may not be changed for the owner of the request; at most one reason.

    Both must agree: the mark, which only the organisation may set, and the record on the default
    branch, which the project's owners review. The team `transfer_from` hands the repository over
    where its own record names the new owner.
    """
    if not actual.exists:
        return []
    ownership = desired.ownership
    mark, record = ownership.mark(actual.properties), owner_of(actual.record or {})
    agreed = ownership.is_ours(record)
    if not mark.complete:
        return _unmarked_faults(desired, actual, mark, record)
    if ownership.is_ours(mark):
        return [] if agreed or not actual.branches else [_record_fault(desired, actual)]
    if agreed and mark.team == transfer_from:
        return []
    hint = "; where its new team agreed too, add --transfer-from with its team" * agreed
    return [_claim_fault(desired, mark, hint)]


def _unmarked_faults(
    desired: DesiredState, actual: ActualState, mark: Owner, record: Owner
) -> list[PreflightFault]:
    ownership = desired.ownership
    contradicts = any(
        getattr(mark, one) not in {"", getattr(ownership.owner, one)} for one in OWNER_FIELDS
    )
    if contradicts or (record.complete and not ownership.is_ours(record)):
        return [_claim_fault(desired, mark if contradicts and mark.team else record)]
    if actual.from_starter:
        return []
    problem = "is there already, and modelwright did not make it"
    return [PreflightFault(f"{desired.full_name} {problem}", _OTHER_NAME, True)]


def _claim_fault(desired: DesiredState, owner: Owner, hint: str = "") -> PreflightFault:
    return PreflightFault(
        f"{desired.full_name} is taken by {owner.display_name}", _OTHER_NAME + hint, True
    )


def _record_fault(desired: DesiredState, actual: ActualState) -> PreflightFault:
    where, own = desired.full_name, desired.ownership.owner.team
    record = owner_of(actual.record or {})
    if not record.complete:
        return PreflightFault(
            f"{where} does not say whose it is: there is no sound .copier-answers.yml on its main",
            "bring the file back by a pull request",
            True,
        )
    return PreflightFault(
        f"{where} is taken by {record.display_name}: its .copier-answers.yml says so",
        "undo that by a pull request, or let its new team run this command with "
        f"--transfer-from {own}",
        True,
    )
