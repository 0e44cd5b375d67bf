"""Texts that only a person can vouch for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from modelwright.audit.maturity.facts import Facts
from modelwright.audit.maturity.markdown import reviewed, section
from modelwright.audit.maturity.result import Piece

BUSINESS: Final = "docs/business.md"
MODEL_CARD: Final = "docs/model-card.md"
DATA_CARD: Final = "docs/data-card.md"
VALID: Final = timedelta(days=365)


def written(facts: Facts, path: str, heading: str) -> Iterator[Piece]:
    """Yield what a section must be: there, other than the template's, reviewed within a year."""
    yield from own_words(facts, path, heading)
    text = facts.project.files.get(path, "")
    found = reviewed(text)
    current = found and timedelta() <= facts.project.today - found[1] <= VALID
    yield Piece(
        wants=f"a person has reviewed {path} within a year",
        where=f"{path}:{found[0]}" if found and current else "",
        mend="read it, mend it, and write `Reviewed: YYYY-MM-DD by NAME`",
        judgement=True,
    )


def own_words(facts: Facts, path: str, heading: str) -> Iterator[Piece]:
    """Yield what a section must be: there, and other than the template's."""
    found = section(facts.project.files.get(path, ""), heading)
    fresh = section(facts.fresh.get(path, ""), heading)
    where = f"{path}:{found.line}" if found and found.words else ""
    yield Piece(
        wants=f'"{heading}" is written',
        where=where,
        mend=f'write a section "{heading}" in {path}',
    )
    own = found is not None and (fresh is None or found.words != fresh.words)
    yield Piece(
        wants=f'"{heading}" is no longer the sample\'s',
        where=where if own else "",
        mend=f"replace the sample's text in {path} by your own",
        judgement=True,
    )
