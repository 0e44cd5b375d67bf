"""Champion and challenger: who meets which, and which of them won, and how sure that is."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from pydantic import Field, ValidationError

from .log import Arm, Store
from .monitoring import Metrics
from .settings import Section, Settings, refused

__all__ = ["MISMATCH", "Experiment", "Report", "Rules", "arm", "imbalance", "report", "rules"]

PARTS = 10_000
CHAMPION, CHALLENGER = ALIASES = ("champion", "challenger")
MISMATCH = 4.0  # standard deviations
POWER_80 = 0.842
SLACK = {"mean_ms": 0.5, "p99_ms": 1.0, "fallbacks": 0.005, "coverage": 0.0}


def arm(name: str, entity: str, share: float) -> bool:
    """Say whether `entity` meets the challenger of the experiment `name`.

    The answer depends on nothing else: no clock, no memory, no replica. A greater share keeps
    everybody who met the challenger before.

    Args:
        name: Another name draws anew, independently of this one.
        entity: Whoever must always meet the same version.
        share: Share of the entities that meet the challenger, in [0, 1].
    """
    digest = hashlib.blake2b(f"{name}\0{entity}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % PARTS < round(share * PARTS)


def imbalance(champion: int, challenger: int, share: float) -> float:
    """Return by how many standard deviations the arms' sizes miss the configured share.

    More than 4 is a fault of the experiment (sample ratio mismatch), not chance.
    """
    total = champion + challenger
    spread = (total * share * (1.0 - share)) ** 0.5
    return abs(challenger - total * share) / spread if spread else 0.0


class Rules(Section):
    """`[experiment]` of `config/service.toml`.

    Attributes:
        name: Another name draws the users anew, and begins a new experiment.
        challenger_share: Share of the users whom the challenger answers.
        users: How many users, of both arms, the verdict waits for.
        confidence: From which on a difference is one, in (0, 1).
        guardrail: What the challenger must not worsen, however much it is clicked.
        guardrail_margin: By which part of the champion's it may be worse.
    """

    name: str = Field(min_length=1)
    challenger_share: float = Field(gt=0, le=0.5)
    users: int = Field(gt=0)
    confidence: float = Field(gt=0.5, lt=1)
    guardrail: Literal["mean_ms", "p99_ms", "fallbacks", "coverage"]
    guardrail_margin: float = Field(ge=0)


def rules(settings: Settings) -> Rules:
    """Return the experiment's rules.

    Raises:
        ProjectError: A key is missing, unknown or out of its bounds.
    """
    try:
        return Rules.model_validate(settings.experiment)
    except ValidationError as error:
        raise refused(error, "experiment") from error


class Experiment:
    """Says which version answers a user, and shows how many met which."""

    aliases: tuple[str, ...] = ALIASES

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rules = rules(settings)
        self.name = self._rules.name

    def alias(self, entity: str) -> str:
        """Return the alias whose version answers `entity`."""
        met = arm(self.name, entity, self._rules.challenger_share)
        return CHALLENGER if met else CHAMPION

    def measure(self, metrics: Metrics) -> None:
        """Show how many users met which arm, and how far that is from what was wanted."""
        with closing(Store(self._settings)) as log:
            users = log.users(self.name)
        for alias in ALIASES:
            metrics.arm_users.labels(alias).set(users.get(alias, 0))
        sizes = users.get(CHAMPION, 0), users.get(CHALLENGER, 0)
        metrics.imbalance.set(imbalance(*sizes, self._rules.challenger_share))


@dataclass(frozen=True, slots=True)
class Report:
    """What an experiment came to.

    Attributes:
        winner: The better arm; None where none is, or nothing can be said.
        confidence: 1 less the chance of such a difference between equals, in [0, 1].
        lift: The challenger's share of users with a hit over the champion's, less 1.
        deviations: By how many standard deviations the arms' sizes miss the wanted share.
        guardrail: What the challenger worsens; empty where it does not.
        text: All of it for a person, as Markdown.
    """

    winner: str | None
    confidence: float
    lift: float
    deviations: float
    guardrail: str
    text: str


def report(arms: Mapping[str, Arm], rule: Rules) -> Report:
    """Judge an experiment by the users with a hit: users were drawn, so users are compared.

    Two proportions, two sides, corrected for continuity. Nobody wins before the planned number of
    users, in a split that is not the wanted one, or where one arm met several versions; a
    challenger that breaks the guardrail does not win either.
    """
    champion, challenger = arms.get(CHAMPION, Arm()), arms.get(CHALLENGER, Arm())
    chance = _chance(champion, challenger)
    deviations = imbalance(champion.users, challenger.users, rule.challenger_share)
    guardrail = _broken(champion, challenger, rule)
    before, after = _share(champion), _share(challenger)
    lift = after / before - 1.0 if before else math.inf if after else 0.0
    doubts = _doubts(champion, challenger, deviations, rule)
    winner = None
    if not doubts and 1.0 - chance >= rule.confidence:
        winner = CHALLENGER if after > before else CHAMPION
    if winner == CHALLENGER and guardrail:
        winner = None
    verdict = [*doubts, *([guardrail] if guardrail else []), _said(winner, chance, doubts)]
    text = _text(champion, challenger, rule, deviations, verdict)
    return Report(winner, 1.0 - chance, lift, deviations, guardrail, text)


def _share(one: Arm) -> float:
    return one.converted / one.users if one.users else 0.0


def _spread(champion: Arm, challenger: Arm) -> float:
    """Return the standard deviation of the difference of two equals' shares; 0 for nobody."""
    users = champion.users + challenger.users
    if not champion.users or not challenger.users:
        return 0.0
    share = (champion.converted + challenger.converted) / users
    return math.sqrt(share * (1 - share) * (1 / champion.users + 1 / challenger.users))


def _chance(champion: Arm, challenger: Arm) -> float:
    """Return the chance of at least such a difference between equals, in [0, 1]."""
    spread = _spread(champion, challenger)
    if not spread:
        return 1.0
    step = (1 / champion.users + 1 / challenger.users) / 2
    apart = max(0.0, abs(_share(champion) - _share(challenger)) - step)
    return math.erfc(apart / spread / math.sqrt(2))


def _broken(champion: Arm, challenger: Arm, rule: Rules) -> str:
    """Say by what the challenger breaks the guardrail, if it does."""
    name, slack = rule.guardrail, SLACK[rule.guardrail]
    if not champion.answers or not challenger.answers:
        return ""
    then, now = float(getattr(champion, name)), float(getattr(challenger, name))
    if name == "coverage":
        broken = now < then * (1 - rule.guardrail_margin)
    else:
        broken = now > then * (1 + rule.guardrail_margin) + slack
    told = f"guardrail: {name} is {now:.4g} with the challenger, {then:.4g} with the champion"
    return told if broken else ""


def _doubts(champion: Arm, challenger: Arm, deviations: float, rule: Rules) -> list[str]:
    """Return why nobody can have won."""
    found = []
    users = champion.users + challenger.users
    if deviations > MISMATCH:
        found.append(
            f"sample ratio mismatch: the split misses {rule.challenger_share:.0%} by"
            f" {deviations:.1f} standard deviations; the experiment is broken, find out why"
        )
    for alias, one in zip(ALIASES, (champion, challenger), strict=True):
        if len(one.versions) > 1:
            found.append(
                f"{alias} was version {' and '.join(one.versions)}: begin anew, under another name"
            )
    if users < rule.users:
        found.append(
            f"{users} of {rule.users} planned users: too early, whatever the figures say;"
            " who looks until one wins, finds one"
        )
    return found


def _said(winner: str | None, chance: float, doubts: list[str]) -> str:
    sure = f"confidence {1.0 - chance:.1%} (p = {chance:.4f})"
    if doubts:
        return f"no verdict; {sure}"
    return f"the {winner} wins; {sure}" if winner else f"nobody wins; {sure}"


def _text(
    champion: Arm, challenger: Arm, rule: Rules, deviations: float, verdict: list[str]
) -> str:
    before, after, spread = _share(champion), _share(challenger), _spread(champion, challenger)
    wide = NormalDist().inv_cdf((1.0 + rule.confidence) / 2.0)
    lines = [
        f"# Experiment {rule.name}",
        "",
        "| arm | version | users | with a hit | of them | answers | hits | mean ms | p99 ms"
        " | fallbacks | items |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for alias, one in zip(ALIASES, (champion, challenger), strict=True):
        lines.append(
            f"| {alias} | {', '.join(one.versions) or '-'} | {one.users} | {one.converted}"
            f" | {_share(one):.2%} | {one.answers} | {one.hits} | {one.mean_ms:.2f}"
            f" | {one.p99_ms:.2f} | {one.fallbacks:.2%} | {one.coverage} |"
        )
    lines += [
        "",
        f"Difference: {after - before:+.2%} of the users, give or take {wide * spread:.2%}"
        f" (confidence {rule.confidence:.0%}). So many users show a true difference of"
        f" {(wide + POWER_80) * spread:.2%} four times of five.",
        f"Split: {deviations:.1f} standard deviations from {rule.challenger_share:.0%};"
        f" more than {MISMATCH:.0f} is a fault.",
        "",
        *(f"- {one}" for one in verdict),
    ]
    return "\n".join(lines) + "\n"
