"""An audit as a person, a program and a job's summary read it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from modelwright.audit.maturity.assessment import Assessment
from modelwright.audit.maturity.result import Outcome, Result
from modelwright.cli.terminal import painted, printable

_COLOURS: Final = {Outcome.PASS: "green", Outcome.FAIL: "red", Outcome.NEEDS_A_PERSON: "yellow"}
_WIDEST: Final = max(map(len, Outcome))
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
            if not quiet or result.outcome is Outcome.FAIL:
                yield from _result(result)
        yield printable(f"{one.project}: {summary(one)}")


def _result(result: Result) -> Iterator[str]:
    outcome = painted(
        f"{result.outcome:{_WIDEST}}", _COLOURS.get(result.outcome, "dim"), sys.stdout
    )
    yield f"{result.number:<2}  {outcome}  {printable(result.criterion)}"
    yield from (f"    {printable(shown)}" for shown in result.evidence)
    says = "why" if result.outcome is Outcome.NOT_APPLICABLE else "next"
    yield from (f"    {says}: {printable(step)}" for step in _next(result))


def _next(result: Result) -> Iterator[str]:
    yield from result.mend
    if result.outcome is Outcome.SHAPE_ONLY:
        yield f"{result.decided_by} shows whether it is used"


def summary(one: Assessment) -> str:
    """Return an audit in one line."""
    others = [outcome for outcome in Outcome if outcome is not Outcome.PASS]
    rest = ", ".join(f"{one.counts[outcome]} {outcome}" for outcome in others)
    passed = one.counts[Outcome.PASS]
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


def _bold(outcome: Outcome) -> str:
    return f"**{outcome}**" if outcome is Outcome.FAIL else outcome


def _plain(text: str) -> str:
    """Return a text that Markdown takes as text."""
    return _ACTIVE.sub(r"\\\1", printable(text))
