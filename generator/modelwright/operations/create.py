"""Create a project's repository on GitHub: whole, or not at all."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from modelwright.adapters.cache import cache
from modelwright.adapters.github.address import refuse_stranger
from modelwright.adapters.github.client import GitHub
from modelwright.adapters.github.faults import ExpiredError, UncertainError
from modelwright.adapters.github.journal_file import JournalFile
from modelwright.adapters.github.organisation import read_organisation
from modelwright.adapters.github.pushing import push
from modelwright.adapters.github.repository import read_answers, read_repository
from modelwright.adapters.github.tokens import is_app
from modelwright.catalog.platform import Platform
from modelwright.errors import SurroundingsError
from modelwright.operations.creating.apply import Apply
from modelwright.operations.creating.connecting import address_of, connected, published
from modelwright.operations.creating.project import Prepared, prepared, written
from modelwright.operations.creating.refusing import refuse
from modelwright.operations.creating.undo import undo
from modelwright.operations.creating.wish import Outcome, Wish
from modelwright.provisioning import journal
from modelwright.provisioning.actual import Actual
from modelwright.provisioning.change import Change, Phase
from modelwright.provisioning.desired import BRANCH
from modelwright.provisioning.faults import PreflightFault, faults, name_faults
from modelwright.provisioning.found import Found
from modelwright.provisioning.plan import plan
from modelwright.provisioning.plan_limits import lost
from modelwright.provisioning.values import filled, missing_values

__all__ = ["create"]

ROUNDS: Final = 3
# The answers that say which project it is.
_WHICH: Final = ("archetype", "brand", "team", "use_case")
_ACTORS: Final = ("GITHUB_ACTOR", "GITHUB_TRIGGERING_ACTOR")


@dataclass(kw_only=True)
class _Creation:
    """One run: what is wanted, what was read, and how it is sent."""

    wish: Wish
    project: Prepared
    github: GitHub
    token: str
    environ: Mapping[str, str]
    notes: JournalFile
    version: str
    tell: Callable[[str], None]

    @property
    def where(self) -> str:
        return f"{self.project.desired.organisation}/{self.project.desired.name}"

    def read(self) -> Actual:
        return read_repository(self.github, self.project.desired)

    def look(self) -> tuple[Found, Actual]:
        """Read the organisation and the repository at the same time."""
        with ThreadPoolExecutor(1) as aside:
            reading = aside.submit(self.read)
            found, actual = self.organisation(), reading.result()
        return found, replace(actual, begun=self._began(actual))

    def _began(self, actual: Actual) -> bool:
        if not actual.repository.get("id") or actual.made_by:
            return False
        there = read_answers(self.github, self.project.desired)
        return all(there.get(one) == self.project.answers[one] for one in _WHICH)

    def organisation(self) -> Found:
        actors = [self.environ[name] for name in _ACTORS if self.environ.get(name)]
        app = is_app(self.token)
        return read_organisation(self.github, self.project.desired, actors=actors, app=app)


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
        RefusedError: The policy or a person's rights refuse it; nothing was made.
        SurroundingsError: GitHub, git or the disk failed; the error says how to go on.
    """
    address = address_of(platform, wish.api, environ)
    project = prepared(published(platform), wish)
    desired = filled(project.desired, environ)
    notes = wish.journal or cache("creations") / desired.organisation / f"{desired.name}.jsonl"
    with connected(address, environ, desired.organisation) as (github, token):
        return _done(
            _Creation(
                wish=wish,
                project=replace(project, desired=desired),
                github=github,
                token=token,
                environ=environ,
                notes=JournalFile(notes),
                version=platform.version,
                tell=tell,
            )
        )


def _done(creation: _Creation) -> Outcome:
    creation.tell("look at what is there")
    found, actual = creation.look()
    refuse(_against(creation, found, actual), creation.where)
    if creation.wish.undo:
        return _undone(creation, actual, found)
    run = actual.made_by or secrets.token_hex(8)
    changes = plan(creation.project.desired, actual, found, run)
    if creation.wish.plan or not changes:
        state = "planned" if creation.wish.plan else "unchanged"
        return _outcome(creation, state, actual, run, changes, found)
    # A run that mends what another made has an id of its own in the journal.
    mending = actual.exists and not actual.run
    return _applied(creation, found, actual, secrets.token_hex(8) if mending else run, changes)


def _against(creation: _Creation, found: Found, actual: Actual) -> list[PreflightFault]:
    desired, wish = creation.project.desired, creation.wish
    against = faults(desired, found)
    if wish.undo:
        # A team that is gone keeps nobody from clearing away what is half-made; but where it
        # could not be read who is in it, nothing is.
        unknown = found.denied or (not actual.run and desired.team not in found.teams)
        return [one for one in against if one.refused or unknown]
    if not wish.plan:
        against += name_faults(desired, actual, resume=wish.resume)
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
        answers, version = creation.project.answers, creation.version
        creation.notes.add(journal.opening(run, creation.where, answers, version))
        try:
            now = _reconciled(creation, found, apply, changes, actual)
        except SurroundingsError as error:
            raise _half_made(creation, apply, error) from error
        state = "mended" if actual.exists and not actual.run else "made"
        # What is sent together ends in any order.
        done = sorted(apply.done, key=lambda change: (change.phase, change.line, change.reason))
        return _outcome(creation, state, now, run, done, found)


def _apply(creation: _Creation, found: Found, actual: Actual, run: str, aside: Path) -> Apply:
    into = creation.wish.into
    folder = (into or aside) / creation.project.desired.name
    author = next(iter(found.requesters), "modelwright")
    if BRANCH not in actual.branches:
        creation.tell("write the project")
        written(creation.project, folder, run_id=run, author=author, lock=creation.wish.lock)

    def push_there(url: str) -> None:
        refuse_stranger(url, creation.github.address)
        push(folder, url, creation.token, BRANCH, pause=creation.github.pause)

    return Apply(
        github=creation.github,
        notes=creation.notes,
        run=run,
        values=creation.environ,
        push=push_there,
        tell=creation.tell,
        repository=actual.repository,
    )


def _reconciled(
    creation: _Creation, found: Found, apply: Apply, changes: list[Change], actual: Actual
) -> Actual:
    """Apply and read back until nothing differs; only then nobody is left an administrator."""
    desired = creation.project.desired
    for number in range(1, ROUNDS + 1):
        staying = [change for change in changes if change.phase is not Phase.LEAVE]
        fault: UncertainError | None = None
        try:
            apply.all(staying)
        except UncertainError as error:
            fault = error
        creation.tell("read it back")
        actual = replace(creation.read(), begun=actual.begun)
        apply.repository = actual.repository or apply.repository
        changes = plan(desired, actual, found, apply.run)
        if all(change.phase is Phase.LEAVE for change in changes):
            apply.all(changes)
            return actual
        if number == ROUNDS and fault is not None:
            raise fault
    raise SurroundingsError(
        f"after {ROUNDS} rounds GitHub still says otherwise: "
        + "; ".join(f"{change.line} ({change.reason})" for change in changes),
        where=creation.where,
        next_step="run the command again with --plan to see what differs",
    )


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
) -> Outcome:
    desired = creation.project.desired
    notes = [
        f"the plan {found.plan!r} has no {what} for private repositories: left out"
        for what in lost(desired, found)
    ]
    against = name_faults(desired, actual, resume=True) if creation.wish.plan else []
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
