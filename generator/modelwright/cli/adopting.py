"""`modelwright adopt`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from modelwright.cli.options import (
    DataOption,
    JsonOption,
    PlatformOption,
    QuietOption,
    VerboseOption,
)
from modelwright.cli.progress import following
from modelwright.cli.terminal import Terminal

if TYPE_CHECKING:
    from modelwright.catalog.answering import Asker
    from modelwright.operations.adopt import Adoption

COMMIT: Final = 'git add .copier-answers.yml && git commit --message "chore: adopt the template"'


def adopt(  # noqa: PLR0913, PLR0917 -- the contract's options
    path: Annotated[Path, typer.Argument(help="The repository's folder.", show_default=False)],
    archetype: Annotated[
        str, typer.Option("--archetype", "-a", help="What it is; see modelwright list.")
    ] = "",
    data: DataOption = [],  # noqa: B006 -- the framework copies it
    data_file: Annotated[
        Path | None, typer.Option("--data-file", "-f", help="Answers as YAML.")
    ] = None,
    managed_only: Annotated[
        bool, typer.Option("--managed-only", help="Govern it, and leave its own source alone.")
    ] = False,
    source: Annotated[
        str, typer.Option("--source", metavar="URL|DIR", help="The template's repository.")
    ] = "",
    to: Annotated[
        str, typer.Option("--to", metavar="VERSION", help="The version that it starts from.")
    ] = "",
    offline: Annotated[bool, typer.Option("--offline", help="Contact no host.")] = False,
    platform: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Take a repository under management; only the answers file is written."""
    # Here, because the template engine costs the commands that render nothing 80 ms.
    from modelwright.operations.adopt import (  # noqa: PLC0415
        Person,
        Wanted,
        adoption_of,
        write_answers,
    )
    from modelwright.operations.given import given_answers  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)
    wanted = Wanted(
        path=path,
        archetype=archetype,
        given=given_answers(data, data_file),
        source=source,
        platform=platform,
        to=to,
        governed=managed_only,
        offline=offline,
    )
    person = Person(ask=_asker(), follow=partial(following, terminal=terminal))
    adoption = adoption_of(wanted, person)
    written = write_answers(adoption)
    terminal.document(_document(adoption, written))
    _tell(adoption, written, terminal)


def _tell(adoption: Adoption, written: Path, terminal: Terminal) -> None:
    shown = {name: str(value) for name, value in adoption.answers.remembered.items()}
    widths = [max(map(len, texts)) for texts in (shown, shown.values())]
    for name, value in shown.items():
        told = ", ".join(adoption.told_by(name))
        terminal.say(f"  {name:<{widths[0]}}  {value or '(empty)':<{widths[1]}}  {told}")
    terminal.say(_start(adoption))
    terminal.say(f"wrote {written}")
    terminal.say(f"  next: {_next_step(adoption)}")
    for path in adoption.left:
        terminal.note(f"{path} is not needed any more: git rm {path} when you are content")


def _start(adoption: Adoption) -> str:
    choice = adoption.choice
    if choice.fit is None:
        return f"it is governed by {choice.version} of {adoption.origin}"
    of = f", best of {choice.compared} versions" if choice.compared > 1 else ""
    return f"it starts from {choice.version} of {adoption.origin}: {choice.fit.sentence} there{of}"


def _next_step(adoption: Adoption) -> str:
    folder = adoption.folder
    if adoption.governed and adoption.missing:
        return f"modelwright adopt {folder} --managed-only --apply"
    return f"cd {folder} && {COMMIT} && modelwright update"


def _document(adoption: Adoption, written: Path) -> dict[str, Any]:
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
            name: {"value": value, "from": adoption.told_by(name)}
            for name, value in adoption.answers.remembered.items()
        },
        "governed": adoption.governed,
        "missing": adoption.missing,
        "written": [written.name],
        "next_step": _next_step(adoption),
    }


def _asker() -> Asker | None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    from modelwright.cli.asking import ask  # noqa: PLC0415 -- 180 ms, for a person only

    return ask
