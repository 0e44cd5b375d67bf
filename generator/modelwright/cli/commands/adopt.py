"""`modelwright adopt`, and how an adoption is printed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from modelwright.cli.prompt import terminal_prompt
from modelwright.cli.session import (
    DataFileOption,
    DataOption,
    JsonOption,
    OfflineOption,
    PlatformOption,
    QuietOption,
    SourceOption,
    TrustOption,
    VerboseOption,
)
from modelwright.cli.terminal import Terminal, progress

if TYPE_CHECKING:
    from modelwright.operations.adopt.adopt import Adoption
    from modelwright.update.outcome import UpdateOutcome

COMMIT: Final = 'git add .copier-answers.yml && git commit --message "chore: adopt the template"'


def adopt(  # noqa: PLR0913, PLR0917 -- the contract's options
    path: Annotated[Path, typer.Argument(help="The repository's folder.", show_default=False)],
    archetype: Annotated[
        str,
        typer.Option("--archetype", "-a", help="What it is; see modelwright list."),
    ] = "",
    data: DataOption = [],  # noqa: B006 -- the framework copies it
    data_file: DataFileOption = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Bring it to the newest version at once.")
    ] = False,
    managed_only: Annotated[
        bool, typer.Option("--managed-only", help="Govern it, and leave its own source alone.")
    ] = False,
    source: SourceOption = "",
    to: Annotated[
        str,
        typer.Option("--to", metavar="VERSION", help="What it starts from.", show_default=False),
    ] = "",
    trust: TrustOption = False,
    offline: OfflineOption = False,
    platform: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Take a repository under management; only the answers file is written."""
    # Here, because the template engine costs the commands that render nothing 80 ms.
    from modelwright.operations.adopt import adopt as adopting  # noqa: PLC0415
    from modelwright.operations.new.answer_options import answers_from_options  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)
    request = adopting.AdoptRequest(
        path=path,
        archetype=archetype,
        given=answers_from_options(data, data_file),
        source=source,
        platform=platform,
        to=to,
        governed=managed_only,
        apply=apply,
        offline=offline,
        trust=trust,
    )
    outcome = adopting.add_missing_files(request)
    if outcome is not None:
        _end_with_update(terminal, {"project": str(path)}, outcome)
        return
    person = adopting.Person(ask=terminal_prompt(), follow=partial(progress, terminal=terminal))
    adoption = adopting.adoption_of(request, person)
    _print(adoption, terminal)
    if apply:
        outcome = adopting.update_after_adoption(adoption, request)
        if outcome.status == "current":
            terminal.say(f"wrote {adopting.answers_file(adoption)}")
        _end_with_update(terminal, _document(adoption), outcome)
        return
    written = adopting.write_answers(adoption)
    step = _next_step(adoption)
    terminal.document({**_document(adoption), "written": [written.name], "next_step": step})
    terminal.say(f"wrote {written}")
    terminal.say(f"  next: {step}")


def _end_with_update(terminal: Terminal, document: dict[str, Any], outcome: UpdateOutcome) -> None:
    """Tell what the update engine did, and end as `modelwright update` does."""
    from modelwright.cli.commands.update import lines  # noqa: PLC0415

    for note in outcome.notes:
        terminal.note(note)
    terminal.document({**document, "update": outcome.document()})
    for line in lines(outcome, verbose=terminal.verbose):
        terminal.say(line)
    if outcome.exit_code:
        raise typer.Exit(outcome.exit_code)


def _print(adoption: Adoption, terminal: Terminal) -> None:
    terminal.say(_start(adoption))
    shown = {name: str(value) for name, value in adoption.answers.stored_values.items()}
    widths = [max(map(len, texts)) for texts in (shown, shown.values())]
    for name, value in shown.items():
        origins = ", ".join(adoption.source_of_answer(name))
        terminal.say(f"  {name:<{widths[0]}}  {value or '(empty)':<{widths[1]}}  {origins}")
    for note in adoption.notes:
        terminal.note(note)
    for path in adoption.replaced_files:
        terminal.note(f"{path} is not needed any more: remove it when you are content")


def _start(adoption: Adoption) -> str:
    choice = adoption.choice
    if choice.fit is None:
        return f"it is governed by {choice.version} of {adoption.origin}"
    of = f", best of {choice.compared} versions" if choice.compared > 1 else ""
    return f"it starts from {choice.version} of {adoption.origin}: {choice.fit.sentence} there{of}"


def _next_step(adoption: Adoption) -> str:
    from modelwright.operations.new.finish import change_folder  # noqa: PLC0415

    then = "modelwright update"
    if adoption.governed:
        then = "modelwright adopt . --managed-only --apply"
    return f"{change_folder(adoption.folder)} && {COMMIT} && {then}"


def _document(adoption: Adoption) -> dict[str, Any]:
    choice = adoption.choice
    return {
        "project": str(adoption.folder),
        "source": adoption.source,
        "origin": adoption.origin,
        "version": choice.version,
        "fit": None
        if choice.fit is None
        else {
            "equal": choice.fit.equal,
            "lines": choice.fit.lines,
            "files": choice.fit.files,
            "compared": choice.compared,
        },
        "answers": {
            name: {"value": value, "from": adoption.source_of_answer(name)}
            for name, value in adoption.answers.stored_values.items()
        },
        "governed": adoption.governed,
        "missing": adoption.missing,
    }
