"""Which version answers: the gate, promotion, and the way back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from . import ProjectError, UseCase, model, training
from .registry import Registry
from .settings import Settings

__all__ = ["CHALLENGER", "CHAMPION", "PREVIOUS", "Verdict", "gate", "promote", "rollback"]

CHAMPION = "champion"
CHALLENGER = "challenger"
PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a version, and why."""

    passed: bool
    reason: str


def gate(
    settings: Settings, use_case: UseCase[Any, BaseModel], registry: Registry, version: str
) -> Verdict:
    """Judge a version by its passport, and against the champion on the same held-out rows."""
    papers = model.read_passport(registry.files(version))
    lacking = model.missing(papers, strict=settings.environment.strict)
    metric = settings.gate.metric
    if metric not in (papers.get("metrics") or {}):
        lacking.append(f"metrics.{metric}")
    if lacking:
        return Verdict(False, f"its passport lacks {', '.join(lacking)}")
    if tuple(papers["features"]) != settings.feature_names:
        return Verdict(False, "it was trained on other features than config/features.toml names")
    held = training.split(settings, use_case, papers["seed"], papers["data_rows"])
    champion = registry.version_of(CHAMPION)
    candidate = _measure(settings, use_case, registry, version, held)
    if champion in (None, version) or candidate is None:
        return _judge(settings, candidate, champion, None)
    against = _measure(settings, use_case, registry, str(champion), held)
    return _judge(settings, candidate, champion, against)


def promote(
    settings: Settings,
    use_case: UseCase[Any, BaseModel],
    registry: Registry,
    version: str,
    *,
    alias: str = CHAMPION,
) -> Verdict:
    """Let `version` bear `alias`, if the gate lets it pass; the reason is stored either way.

    Raises:
        ProjectError: The gate refuses the version, or there is no such version.
    """
    verdict = gate(settings, use_case, registry, version)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    word = "passed" if verdict.passed else "refused"
    registry.tag(version, {"gate": word, "gate_reason": verdict.reason, "gate_at": now})
    if not verdict.passed:
        raise ProjectError(
            f"version {version} is refused: {verdict.reason}",
            next_step="train a better one; `[gate]` of config/service.toml holds the limits",
            code=3,
        )
    before = registry.aliases()
    if alias == CHAMPION and before.get(CHAMPION) != version:
        registry.point(PREVIOUS, before.get(CHAMPION))
    registry.point(alias, version)
    if alias == CHAMPION and before.get(CHALLENGER) == version:
        registry.point(CHALLENGER, None)
    return verdict


def rollback(registry: Registry) -> Mapping[str, str]:
    """Swap champion and previous; a second call swaps them back.

    Returns:
        The version by alias, afterwards.

    Raises:
        ProjectError: There is no version to go back to.
    """
    before = registry.aliases()
    if PREVIOUS not in before or CHAMPION not in before:
        raise ProjectError(
            "no version was champion before this one",
            next_step="promote another version: `uv run poe promote VERSION`",
            code=3,
        )
    registry.point(CHAMPION, before[PREVIOUS])
    registry.point(PREVIOUS, before[CHAMPION])
    return registry.aliases()


def _measure(
    settings: Settings,
    use_case: UseCase[Any, BaseModel],
    registry: Registry,
    version: str,
    held: training.Split,
) -> float | None:
    """Return the deciding metric on the held-out rows, or None where it cannot be had.

    A champion with other features cannot see these rows: its own record then stands for it.
    """
    metric = settings.gate.metric
    loaded = model.Model(version, registry.files(version))
    if loaded.names != settings.feature_names:
        recorded: Mapping[str, float] = loaded.passport["metrics"]
        return recorded.get(metric)
    return use_case.evaluate(held.held_target, loaded.predict(held.held_table)).get(metric)


def _judge(
    settings: Settings, candidate: float | None, champion: str | None, against: float | None
) -> Verdict:
    rule = settings.gate
    if candidate is None or math.isnan(candidate):
        return Verdict(False, f"evaluate.py gives no {rule.metric}")
    sign = 1.0 if rule.higher_is_better else -1.0
    said = f"{rule.metric} is {candidate:.4f}"
    if sign * (candidate - rule.floor) < 0:
        return Verdict(False, f"{said}, the limit is {rule.floor}")
    if against is None:
        return Verdict(True, f"{said}, the limit is {rule.floor}; no other champion to compare")
    said += f", champion {champion} has {against:.4f}, margin {rule.margin}"
    return Verdict(sign * (candidate - against) >= -rule.margin, said)
