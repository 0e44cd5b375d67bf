"""`modelwright update`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelwright.cli.options import (
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
)
from modelwright.cli.status_cache import ANSWERS_FILE
from modelwright.cli.terminal import Terminal
from modelwright.errors import FindingsError

if TYPE_CHECKING:
    from modelwright.catalog.answering import Asker


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
    from modelwright.cli.update_text import lines, undo_command  # noqa: PLC0415
    from modelwright.operations.given import given_answers  # noqa: PLC0415
    from modelwright.operations.update import update as bring  # noqa: PLC0415
    from modelwright.operations.update_plan import Wish  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)
    if undo:
        _take_back(path, terminal)
        return
    outcome = bring(
        path,
        Wish(
            to=to,
            given=given_answers(data, data_file),
            source=source,
            platform=platform,
            dry_run=dry_run,
            rename=rename,
            trust=trust,
            answers_file=answers_file,
            offline=offline,
            ask=_asker(),
        ),
    )
    for note in outcome.notes:
        terminal.note(note)
    outcome = replace(outcome, undo=undo_command(outcome))
    terminal.document(outcome.document())
    for line in lines(outcome, verbose=verbose):
        terminal.say(line)
    if outcome.exit_code:
        raise typer.Exit(outcome.exit_code)


def _take_back(path: Path, terminal: Terminal) -> None:
    from modelwright.cli.update_text import undone_lines  # noqa: PLC0415 -- as above
    from modelwright.operations.update_undo import undo  # noqa: PLC0415

    undone = undo(path)
    terminal.document(undone.document())
    for line in undone_lines(undone):
        terminal.say(line)
    if undone.left:
        raise typer.Exit(FindingsError.exit_code)


def _asker() -> Asker | None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    from modelwright.cli.asking import ask  # noqa: PLC0415 -- 180 ms, for a person only

    return ask
