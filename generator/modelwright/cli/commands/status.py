"""`modelwright status`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from modelwright.cli import status_cache
from modelwright.cli.session import (
    AnswersFileOption,
    JsonOption,
    OfflineOption,
    PlatformOption,
    QuietOption,
    TrustOption,
    VerboseOption,
    holds_platform,
)
from modelwright.cli.terminal import Terminal
from modelwright.errors import FindingsError
from modelwright.paths import ANSWERS_FILE, PLATFORM_RECORD

_RECORDS: Final = {"project": "the answers file", "platform": PLATFORM_RECORD}

if TYPE_CHECKING:
    from modelwright.operations.judge.status import Status


def status(  # noqa: PLR0913, PLR0917 -- the contract's options
    path: Annotated[
        Path, typer.Argument(metavar="[PATH]", help="The project's folder.", show_default=False)
    ] = Path(),
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 1 where there is an update.")
    ] = False,
    cached: Annotated[
        bool, typer.Option("--cached", help="One line, at most a day old: for a shell prompt.")
    ] = False,
    answers_file: AnswersFileOption = ANSWERS_FILE,
    trust: TrustOption = False,
    offline: OfflineOption = False,
    platform: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Say where a project stands: its version, the newest, drift, answers refused today."""
    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)
    if holds_platform(path, answers_file):
        state = _platform_status(path, platform, offline=offline)
    else:
        # Here, because the template engine costs the commands that render nothing 80 ms.
        from modelwright.operations.judge.status import status as project_status  # noqa: PLC0415

        state = project_status(
            path, platform=platform, offline=offline, trust=trust, answers_file=answers_file
        )
    document = state.document()
    if not platform and answers_file == ANSWERS_FILE:
        status_cache.keep(str(path), document)
    for note in state.notes:
        terminal.note(note)
    terminal.document(document)
    for line in [status_cache.line(document)] if cached else _lines(state):
        terminal.say(line)
    if exit_code and state.update_to_be_had:
        raise typer.Exit(FindingsError.exit_code)


def _platform_status(path: Path, platform: str, *, offline: bool) -> Status:
    from modelwright.operations.platform.update import platform_status  # noqa: PLC0415

    return platform_status(path, platform=platform, offline=offline)


def _lines(state: Status) -> Iterator[str]:
    yield f"{state.project} is at {state.version} ({state.origin})"
    if state.behind or state.latest != state.version:
        yield f"  newest: {state.latest}, {_amount(state.behind, 'release')} on" + (
            f", {_amount(state.days, 'day')} later" if state.days else ""
        )
        yield (
            f"  an update changes {_amount(state.changes, 'file')}"
            if state.changes
            else (
                f"  an update changes nothing but the version in {_RECORDS[state.kind]}"
                if not state.refused
                else "  an update needs an answer first:"
            )
        )
    else:
        yield "  that is the newest"
    yield from (f"  refused {sentence}" for sentence in state.refused)
    yield from (f"  warning {sentence}" for sentence in state.warnings)
    yield from (f"  drifted {path}" for path in state.drift)
    if state.update_to_be_had:
        yield "  next: modelwright update --dry-run"


def _amount(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"
