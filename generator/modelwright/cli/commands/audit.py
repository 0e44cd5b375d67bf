"""`modelwright audit`: the maturity of projects, as text, JSON or Markdown."""

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
from modelwright.cli.session import (
    JsonOption,
    PlatformOption,
    QuietOption,
    VerboseOption,
    open_platform_of_project,
)
from modelwright.cli.terminal import Terminal, paint, printable, progress
from modelwright.errors import FindingsError, UsageError

if TYPE_CHECKING:
    from modelwright.template.platform import Platform

FORMATS: Final = ("text", "json", "markdown")
_LATER: Final = ("html", "sarif")
_MOST_PERCENT: Final = 100
_COLOURS: Final = {
    CriterionOutcome.PASS: "green",
    CriterionOutcome.FAIL: "red",
    CriterionOutcome.NEEDS_A_PERSON: "yellow",
}
_WIDEST: Final = max(map(len, CriterionOutcome))
_MARKDOWN_SYNTAX: Final = re.compile(r"([\\`*_\[\]<>|~#&])")


def audit(  # noqa: PLR0913, PLR0917 -- the contract's options
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="The projects' folders.", show_default=False),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="|".join(FORMATS), help="The form of the report.")
    ] = FORMATS[0],
    fail_under: Annotated[
        str, typer.Option(metavar="N", help="End with 1 where a score is less, in %.")
    ] = "0",
    platform: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Say how mature projects are: 60 criteria, each with its evidence or how to fix it."""
    _refuse_format(form)
    least = _percent(fail_under)
    # Here, because the template engine costs the commands that render nothing 80 ms.
    from modelwright.operations.judge.audit import audit_project  # noqa: PLC0415

    terminal = Terminal(as_json=as_json or form == "json", quiet=quiet, verbose=verbose)
    notices: dict[str, None] = {}

    def open_platform(source: str, version: str) -> Platform:
        judging = open_platform_of_project(platform, source, version)
        notices.update({judging.notice: None} if judging.notice else {})
        return judging

    today = datetime.now(UTC).date()
    assessments = []
    folders = paths or [Path()]
    with progress(len(folders), terminal) as tell:
        for folder in folders:
            tell(str(folder))
            assessments.append(audit_project(folder, open_platform=open_platform, today=today))
    for note in (*notices, *(note for one in assessments for note in one.notes)):
        terminal.note(note)
    terminal.document(_document(assessments, least))
    for line in _markdown(assessments) if form == "markdown" else _text(assessments, quiet=quiet):
        terminal.say(line)
    too_low = [one for one in assessments if one.score < least]
    for one in too_low:
        terminal.say(f"{printable(str(one.project))}: {one.score} % is less than {least} %")
    if too_low:
        raise typer.Exit(FindingsError.exit_code)


def _refuse_format(form: str) -> None:
    if form not in FORMATS:
        raise UsageError(
            f"{form} is not there yet" if form in _LATER else f"there is no format {form!r}",
            where="--format",
            next_step=f"choose {', '.join(FORMATS[:-1])} or {FORMATS[-1]}",
        )


def _percent(text: str) -> int:
    if not text.isdecimal() or int(text) > _MOST_PERCENT:
        raise UsageError(
            f"{text!r} is no whole percentage",
            where="--fail-under",
            next_step=f"name one from 0 to {_MOST_PERCENT}",
        )
    return int(text)


def _document(assessments: Sequence[Assessment], fail_under: int) -> dict[str, Any]:
    """Return audits as `--json` prints them."""
    return {"fail_under": fail_under, "projects": [_project(one) for one in assessments]}


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


def _text(assessments: Sequence[Assessment], *, quiet: bool) -> Iterator[str]:
    """Yield the lines of audits for a terminal; the failed criteria alone where it is `quiet`."""
    for one in assessments:
        yield printable(f"judged by {one.judged_by}")
        for result in one.results:
            if not quiet or result.outcome is CriterionOutcome.FAIL:
                yield from _result(result)
        yield printable(f"{one.project}: {_summary(one)}")


def _result(result: Result) -> Iterator[str]:
    outcome = paint(f"{result.outcome:{_WIDEST}}", _COLOURS.get(result.outcome, "dim"), sys.stdout)
    yield f"{result.number:<2}  {outcome}  {printable(result.criterion)}"
    yield from (f"    {printable(text)}" for text in result.evidence)
    label = "why" if result.outcome is CriterionOutcome.NOT_APPLICABLE else "next"
    yield from (f"    {label}: {printable(step)}" for step in _next_steps(result))


def _next_steps(result: Result) -> Iterator[str]:
    yield from result.mend
    if result.outcome is CriterionOutcome.SHAPE_ONLY:
        yield f"{result.decided_by} shows whether it is used"


def _summary(one: Assessment) -> str:
    """Return an audit in one line."""
    other_outcomes = [
        outcome for outcome in CriterionOutcome if outcome is not CriterionOutcome.PASS
    ]
    rest = ", ".join(f"{one.counts[outcome]} {outcome}" for outcome in other_outcomes)
    passed = one.counts[CriterionOutcome.PASS]
    return f"score {one.score} %: {passed} of {one.applicable} applicable criteria pass; {rest}"


def _markdown(assessments: Sequence[Assessment]) -> Iterator[str]:
    """Yield the lines of audits as Markdown."""
    for one in assessments:
        yield f"## Maturity of {_escaped(one.name)}"
        yield from ("", f"Judged by {_escaped(one.judged_by)}.")
        yield from ("", f"{_summary(one).capitalize()}.", "")
        yield from ("| # | criterion | outcome | evidence | next |", "|---|---|---|---|---|")
        for result in one.results:
            cells = [_escaped(result.criterion), _bold(result.outcome)]
            cells += [
                "<br>".join(map(_escaped, texts))
                for texts in (result.evidence, _next_steps(result))
            ]
            yield f"| {result.number} | {' | '.join(cells)} |"
        yield ""


def _bold(outcome: CriterionOutcome) -> str:
    return f"**{outcome}**" if outcome is CriterionOutcome.FAIL else outcome


def _escaped(text: str) -> str:
    """Return a text that Markdown takes as text."""
    return _MARKDOWN_SYNTAX.sub(r"\\\1", printable(text))
