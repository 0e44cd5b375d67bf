"""`modelwright audit`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from modelwright.audit.criteria.assessment import Assessment
from modelwright.audit.evidence import CriterionOutcome, Result
from modelwright.cli.session import JsonOption, PlatformOption, QuietOption, VerboseOption
from modelwright.cli.terminal import Terminal, paint, printable, progress
from modelwright.errors import FindingsError, UsageError

if TYPE_CHECKING:
    from modelwright.template.platform import Platform

_COLOURS: Final = {
    CriterionOutcome.PASS: "green",
    CriterionOutcome.FAIL: "red",
    CriterionOutcome.NEEDS_A_PERSON: "yellow",
}
_WIDEST: Final = max(map(len, CriterionOutcome))
_ACTIVE: Final = re.compile(r"([\\`*_\[\]<>|~#&])")


def document(found: Sequence[Assessment], fail_under: int) -> dict[str, Any]:
    """Return audits as `--json` prints them."""
    return {"fail_under": fail_under, "projects": [_project(one) for one in found]}


def _project(one: Assessment) -> dict[str, Any]:
    return {
        "project": str(one.project),
        "name": one.name,
        "archetype": one.archetype,
        "version": one.version,
        "judged_by": one.judged_by,
        "score": one.score,
        "applicable": one.applicable,
        "counts": dict(one.counts),
        "notes": list(one.notes),
        "criteria": [vars(result) for result in one.results],
    }


def lines(found: Sequence[Assessment], *, quiet: bool) -> Iterator[str]:
    """Yield the lines of audits for a terminal; the failed criteria alone where it is `quiet`."""
    for one in found:
        yield printable(f"judged by {one.judged_by}")
        for result in one.results:
            if not quiet or result.outcome is CriterionOutcome.FAIL:
                yield from _result(result)
        yield printable(f"{one.project}: {summary(one)}")


def _result(result: Result) -> Iterator[str]:
    outcome = paint(f"{result.outcome:{_WIDEST}}", _COLOURS.get(result.outcome, "dim"), sys.stdout)
    yield f"{result.number:<2}  {outcome}  {printable(result.criterion)}"
    yield from (f"    {printable(shown)}" for shown in result.evidence)
    says = "why" if result.outcome is CriterionOutcome.NOT_APPLICABLE else "next"
    yield from (f"    {says}: {printable(step)}" for step in _next(result))


def _next(result: Result) -> Iterator[str]:
    yield from result.mend
    if result.outcome is CriterionOutcome.SHAPE_ONLY:
        yield f"{result.decided_by} shows whether it is used"


def summary(one: Assessment) -> str:
    """Return an audit in one line."""
    others = [outcome for outcome in CriterionOutcome if outcome is not CriterionOutcome.PASS]
    rest = ", ".join(f"{one.counts[outcome]} {outcome}" for outcome in others)
    passed = one.counts[CriterionOutcome.PASS]
    return f"score {one.score} %: {passed} of {one.applicable} applicable criteria pass; {rest}"


def pages(found: Sequence[Assessment]) -> Iterator[str]:
    """Yield the lines of audits as Markdown."""
    for one in found:
        yield f"## Maturity of {_plain(one.name)}"
        yield from ("", f"Judged by {_plain(one.judged_by)}.")
        yield from ("", f"{summary(one).capitalize()}.", "")
        yield from ("| # | criterion | outcome | evidence | next |", "|---|---|---|---|---|")
        for result in one.results:
            cells = [_plain(result.criterion), _bold(result.outcome)]
            cells += ["<br>".join(map(_plain, texts)) for texts in (result.evidence, _next(result))]
            yield f"| {result.number} | {' | '.join(cells)} |"
        yield ""


def _bold(outcome: CriterionOutcome) -> str:
    return f"**{outcome}**" if outcome is CriterionOutcome.FAIL else outcome


def _plain(text: str) -> str:
    """Return a text that Markdown takes as text."""
    return _ACTIVE.sub(r"\\\1", printable(text))


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
    from modelwright.operations.judge.audit import audit_project  # noqa: PLC0415
    from modelwright.operations.judge.policy_choice import platform_of_project  # noqa: PLC0415

    terminal = Terminal(as_json=as_json or form == "json", quiet=quiet, verbose=verbose)
    notices: dict[str, None] = {}

    def open_platform(source: str, version: str) -> Platform:
        opened = platform_of_project(platform, source, version)
        notices.update({opened.notice: None} if opened.notice else {})
        return opened

    today = datetime.now(UTC).date()
    found = []
    wanted = paths or [Path()]
    with progress(len(wanted), terminal) as tell:
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
