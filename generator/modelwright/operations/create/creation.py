"""One run of `create`: it reads the actual state, plans, applies and verifies, or rolls back."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final

from modelwright.adapters.disk.folders import user_cache
from modelwright.adapters.github.address import refuse_other_host
from modelwright.adapters.github.client import ExpiredError, GitHub, GitHubError, UncertainError
from modelwright.adapters.github.credentials import Credential, is_app
from modelwright.adapters.github.journal import JournalFile
from modelwright.adapters.github.organisation import read_organisation
from modelwright.adapters.github.push import push
from modelwright.adapters.github.repository import read_answers, read_repository
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.operations.create.apply import Applier
from modelwright.operations.create.connection import connect
from modelwright.operations.create.preflight import read_unplanned_access, refuse_creation
from modelwright.operations.create.project import PreparedProject, write_project
from modelwright.operations.create.request import CreateRequest
from modelwright.operations.create.undo import Rollback
from modelwright.provisioning.actual_state import ActualState
from modelwright.provisioning.desired_state import DEFAULT_BRANCH
from modelwright.provisioning.journal import first_line
from modelwright.provisioning.organisation_state import OrganisationState
from modelwright.provisioning.plan import plan
from modelwright.provisioning.plan_changes import Change, Phase
from modelwright.provisioning.preflight import (
    PreflightFault,
    ignores_pinning,
    plan_limit,
    preflight_faults,
    unsupported_by_plan,
)
from modelwright.provisioning.repository_claims import is_marked, name_faults, owner_faults
from modelwright.provisioning.secret_values import missing_values
from modelwright.provisioning.unplanned_access import access_faults
from modelwright.template.platform import Platform

__all__ = ["Creation", "open_creation"]

MAX_ROUNDS: Final = 3
# The answers that say which project it is.
_IDENTIFYING_ANSWERS: Final = ("archetype", "brand", "team", "use_case")
_ACTORS: Final = ("GITHUB_ACTOR", "GITHUB_TRIGGERING_ACTOR")


@dataclass(kw_only=True)
class Creation:
    """One run: the request, its desired state, and the connection that it reads and sends by.

    Attributes:
        project: The rendered project with its desired state.
        organisation: What the organisation has, after `read_state`.
        actual: The repository as it is, after `read_state` and again after `apply`.
        run: The id of this run, or of the run that it goes on with; empty where there is none yet.
    """

    request: CreateRequest
    platform: Platform
    project: PreparedProject
    github: GitHub
    credential: Credential
    environ: Mapping[str, str]
    journal: JournalFile
    tell: Callable[[str], None]
    organisation: OrganisationState = field(default_factory=OrganisationState)
    actual: ActualState = field(default_factory=ActualState)
    run: str = ""

    @property
    def where(self) -> str:
        """Owner and name of the repository."""
        return self.project.desired.full_name

    @property
    def is_repair(self) -> bool:
        """Whether a complete repository is brought back to its desired state."""
        return self.actual.exists and not self.actual.run

    def read_state(self) -> None:
        """Read the organisation and the repository at the same time."""
        self.tell("look at what is there")
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(self._read_with_record)
            self.organisation = self._read_organisation()
            self.actual = reading.result()
        self.run = self.actual.made_by

    def _read_with_record(self) -> ActualState:
        actual = read_repository(self.github, self.project.desired)
        if not actual.repository.get("id"):
            return actual
        desired = self.project.desired
        record = read_answers(self.github, desired)
        same = record is not None and all(
            record.get(name) == self.project.answers[name] for name in _IDENTIFYING_ANSWERS
        )
        marked = desired.ownership.mark(actual.properties).complete
        return replace(actual, record=record, from_starter=same and not marked)

    def _read_organisation(self) -> OrganisationState:
        actors = [self.environ[name] for name in _ACTORS if self.environ.get(name)]
        app = is_app(self.credential.token)
        organisation = read_organisation(self.github, self.project.desired, actors=actors, app=app)
        return replace(organisation, permissions=self.credential.permissions)

    def faults(self) -> list[PreflightFault]:
        """Return what stands against this run, in the organisation and in the repository."""
        desired, actual, request = self.project.desired, self.actual, self.request
        faults = preflight_faults(desired, self.organisation)
        owner = owner_faults(desired, actual, transfer_from=request.transfer_from)
        if request.undo:
            # A team that is gone keeps nobody from clearing away what is half-made; but where it
            # could not be read who is in it, nothing is.
            unknown = self.organisation.denied or (
                not actual.run and desired.team not in self.organisation.teams
            )
            return [*(one for one in faults if one.refused or unknown), *owner]
        if not request.plan:
            faults += self.name_faults(resume=request.resume)
        elif not is_marked(desired, actual):
            # What another team's repository is like is not this team's to read.
            faults += [one for one in owner if desired.ownership.mark(actual.properties).complete]
        else:
            faults += owner
        return faults + [
            PreflightFault(
                f"the value of {name} is not known",
                f"set the environment variable {name}",
            )
            for name in missing_values(desired, actual, self.environ)
        ]

    def name_faults(self, *, resume: bool = True) -> list[PreflightFault]:
        """Return why the repository's name is not free for this project."""
        transfer_from = self.request.transfer_from
        return name_faults(
            self.project.desired, self.actual, resume=resume, transfer_from=transfer_from
        )

    def access_faults(self, changes: list[Change]) -> list[PreflightFault]:
        """Return why a repository that this run did not make gets no secret by these changes."""
        if not _needs_access_check(changes, self.actual):
            return []
        return self._access_faults(self.actual)

    def _access_faults(self, actual: ActualState) -> list[PreflightFault]:
        access = read_unplanned_access(
            self.github, self.credential.token, self.platform, self.project.desired, actual
        )
        return access_faults(self.project.desired, actual, self.organisation, access)

    def narrow_token(self) -> None:
        """Where the repository exists and may be changed, use a token for it alone."""
        if self.actual.exists and not self.request.plan:
            self._narrow_token()

    def _narrow_token(self) -> None:
        self.credential.narrow(self.project.desired.name)
        self.github.use(self.credential.token)

    def plan(self) -> list[Change]:
        """Return the changes between the actual and the desired state; empty where none is."""
        self.run = self.run or secrets.token_hex(8)
        return plan(self.project.desired, self.actual, self.organisation, self.run)

    def limits(self) -> list[str]:
        """Return what the organisation's plan or server does not support and was left out."""
        desired, actions = self.project.desired, self.actual.actions
        notes = [
            f"{plan_limit(self.organisation)} {what} for private repositories: left out"
            for what in unsupported_by_plan(desired, self.organisation)
        ]
        unknown = bool(actions) and "sha_pinning_required" not in actions
        if desired.actions.get("sha_pinning_required") and (
            unknown or ignores_pinning(self.organisation)
        ):
            notes.append(
                "this server does not know sha_pinning_required: actions may be named by tag"
            )
        return notes

    def undo(self) -> list[Change]:
        """Take the last run back and return the calls that did it."""
        return self._rollback().undo(
            self.actual, delete_others_commits=self.request.delete_others_commits
        )

    def _rollback(self) -> Rollback:
        return Rollback(self.github, self.project.desired, self.organisation, self.journal)

    def apply(self, changes: list[Change]) -> list[Change]:
        """Apply a plan, read back what came of it, and return the changes that took effect.

        Raises:
            RefusedError: The repository is another's, or leads to somebody else.
            ExternalSystemError: A call failed; what to do is in the error. What this run made is
                rolled back where its token lacks a right.
        """
        if self.is_repair:
            # A run that repairs what another made has an id of its own in the journal.
            self.run = secrets.token_hex(8)
        with tempfile.TemporaryDirectory(prefix="modelwright-") as folder:
            applier = self._prepare(Path(folder))
            answers, version = self.project.answers, self.platform.version
            self.journal.add(first_line(self.run, self.where, answers, version))
            try:
                self.actual = self._apply_until_equal(applier, changes)
            except ExternalSystemError as error:
                if not self.actual.exists and isinstance(error, GitHubError):
                    self._roll_back(applier, error)
                raise self._half_created(applier, error) from error
        # What is sent together ends in any order.
        return sorted(applier.done, key=lambda change: (change.phase, change.line, change.reason))

    def _prepare(self, temporary: Path) -> Applier:
        """Write the project where its code is missing, and return what sends the changes."""
        folder = (self.request.into or temporary) / self.project.desired.name
        author = next(iter(self.organisation.requesters), "modelwright")
        if DEFAULT_BRANCH not in self.actual.branches:
            self.tell("write the project")
            write_project(
                self.project, folder, run_id=self.run, author=author, lock=self.request.lock
            )

        def push_project(url: str) -> None:
            refuse_other_host(url, self.github.address)
            push(folder, url, self.credential.token, DEFAULT_BRANCH, pause=self.github.pause)

        return Applier(
            github=self.github,
            journal=self.journal,
            run=self.run,
            values=self.environ,
            push=push_project,
            path=self.project.desired.path,
            on_created=self._narrow_token,
            tell=self.tell,
            repository=self.actual.repository,
        )

    def _apply_until_equal(self, applier: Applier, changes: list[Change]) -> ActualState:
        """Apply and read back until nothing differs; secrets come last, when all else stands."""
        for number in range(1, MAX_ROUNDS + 1):
            fault: UncertainError | None = None
            try:
                applier.apply([change for change in changes if change.phase < Phase.GRANTS])
                last = [change for change in changes if change.phase >= Phase.GRANTS]
                if _needs_access_check(last, self.actual):
                    now = self._read_again(applier)
                    now = replace(now, record=read_answers(self.github, self.project.desired))
                    refuse_creation(self._access_faults(now), self.where)
                applier.apply(last)
            except UncertainError as error:
                fault = error
            self.tell("read it back")
            now = self._read_again(applier)
            changes = plan(self.project.desired, now, self.organisation, self.run)
            if not changes:
                return now
            if number == MAX_ROUNDS and fault is not None:
                raise fault
        raise ExternalSystemError(
            f"after {MAX_ROUNDS} rounds GitHub still says otherwise: "
            + "; ".join(f"{change.line} ({change.reason})" for change in changes),
            where=self.where,
            next_step="run the command again with --plan to see what differs",
        )

    def _read_again(self, applier: Applier) -> ActualState:
        """Read the repository, which must be the one that this run found or made.

        Raises:
            RefusedError: Another run made a repository of the name in the same moment.
        """
        actual = read_repository(self.github, self.project.desired)
        expected = applier.repository.get("id")
        # Without an answer to the call that makes it, only the mark of this very run proves it.
        ours = actual.repository.get("id") == expected if expected else actual.run == self.run
        if actual.exists and not ours:
            raise RefusedError(
                "the name exists: another run made a repository of it in the same moment",
                where=self.where,
                next_step="run the command again to see whose it is",
            )
        if actual.exists and not expected:
            applier.repository = actual.repository
            self._narrow_token()
        applier.repository = actual.repository or applier.repository
        return replace(actual, from_starter=self.actual.from_starter, record=self.actual.record)

    def _roll_back(self, applier: Applier, error: GitHubError) -> None:
        """Remove what this very run has made, where the token lacks a right to go on.

        Raises:
            ExternalSystemError: It was removed, and the error says what is lacking.
        """
        if error.status != HTTPStatus.FORBIDDEN or not applier.repository:
            return
        try:
            self._rollback().remove_created(applier.repository, self.run)
        except (RefusedError, ExternalSystemError):
            return
        raise ExternalSystemError(
            f"{error.problem}; what was made was taken back, nothing is left",
            where=error.where,
            next_step=error.next_step,
        ) from error

    def _half_created(self, applier: Applier, error: ExternalSystemError) -> ExternalSystemError:
        """Return an error with how to go on, where there is a repository to go on with."""
        if not applier.repository:
            return error
        first = "get a new token, then " if isinstance(error, ExpiredError) else ""
        return ExternalSystemError(
            f"{self.where} is half-done: {error.problem}",
            where=error.where,
            next_step=f"{first}run the command again with --resume, or with --undo; "
            f"the journal is {self.journal.path}",
        )


def _needs_access_check(changes: list[Change], actual: ActualState) -> bool:
    """Say whether a repository that was there before would get a secret, or be called complete."""
    grants = any(change.phase is Phase.GRANTS for change in changes)
    unfinished = actual.from_starter or bool(actual.run)
    return bool(actual.repository.get("id")) and (grants or unfinished)


@contextmanager
def open_creation(
    platform: Platform,
    request: CreateRequest,
    project: PreparedProject,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[Creation]:
    """Yield a run that is connected to GitHub; an app's tokens are revoked at the end.

    Raises:
        UsageError: The journal is another kind of file, or the address is none.
        NoTokenError: There is no token.
    """
    desired = project.desired
    default = user_cache("creations") / desired.organisation / f"{desired.name}.jsonl"
    journal = JournalFile(request.journal or default)
    # A file that is no journal is refused before GitHub hears of it.
    journal.lines()
    with connect(platform, request.api, environ, desired.organisation) as (github, credential):
        yield Creation(
            request=request,
            platform=platform,
            project=project,
            github=github,
            credential=credential,
            environ=environ,
            journal=journal,
            tell=tell,
        )
