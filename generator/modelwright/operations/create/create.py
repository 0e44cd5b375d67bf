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
from modelwright.errors import SurroundingsError
from modelwright.operations.create.connection import connected, published
from modelwright.operations.create.creation import (
    Creation,
    gives,
    half_made,
    prepare_apply,
    reconciled,
    take_back,
)
from modelwright.operations.create.preflight import deployment_faults, refuse
from modelwright.operations.create.project import prepared
from modelwright.operations.create.request import Outcome, Wish, planned_unseen
from modelwright.operations.create.undo import undo
from modelwright.provisioning import journal
from modelwright.provisioning.actual_state import Actual
from modelwright.provisioning.organisation_state import Found
from modelwright.provisioning.plan import plan
from modelwright.provisioning.plan_changes import Change
from modelwright.provisioning.preflight import (
    PreflightFault,
    faults,
    lost,
    plan_lacks,
    unknown_to_server,
)
from modelwright.provisioning.repository_claims import is_marked, name_faults, owner_faults
from modelwright.provisioning.secret_values import filled, missing_values
from modelwright.template.platform import Platform

__all__ = ["create"]

_FORBIDDEN: Final = 403


def create(
    platform: Platform,
    wish: Wish,
    *,
    environ: Mapping[str, str] = os.environ,
    tell: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Bring a project's repository to its desired state, or take it back.

    Args:
        platform: Policy and templates.
        wish: What is asked for.
        environ: The surroundings: tokens, the requester, values of secrets.
        tell: Is told what happens.

    Raises:
        RefusedError: The policy or a person's rights refuse it, or it is another's; nothing was
            made.
        SurroundingsError: GitHub, git or the disk failed; the error says how to go on.
    """
    platform = published(platform)
    project = prepared(platform, wish)
    desired = filled(project.desired, environ)
    lacking = deployment_faults(platform.policy, project, wish)
    kept = user_cache("creations") / desired.organisation / f"{desired.name}.jsonl"
    notes = JournalFile(wish.journal or kept)
    notes.lines()
    try:
        with connected(platform, wish.api, environ, desired.organisation) as (github, credential):
            return _done(
                Creation(
                    wish=wish,
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
        if not wish.plan:
            raise
        return planned_unseen(desired, lacking)


def _done(creation: Creation) -> Outcome:
    creation.tell("look at what is there")
    found, actual = creation.look()
    refuse(_against(creation, found, actual), creation.where)
    if actual.exists and not creation.wish.plan:
        creation.narrow()
    if creation.wish.undo:
        return _undone(creation, actual, found)
    run = actual.made_by or secrets.token_hex(8)
    changes = plan(creation.project.desired, actual, found, run)
    strangers = creation.adoption_faults(actual, found) if gives(changes, actual) else []
    if creation.wish.plan or not changes:
        state = "planned" if creation.wish.plan else "unchanged"
        return _outcome(creation, state, actual, run, changes, found, strangers)
    refuse(strangers, creation.where)
    # A run that mends what another made has an id of its own in the journal.
    mending = actual.exists and not actual.run
    return _applied(creation, found, actual, secrets.token_hex(8) if mending else run, changes)


def _against(creation: Creation, found: Found, actual: Actual) -> list[PreflightFault]:
    desired, wish = creation.project.desired, creation.wish
    against = faults(desired, found)
    owned = owner_faults(desired, actual, transfer_from=wish.transfer_from)
    if wish.undo:
        # A team that is gone keeps nobody from clearing away what is half-made; but where it
        # could not be read who is in it, nothing is.
        unknown = found.denied or (not actual.run and desired.team not in found.teams)
        return [*(one for one in against if one.refused or unknown), *owned]
    if not wish.plan:
        named = name_faults(desired, actual, resume=wish.resume, transfer_from=wish.transfer_from)
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


def _undone(creation: Creation, actual: Actual, found: Found) -> Outcome:
    desired = creation.project.desired
    changes = undo(
        creation.github, desired, actual, found, creation.notes, others=creation.wish.others
    )
    state = "undone" if changes else "unchanged"
    return _outcome(creation, state, actual, actual.made_by, changes, Found())


def _applied(
    creation: Creation, found: Found, actual: Actual, run: str, changes: list[Change]
) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="modelwright-") as aside:
        apply = prepare_apply(creation, found, actual, run, Path(aside))
        answers, version = creation.project.answers, creation.platform.version
        creation.notes.add(journal.opening(run, creation.where, answers, version))
        try:
            now = reconciled(creation, found, apply, changes, actual)
        except SurroundingsError as error:
            if not actual.exists and isinstance(error, GitHubError) and error.status == _FORBIDDEN:
                take_back(creation, apply, found, error)
            raise half_made(creation, apply, error) from error
        state = "mended" if actual.exists and not actual.run else "made"
        # What is sent together ends in any order.
        done = sorted(apply.done, key=lambda change: (change.phase, change.line, change.reason))
        return _outcome(creation, state, now, run, done, found)


def _outcome(  # noqa: PLR0913, PLR0917 -- what a report tells
    creation: Creation,
    state: str,
    actual: Actual,
    run: str,
    changes: list[Change],
    found: Found,
    strangers: Sequence[PreflightFault] = (),
) -> Outcome:
    desired = creation.project.desired
    notes = [
        f"{plan_lacks(found)} {what} for private repositories: left out"
        for what in lost(desired, found)
    ]
    if desired.actions.get("sha_pinning_required") and _ignores_pinning(actual, found):
        notes.append("this server does not know sha_pinning_required: actions may be named by tag")
    wish = creation.wish
    named = name_faults(desired, actual, resume=True, transfer_from=wish.transfer_from)
    against = [*named, *strangers, *creation.lacking] if wish.plan else []
    return Outcome(
        state=state,
        repository=creation.where,
        url=actual.repository.get("html_url", ""),
        run=run,
        changes=list(changes),
        calls=creation.github.sent,
        notes=notes,
        against=[f"{one.problem}; {one.next_step}" for one in against],
    )


def _ignores_pinning(actual: Actual, found: Found) -> bool:
    told = actual.actions
    return unknown_to_server(found) or (bool(told) and "sha_pinning_required" not in told)
