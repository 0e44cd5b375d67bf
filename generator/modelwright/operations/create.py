"""Create a project's repository on GitHub: whole, or not at all."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from modelwright.adapters.cache import cache
from modelwright.adapters.github.address import refuse_stranger
from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.faults import ExpiredError, GitHubError, UncertainError
from modelwright.adapters.github.journal_file import JournalFile
from modelwright.adapters.github.organisation import read_organisation
from modelwright.adapters.github.pushing import push
from modelwright.adapters.github.repository import read_answers, read_repository
from modelwright.adapters.github.tokens import Credential, NoTokenError, is_app
from modelwright.catalog.platform import Platform
from modelwright.errors import RefusedError, SurroundingsError
from modelwright.operations.creating.adopting import adoption_faults
from modelwright.operations.creating.apply import Apply
from modelwright.operations.creating.connecting import connected, published
from modelwright.operations.creating.deploying import deployment_faults
from modelwright.operations.creating.project import Prepared, prepared, written
from modelwright.operations.creating.refusing import refuse
from modelwright.operations.creating.undo import remove_own, undo
from modelwright.operations.creating.unseen import planned_unseen
from modelwright.operations.creating.wish import Outcome, Wish
from modelwright.provisioning import journal
from modelwright.provisioning.actual import Actual
from modelwright.provisioning.change import Change, Phase
from modelwright.provisioning.claims import is_marked, name_faults, owner_faults
from modelwright.provisioning.desired import BRANCH
from modelwright.provisioning.faults import PreflightFault, faults
from modelwright.provisioning.found import Found
from modelwright.provisioning.plan import plan
from modelwright.provisioning.plan_limits import lost, unknown_to_server
from modelwright.provisioning.values import filled, missing_values

__all__ = ["create"]

ROUNDS: Final = 3
# The answers that say which project it is.
_WHICH: Final = ("archetype", "brand", "team", "use_case")
_FORBIDDEN: Final = 403
_ACTORS: Final = ("GITHUB_ACTOR", "GITHUB_TRIGGERING_ACTOR")


@dataclass(kw_only=True)
class _Creation:
    """One run: what is wanted, what was read, and how it is sent."""

    wish: Wish
    platform: Platform
    project: Prepared
    github: GitHub
    credential: Credential
    environ: Mapping[str, str]
    notes: JournalFile
    tell: Callable[[str], None]
    lacking: Sequence[PreflightFault] = ()

    @property
    def where(self) -> str:
        return f"{self.project.desired.organisation}/{self.project.desired.name}"

    def read(self) -> Actual:
        return read_repository(self.github, self.project.desired)

    def look(self) -> tuple[Found, Actual]:
        """Read the organisation and the repository at the same time."""
        with ThreadPoolExecutor(1) as aside:
            reading = aside.submit(self._with_record)
            found, actual = self.organisation(), reading.result()
        return found, actual

    def _with_record(self) -> Actual:
        actual = self.read()
        if not actual.repository.get("id"):
            return actual
        desired = self.project.desired
        record = read_answers(self.github, desired)
        same = record is not None and all(
            record.get(one) == self.project.answers[one] for one in _WHICH
        )
        marked = desired.ownership.mark(actual.properties).complete
        return replace(actual, record=record, begun=same and not marked)

    def organisation(self) -> Found:
        actors = [self.environ[name] for name in _ACTORS if self.environ.get(name)]
        app = is_app(self.credential.token)
        found = read_organisation(self.github, self.project.desired, actors=actors, app=app)
        return replace(found, permissions=self.credential.permissions)

    def narrow(self) -> None:
        """Go on with a token that reaches this repository alone."""
        self.credential.narrow(self.project.desired.name)
        self.github.use(self.credential.token)

    def adoption_faults(self, actual: Actual, found: Found) -> list[PreflightFault]:
        return adoption_faults(
            self.github,
            self.credential.token,
            self.platform,
            self.project.desired,
            actual,
            found,
        )


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
    kept = cache("creations") / desired.organisation / f"{desired.name}.jsonl"
    notes = JournalFile(wish.journal or kept)
    notes.lines()
    try:
        with connected(platform, wish.api, environ, desired.organisation) as (github, credential):
            return _done(
                _Creation(
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


def _done(creation: _Creation) -> Outcome:
    creation.tell("look at what is there")
    found, actual = creation.look()
    refuse(_against(creation, found, actual), creation.where)
    if actual.exists and not creation.wish.plan:
        creation.narrow()
    if creation.wish.undo:
        return _undone(creation, actual, found)
    run = actual.made_by or secrets.token_hex(8)
    changes = plan(creation.project.desired, actual, found, run)
    strangers = creation.adoption_faults(actual, found) if _gives(changes, actual) else []
    if creation.wish.plan or not changes:
        state = "planned" if creation.wish.plan else "unchanged"
        return _outcome(creation, state, actual, run, changes, found, strangers)
    refuse(strangers, creation.where)
    # A run that mends what another made has an id of its own in the journal.
    mending = actual.exists and not actual.run
    return _applied(creation, found, actual, secrets.token_hex(8) if mending else run, changes)


def _gives(changes: list[Change], actual: Actual) -> bool:
    """Say whether a repository that was there before would get a secret, or be called complete."""
    grants = any(change.phase is Phase.GRANTS for change in changes)
    return bool(actual.repository.get("id")) and (grants or actual.begun or bool(actual.run))


def _against(creation: _Creation, found: Found, actual: Actual) -> list[PreflightFault]:
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


def _undone(creation: _Creation, actual: Actual, found: Found) -> Outcome:
    desired = creation.project.desired
    changes = undo(
        creation.github, desired, actual, found, creation.notes, others=creation.wish.others
    )
    state = "undone" if changes else "unchanged"
    return _outcome(creation, state, actual, actual.made_by, changes, Found())


def _applied(
    creation: _Creation, found: Found, actual: Actual, run: str, changes: list[Change]
) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="modelwright-") as aside:
        apply = _apply(creation, found, actual, run, Path(aside))
        answers, version = creation.project.answers, creation.platform.version
        creation.notes.add(journal.opening(run, creation.where, answers, version))
        try:
            now = _reconciled(creation, found, apply, changes, actual)
        except SurroundingsError as error:
            if not actual.exists and isinstance(error, GitHubError) and error.status == _FORBIDDEN:
                _taken_back(creation, apply, found, error)
            raise _half_made(creation, apply, error) from error
        state = "mended" if actual.exists and not actual.run else "made"
        # What is sent together ends in any order.
        done = sorted(apply.done, key=lambda change: (change.phase, change.line, change.reason))
        return _outcome(creation, state, now, run, done, found)


def _taken_back(creation: _Creation, apply: Apply, found: Found, error: GitHubError) -> None:
    """Take back what this very run has made, where the token lacks a right to go on.

    Raises:
        SurroundingsError: It was taken back, and the error says what is lacking.
    """
    if not apply.repository or isinstance(error, ExpiredError):
        return
    try:
        remove_own(
            creation.github,
            creation.project.desired,
            found,
            apply.repository,
            apply.run,
            creation.notes,
        )
    except (RefusedError, SurroundingsError):
        return
    raise SurroundingsError(
        f"{error.problem}; what was made was taken back, nothing is left",
        where=error.where,
        next_step=error.next_step,
    ) from error


def _apply(creation: _Creation, found: Found, actual: Actual, run: str, aside: Path) -> Apply:
    into = creation.wish.into
    folder = (into or aside) / creation.project.desired.name
    author = next(iter(found.requesters), "modelwright")
    if BRANCH not in actual.branches:
        creation.tell("write the project")
        written(creation.project, folder, run_id=run, author=author, lock=creation.wish.lock)

    def push_there(url: str) -> None:
        refuse_stranger(url, creation.github.address)
        token = creation.credential.token
        push(folder, url, token, BRANCH, pause=creation.github.pause)

    return Apply(
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


def _reconciled(
    creation: _Creation, found: Found, apply: Apply, changes: list[Change], before: Actual
) -> Actual:
    """Apply and read back until nothing differs; secrets come last, when all else stands."""
    desired, actual = creation.project.desired, before
    for number in range(1, ROUNDS + 1):
        fault: UncertainError | None = None
        try:
            apply.all([change for change in changes if change.phase < Phase.GRANTS])
            last = [change for change in changes if change.phase >= Phase.GRANTS]
            if _gives(last, before):
                now = _read_again(creation, apply, before)
                now = replace(now, record=read_answers(creation.github, desired))
                refuse(creation.adoption_faults(now, found), creation.where)
            apply.all(last)
        except UncertainError as error:
            fault = error
        creation.tell("read it back")
        actual = _read_again(creation, apply, before)
        changes = plan(desired, actual, found, apply.run)
        if not changes:
            return actual
        if number == ROUNDS and fault is not None:
            raise fault
    raise SurroundingsError(
        f"after {ROUNDS} rounds GitHub still says otherwise: "
        + "; ".join(f"{change.line} ({change.reason})" for change in changes),
        where=creation.where,
        next_step="run the command again with --plan to see what differs",
    )


def _read_again(creation: _Creation, apply: Apply, before: Actual) -> Actual:
    """Read the repository, which must be the one that this run found or made.

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
    return replace(actual, begun=before.begun, record=before.record)


def _half_made(creation: _Creation, apply: Apply, error: SurroundingsError) -> SurroundingsError:
    if not apply.repository:
        return error
    first = "get a new token, then " if isinstance(error, ExpiredError) else ""
    return SurroundingsError(
        f"{creation.where} is half-done: {error.problem}",
        where=error.where,
        next_step=f"{first}run the command again with --resume, or with --undo; "
        f"the journal is {creation.notes.path}",
    )


def _outcome(  # noqa: PLR0913, PLR0917 -- what a report tells
    creation: _Creation,
    state: str,
    actual: Actual,
    run: str,
    changes: list[Change],
    found: Found,
    strangers: Sequence[PreflightFault] = (),
) -> Outcome:
    desired = creation.project.desired
    notes = [
        f"the plan {found.plan!r} has no {what} for private repositories: left out"
        for what in lost(desired, found)
    ]
    if desired.actions.get("sha_pinning_required") and _ignores_pinning(actual, found):
        notes.append("this server does not know sha_pinning_required: actions may be named by tag")
    transfer_from = creation.wish.transfer_from
    against = (
        [
            *name_faults(desired, actual, resume=True, transfer_from=transfer_from),
            *strangers,
            *creation.lacking,
        ]
        if creation.wish.plan
        else []
    )
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
