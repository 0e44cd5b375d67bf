"""An update's outcome as a person reads it."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from modelwright.operations.update_undo import Undone
from modelwright.update.outcome import Outcome

_SHOWN: Final = 12


def lines(outcome: Outcome, *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines that tell what an update did, or would do.

    Args:
        outcome: The outcome.
        verbose: Name every file, however many.
    """
    if outcome.status == "current":
        yield f"{outcome.new} is the newest of {outcome.origin}; there is nothing to do"
        yield from _warnings(outcome)
        return
    would = "would bring" if outcome.status == "planned" else "brought"
    yield f"{would} {outcome.project} from {outcome.old} to {outcome.new} ({outcome.origin})"
    for change in outcome.answers:
        yield f"  answer {change.question}: {_shown(change.before)} -> {_shown(change.after)}"
    if outcome.pins:
        yield f"  called workflows: {' -> '.join(outcome.pins)}"
    yield from _files(outcome, len(_all(outcome)) if verbose else _SHOWN)
    yield from _warnings(outcome)
    if outcome.changelog:
        yield "  what the template says:"
        yield from (f"    {line}" for line in outcome.changelog)
    yield from _conflicts(outcome)
    if outcome.stale_lock:
        yield f"uv.lock does not match any more and could not be renewed: {outcome.stale_lock}"
        yield "  next: uv lock && git add uv.lock"
    yield from _next(outcome)


def _files(outcome: Outcome, shown: int) -> Iterator[str]:
    told = _all(outcome)
    yield from (f"  {line}" for line in told[:shown])
    if len(told) > shown:
        yield f"  ... and {len(told) - shown} more; --verbose names them"


def _all(outcome: Outcome) -> list[str]:
    files = outcome.files
    return [
        *(f"added    {path}" for path in files.added),
        *(f"changed  {path}" for path in files.changed),
        *(f"removed  {path}" for path in files.removed),
        *(f"renamed  {old} -> {new}" for old, new in files.renamed.items()),
        *(f"left out {path}, which you deleted or moved" for path in files.deleted),
        *(
            f"left out {path}, which would count in place of your {other}: "
            "take over what the template has"
            for path, other in files.standing.items()
        ),
    ]


def _warnings(outcome: Outcome) -> Iterator[str]:
    yield from (f"  warning {warning}" for warning in outcome.warnings)


def _conflicts(outcome: Outcome) -> Iterator[str]:
    if outcome.conflicts:
        count = len(outcome.conflicts)
        yield f"{count} conflict{'s' * (count > 1)}:"
    for conflict in outcome.conflicts:
        yield f"  {conflict.path}: {conflict.problem}"
        yield f"    next: {conflict.advice}"


def _next(outcome: Outcome) -> Iterator[str]:
    if outcome.status == "planned":
        yield "nothing was changed; without --dry-run it is done"
    else:
        yield "  look: git diff --staged; keep: git commit; take it all back: " + undo_command(
            outcome
        )


def _shown(value: object) -> str:
    return "(none)" if value is None else repr(value)


def undone_lines(undone: Undone) -> Iterator[str]:
    """Yield the lines that tell what was taken back."""
    yield f"took back the update of {undone.project} from {undone.old} to {undone.new}"
    yield f"  {len(undone.files)} files are as they were"
    for path in undone.left:
        yield f"  {path}: you changed it since, so it was left alone"
    if undone.left:
        yield "  next: git diff HEAD shows what is left; git restore takes back what you name"


def undo_command(outcome: Outcome) -> str:
    """Return the command that takes an update back, as it can be pasted in any folder."""
    if not outcome.undo.startswith("modelwright "):
        return outcome.undo
    return outcome.undo.replace("modelwright", _own_command(), 1)


def _own_command() -> str:
    """Return how this very program is started, where its name alone does not start it."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m modelwright"
    found = shutil.which("modelwright")
    if program.stem != "modelwright" or (found and Path(found).samefile(program)):
        return "modelwright"
    return shlex.quote(str(program.absolute()))
