"""Retired and renamed choices: a successor exists, and something is left to choose."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.policy.choices import offered
from modelwright.policy.soundness.finding import Disagreement, Plain, write_one_of

__all__ = ["disagreements"]


def disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield successors that new projects cannot take, and sections with nothing on offer."""
    for section in ("archetypes", "brands", "teams"):
        entries = policy.get(section, {})
        on_offer = offered(entries)
        if entries and not on_offer:
            problem = f"every entry of {section} is retired or renamed"
            yield Disagreement((section,), problem, "leave at least one on offer")
        for key, entry in entries.items():
            successor = entry.get("renamed_to")
            if successor and successor not in on_offer:
                problem = f"{section}.{key} was renamed to '{successor}', which is not on offer"
                yield Disagreement(
                    (section, key, "renamed_to"), problem, write_one_of(successor, on_offer)
                )
