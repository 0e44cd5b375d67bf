"""Create a project's repository on GitHub, completely or not at all.

The request gives the desired state; desired minus actual state gives a plan; the plan is applied,
read back and verified, or rolled back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from modelwright.adapters.github.credentials import NoTokenError
from modelwright.operations.create.connection import published_platform
from modelwright.operations.create.creation import Creation, open_creation
from modelwright.operations.create.preflight import deployment_faults, refuse_creation
from modelwright.operations.create.project import prepare_project
from modelwright.operations.create.request import CreateOutcome, CreateRequest, plan_without_token
from modelwright.provisioning.plan_changes import Change
from modelwright.provisioning.preflight import PreflightFault
from modelwright.provisioning.secret_values import fill_values
from modelwright.template.platform import Platform

__all__ = ["create"]


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
        request: The options of the command.
        environ: Environment variables: tokens, the requester, values of secrets.
        tell: Receives each step as a line of text.

    Raises:
        RefusedError: The policy or a person's rights refuse it, or the repository is another's;
            nothing was made.
        ExternalSystemError: GitHub, git or the disk failed; the error says how to go on.
    """
    platform = published_platform(platform)
    project = prepare_project(platform, request)
    project = replace(project, desired=fill_values(project.desired, environ))
    faults = deployment_faults(platform.policy, project, request)
    try:
        with open_creation(platform, request, project, environ, tell) as creation:
            return _reconcile(creation, faults)
    except NoTokenError:
        if not request.plan:
            raise
        return plan_without_token(project.desired, faults)


def _reconcile(creation: Creation, deployment: Sequence[PreflightFault]) -> CreateOutcome:
    """Read the actual state, plan and apply; faults of the first deployment go into a plan."""
    creation.read_state()
    refuse_creation(creation.faults(), creation.where)
    creation.narrow_token()
    if creation.request.undo:
        changes = creation.undo()
        return _outcome(creation, "undone" if changes else "unchanged", changes)
    changes = creation.plan()
    access = creation.access_faults(changes)
    if creation.request.plan or not changes:
        state = "planned" if creation.request.plan else "unchanged"
        return _outcome(creation, state, changes, [*access, *deployment])
    refuse_creation(access, creation.where)
    state = "mended" if creation.is_repair else "made"
    return _outcome(creation, state, creation.apply(changes))


def _outcome(
    creation: Creation,
    state: str,
    changes: list[Change],
    faults: Sequence[PreflightFault] = (),
) -> CreateOutcome:
    against = [*creation.name_faults(), *faults] if creation.request.plan else []
    return CreateOutcome(
        state=state,
        repository=creation.where,
        url=creation.actual.repository.get("html_url", ""),
        run=creation.run,
        changes=changes,
        calls=creation.github.calls,
        notes=[] if creation.request.undo else creation.limits(),
        against=[fault.text for fault in against],
    )
