"""From events to the champion: what is trained on, what the gate asks, and the way back."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer
from conftest import Configure, sent, work

from recommendations.runtime import ProjectError, cli, drift, history, model, training
from recommendations.runtime.broker import client, send
from recommendations.runtime.events import forgetting
from recommendations.runtime.registry import Registry
from recommendations.runtime.settings import Settings, load
from recommendations.runtime.state import open_store

ROOT = Path(__file__).parents[1]


def of(folder: Path, **changes: Any) -> tuple[Settings, Registry]:
    own = load(ROOT, {"SERVICE_DATA_DIR": str(folder)}, **changes)
    return own, Registry(own)


def test_a_version_has_a_passport_that_lacks_nothing(trained: tuple[Path, str]) -> None:
    own, registry = of(trained[0])
    metric = own.gate.metric
    papers = model.read_passport(registry.files(trained[1]))
    assert model.missing(papers, strict=False) == []
    assert papers["metrics"][metric] > papers["metrics"][f"popular_{metric}"]
    assert papers["parameters"]["method"] in own.training.methods


def test_of_several_methods_the_best_is_registered_and_the_passport_names_it(
    fresh: Path, use_case: Any
) -> None:
    class Two(type(use_case)):  # type: ignore[misc]
        @staticmethod
        def fit(histories: Any, *, method: str, weights: Any) -> Any:
            chosen = use_case.fit(histories, method=own.training.methods[0], weights=weights)
            return {} if method == "nothing" else chosen

    own, _ = of(fresh)
    for methods in (["some", "nothing"], ["nothing", "some"]):
        both, registry = of(fresh, training={"events": 4000, "methods": methods})
        papers = model.read_passport(registry.files(training.train(both, Two(), registry)))
        metric, found = own.gate.metric, papers["metrics"]
        assert papers["parameters"]["method"] == "some"
        assert found[metric] == found[f"{metric}_some"] > found[f"{metric}_nothing"]


def test_the_same_events_give_the_same_version(trained: tuple[Path, str], fresh: Path) -> None:
    own, registry = of(fresh, training={"events": 8000})
    again = training.train(own, cli.USE_CASE, registry)
    first, second = (registry.files(version) for version in (trained[1], again))
    for name in ("neighbours.msgpack", "popular.json", "held.msgpack", "golden.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_what_is_held_back_is_never_trained_on_and_names_nobody(use_case: Any) -> None:
    own, _ = of(Path("unused"))
    data = history.histories(own, use_case, 7, 4000)
    parts = history.split(own, use_case, data)
    assert sum(map(len, parts.histories)) == sum(map(len, data)) - len(parts.held.wanted)
    kept = json.dumps([parts.held.asked, parts.held.wanted])
    assert not any(
        event.user in kept.split('"') or event.id in kept.split('"')
        for one in data
        for event in one
    )
    assert all(recent[-1][0] == 0 for recent in parts.held.asked)


def test_what_counts_nothing_was_wanted_by_nobody(use_case: Any) -> None:
    own, _ = of(Path("unused"), training={"compared_users": 100_000})
    data = history.histories(own, use_case, 7, 4000)
    long = [one for one in data if len(one) >= history.SHORTEST]
    kinds = {one[-1].kind for one in long}
    first, *others = [f for f in own.feature if f.name in kinds and f.weight > 0]
    nothing = (first.model_copy(update={"weight": 0.0}), *others)
    parts = history.split(own.model_copy(update={"feature": nothing}), use_case, data)
    counting = {feature.name for feature in others}
    assert parts.held.wanted == [one[-1].item for one in long if one[-1].kind in counting]


def test_training_sees_a_user_as_the_worker_does(use_case: Any) -> None:
    own, _ = of(Path("unused"))
    data = history.histories(own, use_case, 7, 4000)
    longest = max(data, key=len)
    state = None
    for event in longest:
        state = use_case.fold(state, event)
    assert history.folded(use_case, longest) == state


def test_the_topic_is_the_history_where_there_is_a_broker(
    configure: Configure, use_case: Any
) -> None:
    settings = configure()
    events = list(use_case.events(3, 1500))
    forgotten = events[0].user
    sent(settings, [*events, *events[:100]])
    wish = [(forgotten, forgetting(use_case, forgotten))]
    send(Producer(client(settings)), settings.stream.topic, wish)
    sent(settings, events[:100])  # a producer that begins again brings nobody back
    told = history.histories(settings, use_case, 0, 0)
    assert sum(map(len, told)) == sum(event.user != forgotten for event in events)
    assert forgotten not in {event.user for one in told for event in one}


def test_events_on_which_the_fold_fails_are_not_trained_on(
    configure: Configure, use_case: Any
) -> None:
    class Fussy(type(use_case)):  # type: ignore[misc]
        def fold(self, known: Any, event: Any) -> Any:
            return {}[event.user] if event.id in poison else use_case.fold(known, event)

    own = configure({"SERVICE_BROKERS": ""})
    events = list(use_case.events(3, 1500))
    poison = {event.id for event in events[::100]}
    told = history.histories(own, Fussy(), 3, 1500)
    assert {e.id for one in told for e in one} == {e.id for e in events} - poison
    poison = {event.id for event in events}
    with pytest.raises(ProjectError, match=r"took no event: KeyError at test_training\.py:"):
        history.histories(own, Fussy(), 3, 1500)


def test_a_version_no_better_than_popularity_is_refused_and_the_reason_is_kept(
    fresh: Path, use_case: Any
) -> None:
    class Lazy(type(use_case)):  # type: ignore[misc]
        @staticmethod
        def fit(*_: Any, **__: Any) -> dict[str, list[tuple[str, float]]]:
            return {}

    own, registry = of(fresh, training={"events": 4000})
    version = training.train(own, Lazy(), registry)
    with pytest.raises(ProjectError, match="popularity has"):
        training.promote(own, use_case, registry, version)
    assert registry.tags_of(version)["gate"] == "refused"
    assert registry.version_of("champion") == "1"


def test_the_gate_asks_for_the_configured_lift(fresh: Path, use_case: Any) -> None:
    own, registry = of(fresh, gate={"lift": 1e6})
    verdict = training.gate(own, use_case, registry, "1")
    assert not verdict.passed
    assert "times 1000000.0 wanted" in verdict.reason


def test_the_gate_refuses_a_version_that_is_worse_than_the_champion(
    fresh: Path, use_case: Any
) -> None:
    own, registry = of(fresh)
    few = history.histories(own, use_case, 7, 8000)[:150]
    version = training.train(own, use_case, registry, data=few)
    lenient, _ = of(fresh, gate={"lift": 0.0})
    folder = registry.files(version)
    (folder / "held.msgpack").write_bytes((registry.files("1") / "held.msgpack").read_bytes())
    with pytest.raises(ProjectError, match="champion 1 has"):
        training.promote(lenient, use_case, registry, version)


def test_the_gate_refuses_a_passport_that_lacks_any_field(fresh: Path, use_case: Any) -> None:
    own, registry = of(fresh)
    path = registry.files("1") / "passport.json"
    papers = json.loads(path.read_text())
    for name in model.REQUIRED:
        path.write_text(json.dumps({key: papers[key] for key in papers if key != name}))
        assert f"passport lacks {name}" in training.gate(own, use_case, registry, "1").reason


def test_a_model_file_that_is_cut_in_half_is_refused(fresh: Path, use_case: Any) -> None:
    _, registry = of(fresh)
    path = registry.files("1") / "neighbours.msgpack"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ProjectError, match="damaged"):
        model.load("1", registry.files("1"), use_case)


def test_a_version_for_other_code_is_refused(fresh: Path, use_case: Any) -> None:
    _, registry = of(fresh)

    class Other(type(use_case)):  # type: ignore[misc]
        @staticmethod
        def decide(shelf: Any) -> list[tuple[str, float]]:
            return list(reversed(use_case.decide(shelf)))

    with pytest.raises(ProjectError, match="no longer recommends"):
        model.load("1", registry.files("1"), Other())


def test_rolling_back_swaps_and_swaps_again(fresh: Path, use_case: Any) -> None:
    own, registry = of(fresh, training={"events": 8000}, gate={"margin": 1.0})
    with pytest.raises(ProjectError, match="no version was champion before"):
        training.rollback(registry)
    second = training.train(own, use_case, registry)
    training.promote(own, use_case, registry, second)
    assert training.rollback(registry)["champion"] == "1"
    assert training.rollback(registry)["champion"] == second


@pytest.mark.usefixtures("fresh")
def test_drift_is_seen_in_what_is_looked_at(configure: Configure, use_case: Any) -> None:
    settings = configure()
    events = list(use_case.events(7, 8000))
    sent(settings, events)
    work(settings, len(events))
    champion = model.Model("1", Registry(settings).files("1"))
    store = open_store(settings)
    same, rows = drift.found_drift(settings, champion, store, use_case)
    assert rows >= settings.drift.minimum_rows
    fashion = [
        msgspec.structs.replace(e, id=f"x{n}", user=f"u{n}", item=champion.popular[-1])
        for n, e in enumerate(events)
    ]
    sent(settings, fashion)
    work(settings, len(fashion))
    other, _ = drift.found_drift(settings, champion, store, use_case)
    now = {finding.column: finding for finding in other}
    then = {finding.column: finding for finding in same}
    assert not then["popularity"].drifted
    assert now["popularity"].drifted
    store.close()


def test_too_few_events_give_no_verdict(fresh: Path, use_case: Any) -> None:
    own, registry = of(fresh)
    store = open_store(own)
    report, drifted = drift.drift(own, registry, store, use_case)
    assert "too few" in report
    assert not drifted
    store.close()


def test_an_unknown_method_says_which_there_are(configure: Configure, use_case: Any) -> None:
    settings = configure()
    with pytest.raises(ProjectError, match=settings.training.methods[0]):
        use_case.fit([], method="magic", weights={})


def test_configuration_out_of_bounds_names_its_key(configure: Configure) -> None:
    with pytest.raises(ProjectError, match=r"stream\.batch"):
        configure(stream={"batch": 0})
    with pytest.raises(ProjectError, match="SERVICE_BROKERS"):
        client(load(ROOT, {}))
