"""From events to the version that answers: training, the gate, promotion, and the way back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from . import Neighbours, ProjectError, UseCase, model
from .drift import references
from .history import Held, History, Split, folded, histories, split
from .monitoring import write_references
from .settings import Settings

if TYPE_CHECKING:  # MLflow takes a second to import
    from .registry import Registry

__all__ = ["CHALLENGER", "CHAMPION", "PREVIOUS", "Verdict", "gate", "promote", "rollback", "train"]

CHAMPION = "champion"
CHALLENGER = "challenger"
PREVIOUS = "previous"
HELD = "held.msgpack"


def train(
    settings: Settings,
    use_case: UseCase[Any, Any],
    registry: Registry,
    *,
    seed: int | None = None,
    events: int | None = None,
    data: Sequence[History] | None = None,
) -> str:
    """Train by every configured method, and register the best; nobody meets it until promoted.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        registry: Where the version goes.
        seed: Of the made-up events; the configured one where not given.
        events: How many made-up events; the configured number where not given.
        data: Histories, where they are at hand.

    Returns:
        The new version.
    """
    seed = settings.training.seed if seed is None else seed
    count = settings.training.events if events is None else events
    data = histories(settings, use_case, seed, count) if data is None else data
    parts = split(settings, use_case, data)
    method, neighbours, metrics = _best(settings, use_case, parts)
    rows = sum(map(len, data))
    parameters = {"method": method, "rows": rows, "users": len(data), "seed": seed}
    run_id = registry.open_run(parameters)
    facts = {
        "run_id": run_id,
        "seed": seed,
        "metrics": metrics,
        "parameters": parameters,
        "data_sha256": model.fingerprint(data),
        "data_rows": rows,
        "data_events": count,
        "features": sorted(settings.weights),
        "model": registry.model,
    }
    papers = model.issue_passport(settings.root, facts)
    with TemporaryDirectory() as folder:
        _write(Path(folder), settings, use_case, parts, neighbours)
        _describe(Path(folder), papers)
        return registry.register(Path(folder), run_id=run_id, metrics=metrics, tags=_tags(papers))


def _best(
    settings: Settings, use_case: UseCase[Any, Any], parts: Split
) -> tuple[str, Neighbours, dict[str, float]]:
    """Return the method, its neighbours and metrics, that reaches most of the gate's metric."""
    found = []
    for method in settings.training.methods:
        neighbours = use_case.fit(parts.histories, method=method, weights=settings.weights)
        measured = _measure(settings, use_case, parts.held, neighbours, parts.popular)
        found.append((measured.get(settings.gate.metric, -math.inf), method, neighbours, measured))
    _, method, neighbours, measured = max(found, key=lambda one: one[0])
    base = _measure(settings, use_case, parts.held, {}, parts.popular)
    metrics = {**measured, **{f"popular_{name}": value for name, value in base.items()}}
    for value, other, _, _ in found:
        metrics[f"{settings.gate.metric}_{other}"] = value
    return method, neighbours, metrics


def _measure(
    settings: Settings,
    use_case: UseCase[Any, Any],
    held: Held,
    neighbours: Neighbours,
    popular: Sequence[str],
) -> dict[str, float]:
    """Return metrics of recommending to those whose next item is hidden; none is held back."""
    rules = {**settings.decision, "hide_seen": False}
    most = settings.service.largest_count
    lists = []
    for recent in held.asked:
        seen = model.shelf(recent, neighbours, popular, count=most, now=recent[-1][0], rules=rules)
        lists.append([item for item, _ in use_case.decide(seen)])
    return dict(use_case.evaluate(lists, held.wanted, max(1, len(popular))))


def _describe(folder: Path, papers: Mapping[str, Any]) -> None:
    (folder / "passport.json").write_text(json.dumps(papers, indent=2), encoding="utf-8")
    (folder / "MLmodel").write_text(_mlmodel(papers), encoding="utf-8")


def _write(
    folder: Path,
    settings: Settings,
    use_case: UseCase[Any, Any],
    parts: Split,
    neighbours: Neighbours,
) -> None:
    model.write_neighbours(folder, neighbours, parts.popular)
    (folder / HELD).write_bytes(msgspec.msgpack.encode(parts.held))
    golden = model.golden_rows(
        use_case, parts.held.asked, neighbours, parts.popular, settings.decision
    )
    (folder / "golden.json").write_text(golden, encoding="utf-8")
    counts: dict[str, float] = {}
    for history in parts.histories:
        for event in history:
            weight = settings.weights.get(event.kind, 0.0)
            counts[event.item] = counts.get(event.item, 0.0) + weight
    lengths = [float(len(folded(use_case, one).recent)) for one in parts.histories]
    write_references(folder / "reference.json", references(counts, lengths, parts.popular))


def _mlmodel(papers: Mapping[str, Any]) -> str:
    """Return what MLflow itself, and Unity Catalog, want to know of the version: YAML as JSON."""
    asked = [{"type": "string", "name": "user", "required": True}]
    answered = [{"type": "string", "name": "item", "required": True}]
    return json.dumps(
        {
            "run_id": papers["run_id"],
            "flavors": {"recommendation": {"data": "neighbours.msgpack", "code": papers["commit"]}},
            "signature": {"inputs": json.dumps(asked), "outputs": json.dumps(answered)},
        }
    )


def _tags(papers: Mapping[str, Any]) -> dict[str, str]:
    wanted = ("commit", "dirty", "template_version", "lock_sha256", "data_sha256")
    return {name: str(papers[name]) for name in wanted}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a version, and why."""

    passed: bool
    reason: str


def gate(
    settings: Settings, use_case: UseCase[Any, Any], registry: Registry, version: str
) -> Verdict:
    """Judge a version by its passport, and against popularity and champion on the same users."""
    folder = registry.files(version)
    papers = model.read_passport(folder)
    lacking = model.missing(papers, strict=settings.environment.strict)
    metric = settings.gate.metric
    if metric not in (papers.get("metrics") or {}):
        lacking.append(f"metrics.{metric}")
    if lacking:
        return Verdict(False, f"its passport lacks {', '.join(lacking)}")
    if set(papers["features"]) != set(settings.weights):
        return Verdict(False, "it was trained on other kinds than config/features.toml names")
    held = msgspec.msgpack.decode((folder / HELD).read_bytes(), type=Held)
    candidate = model.load(version, folder, use_case)
    champion = registry.version_of(CHAMPION)
    found = [
        _measure(settings, use_case, held, candidate.neighbours, candidate.popular).get(metric),
        _measure(settings, use_case, held, {}, candidate.popular).get(metric),
    ]
    if champion not in (None, version):
        other = model.Model(str(champion), registry.files(str(champion)))
        found.append(
            _measure(settings, use_case, held, other.neighbours, other.popular).get(metric)
        )
    return _judge(settings, champion, *found)


def promote(
    settings: Settings,
    use_case: UseCase[Any, Any],
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


def _judge(
    settings: Settings,
    champion: str | None,
    mine: float | None,
    popular: float | None,
    against: float | None = None,
) -> Verdict:
    rule = settings.gate
    if mine is None or math.isnan(mine) or popular is None:
        return Verdict(False, f"evaluate.py gives no {rule.metric}")
    least = popular * rule.lift
    said = f"{rule.metric} is {mine:.4f}, popularity has {popular:.4f}, times {rule.lift} wanted"
    if mine < least or mine <= popular:
        return Verdict(False, said)
    if against is None:
        return Verdict(True, f"{said}; no other champion to compare")
    said += f"; champion {champion} has {against:.4f}, margin {rule.margin}"
    return Verdict(mine >= against - rule.margin, said)
