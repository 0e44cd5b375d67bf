"""`modelwright audit`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from modelwright.cli.options import JsonOption, PlatformOption, QuietOption, VerboseOption
from modelwright.cli.progress import following
from modelwright.cli.terminal import Terminal, printable
from modelwright.errors import FindingsError, UsageError

if TYPE_CHECKING:
    from modelwright.catalog.platform import Platform

FORMATS: Final = ("text", "json", "markdown")
LATER: Final = ("html", "sarif")
WHOLE: Final = 100


def audit(  # noqa: PLR0913, PLR0917 -- the contract's options
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="The projects' folders.", show_default=False),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="|".join(FORMATS), help="How it is told.")
    ] = FORMATS[0],
    fail_under: Annotated[
        str, typer.Option(metavar="N", help="End with 1 where a score is less, in %.")
    ] = "0",
    platform: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Say how mature projects are: 60 criteria, each with its evidence or how to mend it."""
    _refuse_form(form)
    least = _percent(fail_under)
    # Here, because the template engine costs the commands that render nothing 80 ms.
    from modelwright.cli.audit_text import document, lines, pages  # noqa: PLC0415
    from modelwright.operations.audit import audit_project  # noqa: PLC0415
    from modelwright.operations.project_platform import platform_of_project  # noqa: PLC0415

    terminal = Terminal(as_json=as_json or form == "json", quiet=quiet, verbose=verbose)
    notices: dict[str, None] = {}

    def open_platform(source: str, version: str) -> Platform:
        opened = platform_of_project(platform, source, version)
        notices.update({opened.notice: None} if opened.notice else {})
        return opened

    today = datetime.now(UTC).date()
    found = []
    wanted = paths or [Path()]
    with following(len(wanted), terminal) as tell:
        for path in wanted:
            tell(str(path))
            found.append(audit_project(path, open_platform=open_platform, today=today))
    for note in (*notices, *(note for one in found for note in one.notes)):
        terminal.note(note)
    terminal.document(document(found, least))
    for line in pages(found) if form == "markdown" else lines(found, quiet=quiet):
        terminal.say(line)
    under = [one for one in found if one.score < least]
    for one in under:
        terminal.say(f"{printable(str(one.project))}: {one.score} % is less than {least} %")
    if under:
        raise typer.Exit(FindingsError.exit_code)


def _refuse_form(form: str) -> None:
    if form not in FORMATS:
        raise UsageError(
            f"{form} is not there yet" if form in LATER else f"there is no format {form!r}",
            where="--format",
            next_step=f"choose {', '.join(FORMATS[:-1])} or {FORMATS[-1]}",
        )


def _percent(text: str) -> int:
    if not text.isdecimal() or int(text) > WHOLE:
        raise UsageError(
            f"{text!r} is no whole percentage",
            where="--fail-under",
            next_step=f"name one from 0 to {WHOLE}",
        )
    return int(text)
