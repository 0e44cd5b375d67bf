"""One run of a creation: what it reads, and how it sends until GitHub says what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from modelwright.adapters.github.address import refuse_other_host
from modelwright.adapters.github.client import ExpiredError, GitHub, GitHubError, UncertainError
from modelwright.adapters.github.credentials import Credential, is_app
from modelwright.adapters.github.journal import JournalFile
from modelwright.adapters.github.organisation import read_organisation
from modelwright.adapters.github.push import push
from modelwright.adapters.github.repository import read_answers, read_repository
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.operations.create.apply import Applier
from modelwright.operations.create.preflight import adoption_faults, refuse_creation
from modelwright.operations.create.project import PreparedProject, write_project
from modelwright.operations.create.request import CreateRequest
from modelwright.operations.create.undo import remove_created_repository
from modelwright.provisioning.actual_state import ActualState
from modelwright.provisioning.desired_state import DEFAULT_BRANCH
from modelwright.provisioning.organisation_state import OrganisationState
from modelwright.provisioning.plan import plan
from modelwright.provisioning.plan_changes import Change, Phase
from modelwright.provisioning.preflight import PreflightFault
from modelwright.template.platform import Platform

__all__ = ["Creation", "gives", "half_created", "prepare_apply", "reconcile", "take_back"]

MAX_ROUNDS: Final = 3
# The answers that say which project it is.
_IDENTIFYING_ANSWERS: Final = ("archetype", "brand", "team", "use_case")
_ACTORS: Final = ("GITHUB_ACTOR", "GITHUB_TRIGGERING_ACTOR")


@dataclass(kw_only=True)
class Creation:
    """One run: what is wanted, what was read, and how it is sent."""

    request: CreateRequest
    platform: Platform
    project: PreparedProject
    github: GitHub
    credential: Credential
    environ: Mapping[str, str]
    notes: JournalFile
    tell: Callable[[str], None]
    lacking: Sequence[PreflightFault] = ()

    @property
    def where(self) -> str:
        """Owner and name of the repository."""
        return f"{self.project.desired.organisation}/{self.project.desired.name}"

    def read(self) -> ActualState:
        """Return the repository as it is."""
        return read_repository(self.github, self.project.desired)

    def look(self) -> tuple[OrganisationState, ActualState]:
        """Read the organisation and the repository at the same time."""
        with ThreadPoolExecutor(1) as aside:
            reading = aside.submit(self._with_record)
            organisation, actual = self.organisation(), reading.result()
        return organisation, actual

    def _with_record(self) -> ActualState:
        actual = self.read()
        if not actual.repository.get("id"):
            return actual
        desired = self.project.desired
        record = read_answers(self.github, desired)
        same = record is not None and all(
            record.get(one) == self.project.answers[one] for one in _IDENTIFYING_ANSWERS
        )
        marked = desired.ownership.mark(actual.properties).complete
        return replace(actual, record=record, from_starter=same and not marked)

    def organisation(self) -> OrganisationState:
        """Return what the organisation has, who asks, and what the token may do."""
        actors = [self.environ[name] for name in _ACTORS if self.environ.get(name)]
        app = is_app(self.credential.token)
        organisation = read_organisation(self.github, self.project.desired, actors=actors, app=app)
        return replace(organisation, permissions=self.credential.permissions)

    def narrow(self) -> None:
        """Go on with a token that reaches this repository alone."""
        self.credential.narrow(self.project.desired.name)
        self.github.use(self.credential.token)

    def adoption_faults(
        self, actual: ActualState, organisation: OrganisationState
    ) -> list[PreflightFault]:
        """Return why a repository that this run did not make gets no secret."""
        return adoption_faults(
            self.github,
            self.credential.token,
            self.platform,
            self.project.desired,
            actual,
            organisation,
        )


def gives(changes: list[Change], actual: ActualState) -> bool:
    """Say whether a repository that was there before would get a secret, or be called complete."""
    grants = any(change.phase is Phase.GRANTS for change in changes)
    return bool(actual.repository.get("id")) and (grants or actual.from_starter or bool(actual.run))


def take_back(
    creation: Creation, apply: Applier, organisation: OrganisationState, error: GitHubError
) -> None:
    """Take back what this very run has made, where the token lacks a right to go on.

    Raises:
        ExternalSystemError: It was taken back, and the error says what is lacking.
    """
    if not apply.repository or isinstance(error, ExpiredError):
        return
    try:
        remove_created_repository(
            creation.github,
            creation.project.desired,
            organisation,
            apply.repository,
            apply.run,
            creation.notes,
        )
    except (RefusedError, ExternalSystemError):
        return
    raise ExternalSystemError(
        f"{error.problem}; what was made was taken back, nothing is left",
        where=error.where,
        next_step=error.next_step,
    ) from error


def prepare_apply(
    creation: Creation, organisation: OrganisationState, actual: ActualState, run: str, aside: Path
) -> Applier:
    """Write the project where its code is missing, and return the way to send changes."""
    into = creation.request.into
    folder = (into or aside) / creation.project.desired.name
    author = next(iter(organisation.requesters), "modelwright")
    if DEFAULT_BRANCH not in actual.branches:
        creation.tell("write the project")
        write_project(
            creation.project, folder, run_id=run, author=author, lock=creation.request.lock
        )

    def push_there(url: str) -> None:
        refuse_other_host(url, creation.github.address)
        token = creation.credential.token
        push(folder, url, token, DEFAULT_BRANCH, pause=creation.github.pause)

    return Applier(
        github=creation.github,
        notes=creation.notes,
        run=run,
        values=creation.environ,
        push=push_there,
        path=creation.project.desired.path,
        made=lambda _: creation.narrow(),
        tell=creation.tell,
        repository=actual.repository,
    )


def reconcile(
    creation: Creation,
    organisation: OrganisationState,
    apply: Applier,
    changes: list[Change],
    before: ActualState,
) -> ActualState:
    """Apply and read back until nothing differs; secrets come last, when all else stands."""
    desired, actual = creation.project.desired, before
    for number in range(1, MAX_ROUNDS + 1):
        fault: UncertainError | None = None
        try:
            apply.all([change for change in changes if change.phase < Phase.GRANTS])
            last = [change for change in changes if change.phase >= Phase.GRANTS]
            if gives(last, before):
                now = _read_again(creation, apply, before)
                now = replace(now, record=read_answers(creation.github, desired))
                refuse_creation(creation.adoption_faults(now, organisation), creation.where)
            apply.all(last)
        except UncertainError as error:
            fault = error
        creation.tell("read it back")
        actual = _read_again(creation, apply, before)
        changes = plan(desired, actual, organisation, apply.run)
        if not changes:
            return actual
        if number == MAX_ROUNDS and fault is not None:
            raise fault
    raise ExternalSystemError(
        f"after {MAX_ROUNDS} rounds GitHub still says otherwise: "
        + "; ".join(f"{change.line} ({change.reason})" for change in changes),
        where=creation.where,
        next_step="run the command again with --plan to see what differs",
    )


def _read_again(creation: Creation, apply: Applier, before: ActualState) -> ActualState:
    """Read the repository, which must be the one that this run organisation or made.

    Raises:
        RefusedError: Another run made a repository of the name in the same moment.
    """
    actual = creation.read()
    expected = apply.repository.get("id")
    # Without an answer to the call that makes it, only the mark of this very run proves it.
    ours = actual.repository.get("id") == expected if expected else actual.run == apply.run
    if actual.exists and not ours:
        raise RefusedError(
            "the name exists: another run made a repository of it in the same moment",
            where=creation.where,
            next_step="run the command again to see whose it is",
        )
    if actual.exists and not expected:
        apply.repository = actual.repository
        creation.narrow()
    apply.repository = actual.repository or apply.repository
    return replace(actual, from_starter=before.from_starter, record=before.record)


def half_created(
    creation: Creation, apply: Applier, error: ExternalSystemError
) -> ExternalSystemError:
    """Return an error with how to go on, where there is a repository to go on with."""
    if not apply.repository:
        return error
    first = "get a new token, then " if isinstance(error, ExpiredError) else ""
    return ExternalSystemError(
        f"{creation.where} is half-done: {error.problem}",
        where=error.where,
        next_step=f"{first}run the command again with --resume, or with --undo; "
        f"the journal is {creation.notes.path}",
    )
