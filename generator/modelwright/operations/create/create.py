"""Create a project's repository on GitHub: whole, or not at all."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from modelwright.adapters.disk.folders import user_cache
from modelwright.adapters.github.client import GitHubError
from modelwright.adapters.github.credentials import NoTokenError
from modelwright.adapters.github.journal import JournalFile
from modelwright.errors import ExternalSystemError
from modelwright.operations.create.connection import connect, published_platform
from modelwright.operations.create.creation import (
    Creation,
    gives,
    half_created,
    prepare_apply,
    reconcile,
    take_back,
)
from modelwright.operations.create.preflight import deployment_faults, refuse_creation
from modelwright.operations.create.project import prepare_project
from modelwright.operations.create.request import CreateOutcome, CreateRequest, plan_without_token
from modelwright.operations.create.undo import undo
from modelwright.provisioning import journal
from modelwright.provisioning.actual_state import ActualState
from modelwright.provisioning.organisation_state import OrganisationState
from modelwright.provisioning.plan import plan
from modelwright.provisioning.plan_changes import Change
from modelwright.provisioning.preflight import (
    PreflightFault,
    ignores_pinning,
    plan_limit,
    preflight_faults,
    unsupported_by_plan,
)
from modelwright.provisioning.repository_claims import is_marked, name_faults, owner_faults
from modelwright.provisioning.secret_values import fill_values, missing_values
from modelwright.template.platform import Platform

__all__ = ["create"]

_FORBIDDEN: Final = 403


def create(
    platform: Platform,
    request: CreateRequest,
    *,
    environ: Mapping[str, str] = os.environ,
    tell: Callable[[str], None] = lambda _: None,
) -> CreateOutcome:
    """Bring a project's repository to its desired state, or take it back.

    Args:
        platform: Policy and templates.
        request: What is asked for.
        environ: The surroundings: tokens, the requester, values of secrets.
        tell: Is told what happens.

    Raises:
        RefusedError: The policy or a person's rights refuse it, or it is another's; nothing was
            made.
        ExternalSystemError: GitHub, git or the disk failed; the error says how to go on.
    """
    platform = published_platform(platform)
    project = prepare_project(platform, request)
    desired = fill_values(project.desired, environ)
    lacking = deployment_faults(platform.policy, project, request)
    kept = user_cache("creations") / desired.organisation / f"{desired.name}.jsonl"
    notes = JournalFile(request.journal or kept)
    notes.lines()
    try:
        with connect(platform, request.api, environ, desired.organisation) as (github, credential):
            return _finished(
                Creation(
                    request=request,
                    platform=platform,
                    project=replace(project, desired=desired),
                    github=github,
                    credential=credential,
                    environ=environ,
                    notes=notes,
                    tell=tell,
                    lacking=lacking,
                )
            )
    except NoTokenError:
        if not request.plan:
            raise
        return plan_without_token(desired, lacking)


def _finished(creation: Creation) -> CreateOutcome:
    creation.tell("look at what is there")
    organisation, actual = creation.look()
    refuse_creation(_against(creation, organisation, actual), creation.where)
    if actual.exists and not creation.request.plan:
        creation.narrow()
    if creation.request.undo:
        return _undone(creation, actual, organisation)
    run = actual.made_by or secrets.token_hex(8)
    changes = plan(creation.project.desired, actual, organisation, run)
    strangers = creation.adoption_faults(actual, organisation) if gives(changes, actual) else []
    if creation.request.plan or not changes:
        state = "planned" if creation.request.plan else "unchanged"
        return _outcome(creation, state, actual, run, changes, organisation, strangers)
    refuse_creation(strangers, creation.where)
    # A run that mends what another made has an id of its own in the journal.
    mending = actual.exists and not actual.run
    return _apply_plan(
        creation, organisation, actual, secrets.token_hex(8) if mending else run, changes
    )


def _against(
    creation: Creation, organisation: OrganisationState, actual: ActualState
) -> list[PreflightFault]:
    desired, request = creation.project.desired, creation.request
    against = preflight_faults(desired, organisation)
    owned = owner_faults(desired, actual, transfer_from=request.transfer_from)
    if request.undo:
        # A team that is gone keeps nobody from clearing away what is half-made; but where it
        # could not be read who is in it, nothing is.
        unknown = organisation.denied or (not actual.run and desired.team not in organisation.teams)
        return [*(one for one in against if one.refused or unknown), *owned]
    if not request.plan:
        named = name_faults(
            desired, actual, resume=request.resume, transfer_from=request.transfer_from
        )
        against += named
    elif not is_marked(desired, actual):
        # What another team's repository is like is not this team's to read.
        against += [one for one in owned if desired.ownership.mark(actual.properties).complete]
    else:
        against += owned
    against += [
        PreflightFault(
            f"the value of {name} is not known",
            f"set it in this command's surroundings, as {name}",
        )
        for name in missing_values(desired, actual, creation.environ)
    ]
    return against


def _undone(
    creation: Creation, actual: ActualState, organisation: OrganisationState
) -> CreateOutcome:
    desired = creation.project.desired
    changes = undo(
        creation.github,
        desired,
        actual,
        organisation,
        creation.notes,
        others=creation.request.delete_others_commits,
    )
    state = "undone" if changes else "unchanged"
    return _outcome(creation, state, actual, actual.made_by, changes, OrganisationState())


def _apply_plan(
    creation: Creation,
    organisation: OrganisationState,
    actual: ActualState,
    run: str,
    changes: list[Change],
) -> CreateOutcome:
    with tempfile.TemporaryDirectory(prefix="modelwright-") as aside:
        apply = prepare_apply(creation, organisation, actual, run, Path(aside))
        answers, version = creation.project.answers, creation.platform.version
        creation.notes.add(journal.first_line(run, creation.where, answers, version))
        try:
            now = reconcile(creation, organisation, apply, changes, actual)
        except ExternalSystemError as error:
            if not actual.exists and isinstance(error, GitHubError) and error.status == _FORBIDDEN:
                take_back(creation, apply, organisation, error)
            raise half_created(creation, apply, error) from error
        state = "mended" if actual.exists and not actual.run else "made"
        # What is sent together ends in any order.
        done = sorted(apply.done, key=lambda change: (change.phase, change.line, change.reason))
        return _outcome(creation, state, now, run, done, organisation)


def _outcome(  # noqa: PLR0913, PLR0917 -- what a report tells
    creation: Creation,
    state: str,
    actual: ActualState,
    run: str,
    changes: list[Change],
    organisation: OrganisationState,
    strangers: Sequence[PreflightFault] = (),
) -> CreateOutcome:
    desired = creation.project.desired
    notes = [
        f"{plan_limit(organisation)} {what} for private repositories: left out"
        for what in unsupported_by_plan(desired, organisation)
    ]
    if desired.actions.get("sha_pinning_required") and _ignores_pinning(actual, organisation):
        notes.append("this server does not know sha_pinning_required: actions may be named by tag")
    request = creation.request
    named = name_faults(desired, actual, resume=True, transfer_from=request.transfer_from)
    against = [*named, *strangers, *creation.lacking] if request.plan else []
    return CreateOutcome(
        state=state,
        repository=creation.where,
        url=actual.repository.get("html_url", ""),
        run=run,
        changes=list(changes),
        calls=creation.github.calls,
        notes=notes,
        against=[f"{one.problem}; {one.next_step}" for one in against],
    )


def _ignores_pinning(actual: ActualState, organisation: OrganisationState) -> bool:
    told = actual.actions
    return ignores_pinning(organisation) or (bool(told) and "sha_pinning_required" not in told)
