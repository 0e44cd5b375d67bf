"""Teams work for brands that exist, and their cost centres stay apart on every target."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.policy.choices import offered
from modelwright.policy.soundness.finding import Disagreement, Plain, write_one_of

__all__ = ["disagreements"]


def disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield unknown and repeated brands, and cost centres that GCP would confuse."""
    yield from _colliding_cost_centres(policy)
    brands = policy.get("brands", {})
    if not brands:
        return
    for key, team in policy.get("teams", {}).items():
        yield from _brands(key, team.get("brands", []), list(brands))
        if key in offered({key: team}) and team.get("brands"):
            yield from _open_brands(key, team["brands"], policy)


def _brands(team: str, given: list[str], brands: list[str]) -> Iterator[Disagreement]:
    for index, brand in enumerate(given):
        path = ("teams", team, "brands", index)
        if brand not in brands:
            problem = f"team '{team}' works for '{brand}', which is no brand"
            yield Disagreement(path, problem, write_one_of(brand, brands))
        elif brand in given[:index]:
            problem = f"team '{team}' names the brand '{brand}' twice"
            yield Disagreement(path, problem, "keep one of the two")


def _open_brands(team: str, given: list[str], policy: Plain) -> Iterator[Disagreement]:
    known = {brand: policy["brands"][brand] for brand in given if brand in policy["brands"]}
    if known and not offered(known):
        problem = f"team '{team}' works only for brands that are retired or renamed"
        path = ("teams", team, "brands")
        yield Disagreement(path, problem, f"retire the team, or add {offered(policy['brands'])[0]}")


def _colliding_cost_centres(policy: Plain) -> Iterator[Disagreement]:
    seen: dict[str, str] = {}
    for key, team in policy.get("teams", {}).items():
        code = team.get("cost_centre", "")
        first = seen.setdefault(code.lower(), code)
        if code != first:
            problem = f"cost centres '{first}' and '{code}' are the same in GCP's lower case"
            path = ("teams", key, "cost_centre")
            yield Disagreement(path, problem, f"write '{first}', or ask finance for another code")
