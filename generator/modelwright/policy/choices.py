"""Choices: is an answer among those on offer, and which did a typist mean where it is not."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Iterable, Mapping  # noqa: UP035 - Cookiecutter's Python may be older

from modelwright.policy.rules import Refusal, show

LONGEST_LIST = 8
RETIRED = "ANS002"


def nearest(value: str, choices: Iterable[str]) -> list[str]:
    """Return the choices that a typist may have meant, the nearest first; at most three."""
    known = {choice.casefold(): choice for choice in choices}
    folded = value.casefold()
    close = get_close_matches(folded, known, n=3, cutoff=0.6)
    parts = [choice for choice in known if folded and (folded in choice or choice in folded)]
    return [known[choice] for choice in dict.fromkeys([*close, *parts])][:3]


def choices_on_offer(entries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the ids that a new project may take: neither retired nor renamed."""
    return [key for key, entry in entries.items() if not _is_retired(entry)]


def choice_refusal(kind: str, value: str, choices: Iterable[str]) -> Refusal | None:
    """Refuse a value that is not among the choices, and name the nearest ones (ANS001)."""
    choices = list(choices)
    if value in choices:
        return None
    problem = f"{kind} {show(value)} is not one of the policy's"
    return Refusal("ANS001", kind, value, problem, f"choose {_suggestion(value, choices)}")


def retired_refusal(
    kind: str, value: str, entries: Mapping[str, Mapping[str, Any]]
) -> Refusal | None:
    """Refuse a choice that new projects no longer take, and name its successor (ANS002)."""
    entry = entries[value]
    if not _is_retired(entry):
        return None
    successor = entry.get("renamed_to", "")
    if successor:
        problem, next_step = f"{kind} {show(value)} was renamed", f"choose {show(successor)}"
    else:
        problem = f"{kind} {show(value)} is retired since {entry['retired']}"
        next_step = f"choose {_suggestion(value, choices_on_offer(entries))}"
    return Refusal(RETIRED, kind, value, problem, next_step)


def pair_refusal(policy: Mapping[str, Any], team: str, brand: str) -> Refusal | None:
    """Refuse a brand that the team does not work for (ANS003)."""
    brands = policy["teams"][team]["brands"]
    if brand in brands:
        return None
    problem = f"team {show(team)} does not work for brand {show(brand)}"
    return Refusal("ANS003", "brand", brand, problem, f"choose {_suggestion(brand, brands)}")


def _is_retired(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("retired") or entry.get("renamed_to"))


def _suggestion(value: str, choices: Iterable[str]) -> str:
    choices = list(choices)
    close = nearest(value, choices)
    if not close and len(choices) > LONGEST_LIST:
        close = choices[:LONGEST_LIST]
        return f"{', '.join(map(show, close))} or another of the {len(choices)}"
    return " or ".join(map(show, close or choices))
