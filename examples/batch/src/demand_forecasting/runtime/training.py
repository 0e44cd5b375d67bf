"""From the panel to the version that scores: training, the gate, promotion, and the way back."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from . import ProjectError, UseCase, backtest, contracts, model
from .forecasting import Fitted
from .log import Progress
from .model import issue_passport, missing, project_version, read_passport
from .monitoring import describe
from .panel import DAY, SERIES, BySegment
from .registry import Registry
from .scoring import writing
from .settings import Settings

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "PREVIOUS",
    "Verdict",
    "gate",
    "promote",
    "rollback",
    "train",
]

CHAMPION = "champion"
CHALLENGER = "challenger"
PREVIOUS = "previous"
KEY = ("run_date", SERIES, DAY)


def train(
    settings: Settings,
    use_case: UseCase,
    registry: Registry,
    *,
    as_of: date | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    learn: Callable[..., backtest.Learnt] = backtest.learn,
) -> str:
    """Train, backtest and register one version; nothing is scored by it until it is promoted.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        registry: Where the version goes.
        as_of: Run date of the training; the configured one where not given.
        seed: Of the fit; the configured one where not given.
        progress: Where to say how far it is.
        learn: Where it is fitted: on this machine, or on others.

    Returns:
        The new version.
    """
    progress = progress or Progress(settings.backtest.windows + 3)
    seed = settings.training.seed if seed is None else seed
    progress.say("read and check the panel")
    panel, day = contracts.opened(settings, use_case, as_of)
    learnt = learn(settings, use_case, panel, day, seed=seed, progress=progress)
    fitted, scored = learnt.fitted, learnt.scored
    metrics = _metrics(settings, use_case, scored)
    progress.say("register")
    facts: dict[str, Any] = {"as_of": day.isoformat(), "seed": seed, "metrics": metrics}
    facts |= _data_facts(settings, panel, day) | _model_facts(fitted)
    golden = model.golden(settings, use_case, fitted, panel, day)
    with TemporaryDirectory() as name:
        folder = Path(name)
        with writing(folder):
            model.save(folder, fitted, golden)
            describe(settings, folder, learnt.table, panel, scored)
            scored.write_parquet(folder / "backtest.parquet")
        run_id = registry.open_run({**facts["parameters"], "as_of": day, "seed": seed})
        papers = issue_passport(settings.root, {**facts, "run_id": run_id, "model": registry.model})
        papers["project_version"] = project_version(settings.root)
        with writing(folder):
            (folder / "passport.json").write_text(json.dumps(papers, indent=2), encoding="utf-8")
            (folder / "MLmodel").write_text(_mlmodel(papers), encoding="utf-8")
        return registry.register(folder, run_id=run_id, metrics=metrics, tags=_tags(papers))


def _metrics(settings: Settings, use_case: UseCase, scored: pl.DataFrame) -> dict[str, float]:
    """Return every metric by name: of everything, of seasonal-naive, and of each part."""
    found: dict[str, float] = {}
    for part, values in backtest.measure_all(settings, use_case, scored).items():
        front = "" if part == "all" else f"{part}/"
        found |= {f"{front}{name}": value for name, value in values.items()}
    simple = backtest.measure(settings, use_case, scored, "naive")
    return found | {f"naive_{settings.gate.metric}": simple[settings.gate.metric]}


def _data_facts(settings: Settings, panel: pl.DataFrame, day: date) -> dict[str, Any]:
    seen = panel.filter(pl.col(settings.panel.time) < day).sort(
        *settings.panel.keys, settings.panel.time
    )
    digest = hashlib.sha256()
    for part in seen.iter_slices(200_000):
        digest.update(part.write_csv().encode())
    return {"data_sha256": digest.hexdigest(), "data_rows": seen.height}


def _model_facts(fitted: Fitted | BySegment) -> dict[str, Any]:
    each = [fitted] if isinstance(fitted, Fitted) else list(fitted.models.values())
    trees = sum(one.booster.num_trees() for one in each)
    gains = [one.booster.feature_importance("gain") for one in each]
    shares = sum(gain / max(float(gain.sum()), 1e-9) for gain in gains) / len(each)
    return {
        "features": list(each[0].names),
        "importance": dict(zip(each[0].names, shares.round(4).tolist(), strict=True)),
        "parameters": {**each[0].booster.params, "trees": trees, "models": len(each)},
    }


def _mlmodel(papers: Mapping[str, Any]) -> str:
    """Return what MLflow itself, and Unity Catalog, want to know of the version: YAML as JSON."""
    columns = [{"type": "double", "name": name, "required": False} for name in papers["features"]]
    said = [{"type": "double", "name": "forecast", "required": True}]
    return json.dumps(
        {
            "run_id": papers["run_id"],
            "flavors": {
                "lightgbm": {
                    "data": "model.lgb",
                    "lgb_version": papers["packages"]["lightgbm"],
                    "model_class": "lightgbm.basic.Booster",
                }
            },
            "signature": {"inputs": json.dumps(columns), "outputs": json.dumps(said)},
        }
    )


def _tags(papers: Mapping[str, Any]) -> dict[str, str]:
    wanted = ("as_of", "commit", "dirty", "template_version", "lock_sha256", "data_sha256")
    place = {name: str(papers["infrastructure"][name]) for name in ("job", "run", "cluster")}
    return {name: str(papers[name]) for name in (*wanted, "project_version")} | place


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a version, and why."""

    passed: bool
    reason: str


def gate(settings: Settings, use_case: UseCase, registry: Registry, version: str) -> Verdict:
    """Judge a version by its passport, against seasonal-naive, and against the champion.

    The champion is compared on run dates that neither has seen.
    """
    folder = registry.files(version)
    papers = read_passport(folder)
    lacking = missing(papers, strict=settings.environment.strict)
    if lacking:
        return Verdict(False, f"its passport lacks {', '.join(lacking)}")
    if set(papers["features"]) != set(settings.feature_names):
        return Verdict(False, "it was trained on other features than config/features.toml names")
    scored = pl.read_parquet(folder / "backtest.parquet")
    verdict = _against_naive(settings, use_case, scored)
    champion = registry.version_of(CHAMPION)
    if not verdict.passed or champion in (None, version):
        return verdict
    both = _on_the_same_days(settings, use_case, registry, str(champion), scored)
    return _against_champion(settings, use_case, both, str(champion), verdict)


def promote(settings: Settings, use_case: UseCase, registry: Registry, version: str) -> Verdict:
    """Let `version` be champion, if the gate lets it pass; the reason is stored either way.

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
            next_step="train a better one; `[gate]` of config/batch.toml holds the limits",
            code=3,
        )
    before = registry.aliases()
    if before.get(CHAMPION) != version:
        registry.point(PREVIOUS, before.get(CHAMPION))
    registry.point(CHAMPION, version)
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


def _against_naive(settings: Settings, use_case: UseCase, scored: pl.DataFrame) -> Verdict:
    rule = settings.gate
    own = backtest.measure(settings, use_case, scored)
    simple = backtest.measure(settings, use_case, scored, "naive").get(rule.metric, math.nan)
    value = own.get(rule.metric, math.nan)
    if math.isnan(value) or math.isnan(simple):
        return Verdict(False, f"evaluate.py gives no {rule.metric}")
    said = f"{rule.metric} is {value:.4f}, seasonal-naive has {simple:.4f}"
    said += f", margin {rule.margin:.1%}"
    if not value <= simple * (1 - rule.margin):
        return Verdict(False, said)
    bias = own.get("bias", 0.0)
    if not abs(bias) <= rule.bias_limit:
        return Verdict(False, f"bias is {bias:+.4f}, the limit is {rule.bias_limit}")
    return Verdict(True, said)


def _on_the_same_days(
    settings: Settings, use_case: UseCase, registry: Registry, champion: str, scored: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows of `scored` that the champion forecast too, with its `champion`.

    Its own backtest comes first. A run date that is not in it, but later than its training, it
    forecasts now, unless today's code or configuration is no longer its own.
    """
    folder = registry.files(champion)
    told = pl.read_parquet(folder / "backtest.parquet").select(
        *KEY, pl.col("forecast").alias("champion")
    )
    loaded = model.read(champion, folder)
    done = set(told.get_column("run_date").unique())
    days = [
        day
        for day in scored.get_column("run_date").unique().sort()
        if day not in done and day >= loaded.as_of
    ]
    if days:
        panel = contracts.opened(settings, use_case, None)[0]
        told = pl.concat([told, *_now(settings, use_case, loaded, panel, days)])
    return scored.join(told, on=list(KEY))


def _now(
    settings: Settings,
    use_case: UseCase,
    loaded: model.Model,
    panel: pl.DataFrame,
    days: Sequence[date],
) -> list[pl.DataFrame]:
    champion = pl.col("forecast").alias("champion")
    try:
        return [
            loaded.forecast(settings, use_case, panel, day).select(
                pl.lit(day).alias("run_date"), SERIES, DAY, champion
            )
            for day in days
        ]
    except ProjectError as error:
        # With other features or peers there would be no way forward: each successor would need it.
        if error.code != 3:
            raise
        return []


def _against_champion(
    settings: Settings, use_case: UseCase, both: pl.DataFrame, champion: str, verdict: Verdict
) -> Verdict:
    rule = settings.gate
    if both.is_empty():
        reason = f"{verdict.reason}; champion {champion} forecast none of the same days"
        return Verdict(True, reason)
    own = backtest.measure(settings, use_case, both)[rule.metric]
    other = backtest.measure(settings, use_case, both, "champion")[rule.metric]
    days = both.get_column("run_date").n_unique()
    said = f"; on {days} run dates {own:.4f}, champion {champion} has {other:.4f}"
    return Verdict(own <= other * (1 - rule.margin), verdict.reason + said)
