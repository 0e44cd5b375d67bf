"""`modelwright create`, and how its outcome is printed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from modelwright.cli.prompt import choose_archetype, prompt_with_name
from modelwright.cli.session import (
    ArchetypeArgument,
    DataFileOption,
    DataOption,
    JsonOption,
    PlatformOption,
    QuietOption,
    VerboseOption,
    open_platform_for,
)
from modelwright.cli.terminal import Terminal, progress
from modelwright.errors import UsageError

if TYPE_CHECKING:
    from modelwright.operations.create.request import CreateOutcome

_STEPS: Final = 12
_STATES: Final = {
    "planned": "would send {count} calls for {repository}",
    "made": "made {repository}: {url}",
    "mended": "mended {repository} with {count} calls: {url}",
    "unchanged": "{repository} is as it should be; nothing was sent",
    "undone": "took {repository} back",
}


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
    platform_name: PlatformOption = "",
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
    from modelwright.operations.create.create import create as create_project  # noqa: PLC0415
    from modelwright.operations.create.request import CreateRequest  # noqa: PLC0415
    from modelwright.operations.new.answer_options import answers_from_options  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)
    platform = open_platform_for(platform_name, terminal, version=to)
    ask = prompt_with_name(platform, defaults=defaults)
    request = CreateRequest(
        archetype=choose_archetype(platform, archetype, ask),
        answers=answers_from_options(data, data_file),
        defaults=defaults,
        ask=ask,
        plan=plan,
        undo=undo,
        resume=resume,
        api=api,
        journal=journal,
        into=into,
        lock=not no_lock,
        delete_others_commits=others,
        transfer_from=transfer_from,
    )
    with progress(_STEPS, terminal) as tell:
        outcome = create_project(platform, request, environ=os.environ, tell=tell)
    _print(outcome, terminal, summary)


def _print(outcome: CreateOutcome, terminal: Terminal, summary: Path | None) -> None:
    for note in outcome.notes:
        terminal.note(note)
    terminal.document(outcome.document())
    for line in _lines(outcome, verbose=terminal.verbose):
        terminal.say(line)
    if summary is not None:
        with summary.open("a", encoding="utf-8") as file:
            file.write(_markdown(outcome))


def _lines(outcome: CreateOutcome, *, verbose: bool) -> Iterator[str]:
    """Yield the result line by line."""
    if outcome.state == "planned" or verbose:
        for change in outcome.changes:
            yield f"{change.call.method:6} {change.call.path}\n       {change.reason}"
    yield _headline(outcome)
    if outcome.state == "made":
        yield f"  next: git clone {outcome.url}.git, then uv run poe demo"
    for reason in outcome.against:
        yield f"  refused without --plan: {reason}"
    if outcome.state == "planned" and outcome.changes and not outcome.against:
        yield "  next: run it again without --plan"


def _headline(outcome: CreateOutcome) -> str:
    """Return the result in one line."""
    return _STATES[outcome.state].format(
        count=len(outcome.changes), repository=outcome.repository, url=outcome.url
    )


def _markdown(outcome: CreateOutcome) -> str:
    """Return the result for the summary of a workflow's run."""
    rows = "".join(
        f"| `{change.call.method} {change.call.path}` | {change.reason} |\n"
        for change in outcome.changes
    )
    table = f"\n| call | why |\n|---|---|\n{rows}" if rows else ""
    return f"## {_headline(outcome)}\n{_links(outcome)}{table}\n"


def _links(outcome: CreateOutcome) -> str:
    if outcome.state not in ("made", "mended", "unchanged") or not outcome.url:
        return ""
    return (
        f"\n- Repository: {outcome.url}\n- Its first pipeline: {outcome.url}/actions\n"
        f"- Next: `git clone {outcome.url}.git`, then `uv run poe demo`\n"
    )
