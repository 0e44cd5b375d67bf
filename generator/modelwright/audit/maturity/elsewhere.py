"""The rows of the assessment that no file of a project can decide: who does, and what they ask."""

from __future__ import annotations

from typing import Final

from modelwright.audit.maturity.criterion import DECIDED_BY
from modelwright.audit.maturity.result import Outcome, Result

_ROWS: Final = (
    (11, "pull requests for the infrastructure", "G", "let a ruleset of main ask for them"),
    (13, "only the pipeline deploys", "G", "protect each environment, and give people no role"),
    (15, "every environment sees production data", "X", "grant each environment's principal read"),
    (18, "pull requests for all code", "G", "let a ruleset of main ask for them"),
    (25, "traceable to its model", "X", "look for the version that the run names"),
    (30, "a review before a merge", "G", "let a ruleset of main ask for one approval"),
    (34, "an owner's approval before a merge", "G", "let a ruleset ask for code owners' review"),
    (38, "notes for each release", "G", "write what changed into each release"),
    (50, "features added by pull request", "G", "let a ruleset ask for them where features live"),
    (51, "feature dependencies in a store", "X", "look into the feature store, if there is one"),
    (52, "use of features by model", "X", "look into the feature store, if there is one"),
    (
        55,
        "explanation understood by its readers",
        "r",
        "ask those who read it, and note who and when",
    ),
)


def elsewhere() -> tuple[Result, ...]:
    """Return what is said of the rows that no file decides."""
    return tuple(
        Result(
            number=number,
            criterion=title,
            outcome=Outcome.NEEDS_A_PERSON if mark == "r" else Outcome.ELSEWHERE,
            decided_by=DECIDED_BY[mark],
            evidence=(),
            mend=(f"{DECIDED_BY[mark]} shows it: {asks}",),
        )
        for number, title, mark, asks in _ROWS
    )
