"""What each archetype calls the places of its evidence, and what says nothing about it.

The criteria ask the same of every archetype; only this table knows that they are built otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Names:
    """One archetype; a module is named as in `Facts.module`.

    Attributes:
        config: The file with its thresholds.
        computed: Key of a feature's entry that lets the machinery compute it; empty: none does.
        reads: The function of data.py.
        serves: Module, and a function of it or what it imports, that gives answers or forecasts.
        delivered: What a test of the delivery is called, and what it calls.
        fingerprint: The call in training that takes the fingerprint of the data.
        age: Part of the metric that tells how old the model is.
        declares: Calls that declare a metric.
        foreign: Beginnings of metrics that the surroundings give, and not the package.
        silent: Part of the metric that tells that nothing is delivered any more.
        feedback: Module, function, the call that joins outcomes, the call that measures.
        shares: Module that computes what each feature brought, and by which name.
        reasons: What `decide` writes down as the reason of a decision.
        sides: Side, module, function and call: how features reach training and delivery.
        parity: The calls of a test that compares both sides.
        elsewhere: Modules that must know no feature.
        repeated: The verb that a schedule must start for drift; empty where each scrape asks.
        not_applicable: Why a criterion says nothing about this archetype, by its number.
    """

    config: str
    computed: str = ""
    reads: str
    serves: tuple[str, str]
    delivered: tuple[str, str]
    fingerprint: str
    age: str
    declares: tuple[str, ...]
    foreign: tuple[str, ...] = ()
    silent: str
    feedback: tuple[str, str, str, str]
    shares: tuple[str, str]
    reasons: str
    sides: tuple[tuple[str, str, str, str], ...]
    parity: tuple[str, str]
    elsewhere: tuple[str, ...]
    repeated: str = ""
    not_applicable: Mapping[int, str] = field(default_factory=dict)


ONLINE_SERVING: Final = Names(
    config="config/service.toml",
    reads="examples",
    serves=("runtime/app", "FastAPI"),
    delivered=("the interface is tested", "post"),
    fingerprint="fingerprint",
    age="model_age",
    # A package may bind them to its registry under small names.
    declares=("counter", "gauge", "histogram", "summary"),
    silent="ready",
    feedback=("runtime/cli", "feedback", "labelled", "evaluate"),
    shares=("runtime/model", "pred_contrib"),
    reasons="why",
    sides=(
        ("training", "runtime/model", "", "features"),
        ("serving", "runtime/scoring", "", "features"),
    ),
    parity=("table", "features"),
    elsewhere=(
        *("schemas", "train", "decide"),
        *("runtime/scoring", "runtime/training", "runtime/model", "runtime/app"),
    ),
    not_applicable={42: "online-serving delivers no batch: it answers"},
)
BATCH: Final = Names(
    config="config/batch.toml",
    computed="lag",
    reads="read",
    serves=("runtime/scoring", "score"),
    delivered=("a run is tested", "score"),
    fingerprint="_data_facts",
    age="model_created",
    declares=("set",),
    foreign=("kube_job_",),
    silent="success_timestamp",
    feedback=("runtime/backtest", "feedback", "truths", "measure_all"),
    shares=("runtime/training", "feature_importance"),
    reasons="method",
    sides=(
        ("training", "runtime/forecasting", "fit", "known"),
        ("scoring", "runtime/forecasting", "sees", "known"),
        ("what both call", "runtime/panel", "", "features"),
    ),
    parity=("fit", "forecast"),
    elsewhere=(
        *("schemas", "train"),
        *("runtime/scoring", "runtime/training", "runtime/model", "runtime/spark"),
    ),
    repeated="drift",
    not_applicable={
        7: "batch has no interface: it delivers a table",
        35: "batch has no interface that could be under load",
        36: "batch has no interface that could be open to anybody",
        41: "batch answers no requests: 42 says whether it delivers",
        59: "versions are compared on the same days, not on customers",
        60: "one version forecasts every series",
    },
)
ARCHETYPES: Final[Mapping[str, Names]] = {"online-serving": ONLINE_SERVING, "batch": BATCH}


def names_of(archetype: object) -> Names:
    """Return what an archetype calls things; another one is judged as online-serving is."""
    return ARCHETYPES.get(str(archetype), ONLINE_SERVING)
