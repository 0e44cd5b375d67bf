"""`modelwright update`, and how an update and its `--undo` are printed."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from modelwright.cli.prompt import terminal_prompt
from modelwright.cli.session import (
    AnswersFileOption,
    DataFileOption,
    DataOption,
    JsonOption,
    OfflineOption,
    PlatformOption,
    QuietOption,
    SourceOption,
    ToOption,
    TrustOption,
    VerboseOption,
    holds_platform,
)
from modelwright.cli.terminal import Terminal
from modelwright.errors import FindingsError
from modelwright.operations.update.undo import UndoOutcome
from modelwright.paths import ANSWERS_FILE
from modelwright.update.outcome import UpdateOutcome

if TYPE_CHECKING:
    from modelwright.operations.update.request import UpdateRequest

_FILES_SHOWN: Final = 12


def update(  # noqa: PLR0913, PLR0917 -- the contract's options
    path: Annotated[
        Path, typer.Argument(metavar="[PATH]", help="The project's folder.", show_default=False)
    ] = Path(),
    to: ToOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    data: DataOption = [],  # noqa: B006 -- the framework copies it
    data_file: DataFileOption = None,
    source: SourceOption = "",
    undo: Annotated[
        bool,
        typer.Option("--undo", help="Take the last update back, and nothing that you did since."),
    ] = False,
    rename: Annotated[
        bool, typer.Option("--rename", help="Accept that the project's own names change.")
    ] = False,
    trust: TrustOption = False,
    answers_file: AnswersFileOption = ANSWERS_FILE,
    offline: OfflineOption = False,
    platform: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Bring a project to the newest template, without losing a line of anybody's work."""
    # Here, because the template engine costs the commands that render nothing 80 ms.
    from modelwright.operations.new.answer_options import answers_from_options  # noqa: PLC0415
    from modelwright.operations.update.request import UpdateRequest  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)
    if undo:
        _undo(path, terminal)
        return
    request = UpdateRequest(
        to=to,
        given=answers_from_options(data, data_file),
        source=source,
        platform=platform,
        dry_run=dry_run,
        rename=rename,
        trust=trust,
        answers_file=answers_file,
        offline=offline,
        ask=terminal_prompt(),
    )
    outcome = _update(path, request)
    for note in outcome.notes:
        terminal.note(note)
    outcome = replace(outcome, undo=_undo_command(outcome))
    terminal.document(outcome.document())
    for line in lines(outcome, verbose=verbose):
        terminal.say(line)
    if outcome.exit_code:
        raise typer.Exit(outcome.exit_code)


def _update(path: Path, request: UpdateRequest) -> UpdateOutcome:
    """Update what a folder holds: an organisation's platform, or a project."""
    if holds_platform(path, request.answers_file):
        from modelwright.operations.platform.update import update_platform  # noqa: PLC0415

        return update_platform(path, request)
    from modelwright.operations.update.update import update as update_project  # noqa: PLC0415

    return update_project(path, request)


def _undo(path: Path, terminal: Terminal) -> None:
    from modelwright.operations.update.undo import undo  # noqa: PLC0415

    outcome = undo(path)
    terminal.document(outcome.document())
    for line in _undo_lines(outcome):
        terminal.say(line)
    if outcome.left:
        raise typer.Exit(FindingsError.exit_code)


def lines(outcome: UpdateOutcome, *, verbose: bool = False) -> Iterator[str]:
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
        yield f"  answer {change.question}: {_value(change.before)} -> {_value(change.after)}"
    if outcome.pins:
        yield f"  called workflows: {' -> '.join(outcome.pins)}"
    yield from _files(outcome, len(_file_changes(outcome)) if verbose else _FILES_SHOWN)
    yield from _warnings(outcome)
    if outcome.changelog:
        yield "  what the template says:"
        yield from (f"    {line}" for line in outcome.changelog)
    yield from _conflicts(outcome)
    if outcome.stale_lock:
        yield f"uv.lock does not match any more and could not be renewed: {outcome.stale_lock}"
        yield "  next: uv lock && git add uv.lock"
    yield from _next_step(outcome)


def _files(outcome: UpdateOutcome, shown: int) -> Iterator[str]:
    changes = _file_changes(outcome)
    yield from (f"  {line}" for line in changes[:shown])
    if len(changes) > shown:
        yield f"  ... and {len(changes) - shown} more; --verbose names them"


def _file_changes(outcome: UpdateOutcome) -> list[str]:
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


def _warnings(outcome: UpdateOutcome) -> Iterator[str]:
    yield from (f"  warning {warning}" for warning in outcome.warnings)


def _conflicts(outcome: UpdateOutcome) -> Iterator[str]:
    if outcome.conflicts:
        count = len(outcome.conflicts)
        yield f"{count} conflict{'s' * (count > 1)}:"
    for conflict in outcome.conflicts:
        yield f"  {conflict.path}: {conflict.problem}"
        yield f"    next: {conflict.advice}"


def _next_step(outcome: UpdateOutcome) -> Iterator[str]:
    if outcome.status == "planned":
        yield "nothing was changed; without --dry-run it is done"
    else:
        undo = _undo_command(outcome)
        yield f"  look: git diff --staged; keep: git commit; take it all back: {undo}"


def _value(value: object) -> str:
    return "(none)" if value is None else repr(value)


def _undo_command(outcome: UpdateOutcome) -> str:
    """Return the command that takes an update back, as it can be pasted in any folder."""
    if not outcome.undo.startswith("modelwright "):
        return outcome.undo
    return outcome.undo.replace("modelwright", _program(), 1)


def _program() -> str:
    """Return how this very program is started, where its name alone does not start it."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m modelwright"
    on_path = shutil.which("modelwright")
    if program.stem != "modelwright" or (on_path and Path(on_path).samefile(program)):
        return "modelwright"
    return shlex.quote(str(program.absolute()))


def _undo_lines(outcome: UndoOutcome) -> Iterator[str]:
    """Yield the lines that tell what was taken back."""
    yield f"took back the update of {outcome.project} from {outcome.old} to {outcome.new}"
    yield f"  {len(outcome.files)} files are as they were"
    for path in outcome.left:
        yield f"  {path}: you changed it since, so it was left alone"
    if outcome.left:
        yield "  next: git diff HEAD shows what is left; git restore takes back what you name"
