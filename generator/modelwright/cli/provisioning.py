"""`modelwright create`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelwright.cli.options import (
    ArchetypeArgument,
    DataFileOption,
    DataOption,
    JsonOption,
    PlatformOption,
    QuietOption,
    VerboseOption,
)
from modelwright.cli.progress import following
from modelwright.cli.session import asker, chosen_archetype, opened
from modelwright.cli.terminal import Terminal
from modelwright.errors import UsageError

if TYPE_CHECKING:
    from modelwright.operations.creating.wish import Outcome

_STEPS = 12


def create(  # noqa: PLR0913, PLR0917 -- the contract's options
    archetype: ArchetypeArgument = "",
    plan: Annotated[bool, typer.Option("--plan", help="Only print each call.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what was made.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a half-made one.")] = False,
    data: DataOption = [],  # noqa: B006 -- the framework copies it
    data_file: DataFileOption = None,
    defaults: Annotated[bool, typer.Option("--defaults", help="Ask nothing.")] = False,
    into: Annotated[
        Path | None, typer.Option("--into", help="Keep the project's folder in this one.")
    ] = None,
    no_lock: Annotated[bool, typer.Option("--no-lock", help="Make no lock file.")] = False,
    api: Annotated[
        str, typer.Option("--api", metavar="URL", help="GitHub's API.", show_default=False)
    ] = "",
    journal: Annotated[
        Path | None, typer.Option("--journal", help="Where the journal is.", show_default=False)
    ] = None,
    summary: Annotated[
        Path | None, typer.Option("--summary", help="Add a report to this file, as Markdown.")
    ] = None,
    others: Annotated[
        bool,
        typer.Option("--yes-delete-commits-of-others", help="With --undo: delete them too."),
    ] = False,
    transfer_from: Annotated[
        str,
        typer.Option(
            "--transfer-from", metavar="TEAM", help="Take the repository over from this team."
        ),
    ] = "",
    to: Annotated[
        str, typer.Option("--to", metavar="VERSION", help="A released version of the template.")
    ] = "",
    platform: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Make a project and its repository on GitHub, with everything in place."""
    if sum((plan, undo, resume)) > 1:
        raise UsageError(
            "--plan, --undo and --resume exclude each other", next_step="choose one of them"
        )
    # Here, because the template engine costs the commands that render nothing 80 ms.
    from modelwright.operations.create import create as bring  # noqa: PLC0415
    from modelwright.operations.creating.wish import Wish  # noqa: PLC0415
    from modelwright.operations.given import given_answers  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)
    place = opened(platform, terminal, version=to)
    ask = asker(place, defaults=defaults)
    wish = Wish(
        archetype=chosen_archetype(place, archetype, ask),
        given=given_answers(data, data_file),
        defaults=defaults,
        ask=ask,
        plan=plan,
        undo=undo,
        resume=resume,
        api=api,
        journal=journal,
        into=into,
        lock=not no_lock,
        others=others,
        transfer_from=transfer_from,
    )
    with following(_STEPS, terminal) as tell:
        outcome = bring(place, wish, environ=os.environ, tell=tell)
    _tell(outcome, terminal, summary)


def _tell(outcome: Outcome, terminal: Terminal, summary: Path | None) -> None:
    from modelwright.cli.provisioning_text import lines, markdown  # noqa: PLC0415

    for note in outcome.notes:
        terminal.note(note)
    terminal.document(outcome.document())
    for line in lines(outcome, verbose=terminal.verbose):
        terminal.say(line)
    if summary is not None:
        with summary.open("a", encoding="utf-8") as file:
            file.write(markdown(outcome))
