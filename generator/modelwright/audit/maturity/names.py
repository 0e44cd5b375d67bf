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
        app: The module with the routes.
        feature: The feature function in features.py.
        kinds: The type in schemas.py that lists the features, where the function writes none.
        described: Module and class of each form that the interface's description holds.
        request: The class in schemas.py that is sent from outside.
        notices: Module, function and call that notice what is unlike the training data.
        unlike: The words that tests of that know.
        careful: Module, function and word: who decides such a case with care.
        counted: Part of the metric that counts such cases, and the log's field that marks them.
        kept: The fields of a log's record.
        logs: The module that hands records to the log.
        compares: Module and call that compare distributions again and again.
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
    app: str = "runtime/app"
    feature: str = "features"
    kinds: str = ""
    described: tuple[tuple[str, str], ...] = (("schemas", "Request"), ("schemas", "Response"))
    request: str = "Request"
    notices: tuple[str, str, str] = ("runtime/model", "scored", "knows")
    unlike: tuple[str, ...] = ("outside", "outside_training_range")
    careful: tuple[str, str, str] = ("decide", "decide", "outside")
    counted: tuple[str, str] = ("outside", "outside")
    kept: tuple[str, ...] = ("request", "features", "score", "response", "version")
    logs: str = "runtime/scoring"
    compares: tuple[str, str] = ("runtime/monitoring", "compare")
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
STREAMING: Final = Names(
    config="config/service.toml",
    reads="events",
    serves=("runtime/server", "FastAPI"),
    delivered=("the interface is tested", "post"),
    fingerprint="fingerprint",
    age="model_age",
    declares=("counter", "gauge", "histogram", "Counter", "Gauge", "Histogram"),
    silent="ready",
    feedback=("runtime/cli", "_feedback", "feedback", "arms"),
    shares=("runtime/recommending", "neighbours"),
    reasons="neighbours",
    sides=(
        ("training", "runtime/history", "", "folded"),
        ("what training folds with", "runtime/folding", "folded", "fold"),
        ("the worker", "runtime/folding", "fold", "fold"),
    ),
    parity=("straight", "work"),
    elsewhere=(
        *("schemas", "decide", "runtime/training", "runtime/model"),
        *("runtime/recommending", "runtime/server", "runtime/folding", "runtime/worker"),
    ),
    app="runtime/server",
    feature="fold",
    kinds="Kind",
    described=(("runtime/server", "Answer"), ("runtime/server", "Shown")),
    request="Event",
    notices=("runtime/recommending", "similar", "cold"),
    unlike=("unknown item", "unknown user"),
    careful=("runtime/recommending", "_recent", "UNKNOWN_USER"),
    counted=("fallbacks", "fallback"),
    kept=("user", "items", "version", "fallback", "latency"),
    logs="runtime/recommending",
    compares=("runtime/server", "found_drift"),
    not_applicable={42: "streaming-recommendation delivers no batch: it answers"},
)
ARCHETYPES: Final[Mapping[str, Names]] = {
    "online-serving": ONLINE_SERVING,
    "batch": BATCH,
    "streaming-recommendation": STREAMING,
}


def names_of(archetype: object) -> Names:
    """Return what an archetype calls things; another one is judged as online-serving is."""
    return ARCHETYPES.get(str(archetype), ONLINE_SERVING)
