"""From events to the version that answers: training, the gate, promotion, and the way back."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from . import FORGET, Event, FloatArray, Neighbours, ProjectError, UseCase, model
from .broker import read_all
from .events import DAY_MS, Decoder, Mask, RefusedError
from .monitoring import Finding, Reference, compare, markdown, write_references
from .settings import Settings

if TYPE_CHECKING:  # MLflow takes a second to import
    from .registry import Registry
    from .state import Store

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "PREVIOUS",
    "Held",
    "Split",
    "Verdict",
    "gate",
    "histories",
    "promote",
    "rollback",
    "split",
    "train",
]

CHAMPION = "champion"
CHALLENGER = "challenger"
PREVIOUS = "previous"
SHORTEST = 3
KEPT_EVENTS = 10
SAMPLED_USERS = 2000
HELD = "held.msgpack"
History = Sequence[Event]


class Held(msgspec.Struct, array_like=True, frozen=True):
    """Some users, and the item that each went to next, which training never sees.

    Attributes:
        asked: Their newest events, oldest first; times count back from the last.
        wanted: The item that each went to next, as many as `asked`.
    """

    asked: list[list[tuple[int, str, str, str]]]
    wanted: list[str]


@dataclass(frozen=True, slots=True)
class Split:
    """What training sees, and what the evaluation asks.

    Attributes:
        histories: One user's events each, oldest first, without the hidden one.
        popular: Items by their weight in `histories`, most first.
    """

    histories: Sequence[History]
    popular: Sequence[str]
    held: Held


def histories(settings: Settings, use_case: UseCase[Any, Any], seed: int, count: int) -> list[list[Any]]:
    """Return every user's events, oldest first, by the fold's own rules of what counts twice.

    They come from the topic, where a broker is configured, else from `data.py`.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        seed: Of the made-up events.
        count: How many made-up events.
    """
    by_user: dict[str, dict[str, Any]] = {}
    for event in _events(settings, use_case, seed, count):
        mine = by_user.setdefault(event.user, {})
        if event.kind == FORGET:
            by_user[event.user] = {i: e for i, e in mine.items() if e.at > event.at}
        else:
            mine.setdefault(event.id, event)
    ordered = (sorted(mine.values(), key=lambda e: (e.at, e.id)) for mine in by_user.values())
    found = [mine for mine in ordered if mine]
    return sorted(found, key=lambda history: (history[0].at, history[0].id))


def _events(settings: Settings, use_case: UseCase[Any, Any], seed: int, count: int) -> Any:
    if not settings.environment.brokers:
        yield from use_case.events(seed, count)
        return
    decoder, mask = Decoder(settings, use_case), Mask(settings)
    now = time.time()
    limits = decoder.limits(now)
    since = round(now * 1000.0) - round(settings.stream.oldest_days * DAY_MS)
    for message in read_all(settings, settings.stream.topic, since_ms=since, group="training"):
        # What is no event was said by the worker already.
        with suppress(RefusedError):
            event = decoder.decode(message.value(), message.key(), limits)
            yield msgspec.structs.replace(event, user=mask.text(event.user))


def split(settings: Settings, use_case: UseCase[Any, Any], data: Sequence[History]) -> Split:
    """Hide the last item of some users, evenly over all of them.

    Raises:
        ProjectError: Nobody has three events.
    """
    long = [place for place, history in enumerate(data) if len(history) >= SHORTEST]
    if not long:
        raise ProjectError(
            f"of {len(data)} users nobody has {SHORTEST} events",
            next_step="wait for more events, or ask data.py for more",
        )
    step = max(1, len(long) // settings.training.compared_users)
    chosen = long[::step][: settings.training.compared_users]
    asked = set(chosen)
    seen = [history[:-1] if n in asked else history for n, history in enumerate(data)]
    scores: dict[str, float] = {}
    for history in seen:
        for event in history:
            scores[event.item] = scores.get(event.item, 0.0) + settings.weights.get(event.kind, 0.0)
    popular = sorted(scores, key=lambda item: (-scores[item], item))
    asked_of = [_nameless(use_case, seen[n]) for n in chosen]
    return Split(seen, popular, Held(asked_of, [data[n][-1].item for n in chosen]))


def _nameless(use_case: UseCase[Any, Any], history: History) -> list[tuple[int, str, str, str]]:
    """Return what the fold knows after a history, without what could tell whose it is."""
    recent = _folded(use_case, history).recent[-KEPT_EVENTS:]
    last = recent[-1][0]
    return [(at - last, "", item, kind) for at, _, item, kind in recent]


def _folded(use_case: UseCase[Any, Any], history: History) -> Any:
    state = None
    for event in history:
        state = use_case.fold(state, event)
    return state


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
        _write(Path(folder), settings, use_case, parts, neighbours, papers)
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
    lists = []
    for recent in held.asked:
        seen = model.shelf(recent, neighbours, popular, count=10, now=recent[-1][0], rules=rules)
        lists.append([item for item, _ in use_case.decide(seen)])
    return dict(use_case.evaluate(lists, held.wanted, max(1, len(popular))))


def _write(
    folder: Path,
    settings: Settings,
    use_case: UseCase[Any, Any],
    parts: Split,
    neighbours: Neighbours,
    papers: Mapping[str, Any],
) -> None:
    (folder / "passport.json").write_text(json.dumps(papers, indent=2), encoding="utf-8")
    (folder / "MLmodel").write_text(_mlmodel(papers), encoding="utf-8")
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
    columns = {
        "popularity": _ranks(counts, parts.popular),
        "history": np.array([float(len(_folded(use_case, h).recent)) for h in parts.histories]),
    }
    write_references(
        folder / "reference.json", {n: Reference.of(column) for n, column in columns.items()}
    )


def _ranks(counts: Mapping[str, float], popular: Sequence[str]) -> FloatArray:
    """Return the place in training of every item looked at, as often as it counts; NaN if new."""
    rank = {item: float(place) for place, item in enumerate(popular)}
    places = np.array([rank.get(item, math.nan) for item in counts], dtype=np.float64)
    return np.repeat(places, np.rint(list(counts.values())).astype(np.int64))


def drift(settings: Settings, registry: Registry, store: Store, use_case: UseCase[Any, Any]) -> tuple[str, bool]:
    """Compare what the store counted and knows with what the champion was trained on.

    Returns:
        The report, also written to `drift.md` in the data folder, and whether anything drifted.
    """
    champion = registry.version_of(CHAMPION)
    if champion is None:
        raise ProjectError("there is no champion", next_step="run `uv run poe promote VERSION`")
    findings, rows = found_drift(settings, model.Model(champion, registry.files(champion)), store, use_case)
    if not findings:
        return f"{rows} events counted: too few for a verdict\n", False
    report = markdown(findings, rows=rows, version=champion)
    (settings.environment.data / "drift.md").write_text(report, encoding="utf-8")
    return report, any(finding.drifted for finding in findings)


def found_drift(
    settings: Settings, champion: model.Model, store: Store, use_case: UseCase[Any, Any]
) -> tuple[list[Finding], int]:
    """Return each column's distance from training, and how many events that is from.

    Nothing is found where they are fewer than `[drift] minimum_rows`.
    """
    counts: dict[str, float] = {}
    for bucket in store.counts().values():
        for item, count in bucket.items():
            counts[item] = counts.get(item, 0.0) + count
    ranks = _ranks(counts, champion.popular)
    if len(ranks) < settings.drift.minimum_rows:
        return [], len(ranks)
    keys = list(islice(store.keys(), SAMPLED_USERS))
    load = use_case.state_type.load
    lengths = [float(len(load(kept).recent)) for kept in store.get_many(keys).values()]
    columns = {"popularity": ranks, "history": np.array(lengths, dtype=np.float64)}
    return compare(champion.references, columns, limit=settings.drift.psi_limit), len(ranks)


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


{% include 'templates/_shared/verdict.py' %}

def gate(
    settings: Settings, use_case: UseCase[Any, Any], registry: Registry, version: str
) -> Verdict:
    """Judge a version by its passport, and against popularity and the champion on the same users."""
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


{% include 'templates/_shared/rollback.py' %}

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
