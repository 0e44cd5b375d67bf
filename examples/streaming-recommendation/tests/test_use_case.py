"""Your six modules: what must hold of them whatever they do. Replace what is about the sample."""

import importlib.util
import json
import os
import sys
from functools import reduce
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations import data, decide, evaluate, features, schemas, train
from recommendations.runtime import ProjectError, Shelf, cli, model, training
from recommendations.runtime.registry import Registry
from recommendations.runtime.settings import load

# One message of every version that was ever sent. A change that cannot read one is refused here.
MESSAGES = {
    1: '{"v":1,"id":"a","user":"u","item":"i","at":1767225600.5}',
    2: '{"v":2,"id":"a","user":"u","item":"i","at":1767225600500,"kind":"basket"}',
}
KEPT = [b"\x92\x01\x91\x94\xcd\x03\xe8\xa1a\xa1i\xa4view"]  # a state of version 1
RULES = {"hide_seen": True, "looks_back": 10, "fades": 0.8, "lost_interest_hours": 168.0}
WEIGHTS = {"view": 1.0, "basket": 2.0, "purchase": 3.0}


def click(number: int, at: int, kind: str = "view", user: str = "u") -> schemas.Event:
    return schemas.Event(f"e{number}", user, at, "" if kind == "forget" else f"i{number % 7}", kind)


def folded(events: list[schemas.Event]) -> features.State | None:
    return reduce(features.fold, events, None)


clicks = st.builds(
    click,
    number=st.integers(0, 40),
    at=st.integers(0, 50),
    kind=st.sampled_from(["view", "basket", "purchase", "forget"]),
)
alike = st.lists(clicks, max_size=40, unique_by=lambda e: (e.at, e.id))


@given(alike.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))))
def test_the_order_in_which_events_come_changes_nothing(both: tuple[list, list]) -> None:
    first, second = both
    assert folded(first) == folded(second)


@given(alike, st.integers(1, 4))
def test_an_event_that_comes_again_changes_nothing(events: list, times: int) -> None:
    assert folded(events * times) == folded(events)


@given(alike)
def test_what_changes_nothing_returns_the_very_same_state(events: list) -> None:
    state = folded(events)
    for event in events:
        assert features.fold(state, event) is state


@given(alike)
def test_the_window_holds_the_newest_and_no_more(events: list) -> None:
    several = [event for event in events if event.kind != "forget"]
    newest = sorted((e.at, e.id, e.item, e.kind) for e in several)[-features.WINDOW :]
    state = folded(several)
    assert list(state.recent if state else ()) == newest


def test_a_user_with_many_events_keeps_a_small_state() -> None:
    state = folded([click(number, number) for number in range(100_000)])
    assert state is not None
    assert len(state.recent) == features.WINDOW
    assert len(state.dump()) < 2000


def test_whoever_is_forgotten_stays_so_when_old_events_come_again() -> None:
    events = [click(1, 10), click(2, 20)]
    state = folded([*events, click(3, 30, "forget"), *events])
    assert state is not None
    assert state.recent == ()
    assert [e[2] for e in features.fold(state, click(4, 40)).recent] == ["i4"]


def test_a_session_ends_where_half_an_hour_is_silent() -> None:
    gap = features.SESSION_GAP
    state = folded([click(1, 0), click(2, gap + 1), click(3, gap + 5)])
    assert state is not None
    assert [entry[1] for entry in features.session(state.recent)] == ["e2", "e3"]
    assert features.session(()) == ()


@given(alike)
def test_a_state_is_read_as_it_was_kept(events: list) -> None:
    state = folded(events)
    if state is not None:
        assert features.State.load(state.dump()) == state


@pytest.mark.parametrize("kept", KEPT)
def test_a_state_of_an_older_version_is_brought_up_to_date(kept: bytes) -> None:
    state = features.State.load(kept)
    assert state.version == features.VERSION
    assert state.recent == ((1000, "a", "i", "view"),)
    assert state.forgotten == features.NEVER


@pytest.mark.parametrize("version", MESSAGES)
def test_a_message_of_every_version_is_still_read(version: int) -> None:
    event = msgspec.json.decode(MESSAGES[version], type=schemas.READS).newest()
    assert (event.user, event.item, event.at) == ("u", "i", 1_767_225_600_500)


def test_a_field_that_nobody_knows_yet_is_left_alone() -> None:
    told = json.loads(MESSAGES[2]) | {"device": {"kind": "phone"}}
    assert msgspec.json.decode(json.dumps(told), type=schemas.READS).newest().item == "i"


@settings(max_examples=30)
@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_ids_may_be_any_text(user: str, item: str) -> None:
    event = schemas.Event("e", user, 1, item)
    try:
        sent = msgspec.json.encode(event)
    except UnicodeEncodeError:
        return  # half a character is no text that JSON could carry
    assert msgspec.json.decode(sent, type=schemas.READS) == event


def test_the_made_up_stream_is_the_same_for_the_same_seed_and_in_order() -> None:
    events = list(data.events(5, 3000))
    assert events == list(data.events(5, 3000))
    assert events != list(data.events(6, 3000))
    assert [e.at for e in events] == sorted(e.at for e in events)
    assert len({e.id for e in events}) == 3000


def test_what_is_looked_at_together_becomes_neighbours() -> None:
    histories = [
        [schemas.Event(f"{u}{n}", f"u{u}", n * 1000, item) for n, item in enumerate(items)]
        for u, items in enumerate([("a", "b"), ("a", "b"), ("a", "c"), ("d", "e")])
    ]
    found = train.fit(histories, method="covisitation", weights=WEIGHTS)
    assert [item for item, _ in found["a"]] == ["b", "c"]
    assert [item for item, _ in found["d"]] == ["e"]
    assert all(0 < strength <= 1 for near in found.values() for _, strength in near)


@pytest.fixture
def _als() -> None:
    if importlib.util.find_spec("implicit") is None:
        if os.environ.get("REQUIRE_ALS"):
            pytest.fail("REQUIRE_ALS is set, and implicit is not installed")
        pytest.skip("implicit is not installed: uv sync --group als")


@pytest.mark.usefixtures("_als")
def test_factorisation_finds_what_the_same_people_look_at() -> None:
    worlds = ["abcd", "efgh"]
    histories = [
        [schemas.Event(f"{u}{n}", f"u{u}", n, item) for n, item in enumerate(worlds[u % 2])]
        for u in range(40)
    ]
    found = train.fit(histories, method="als", weights=WEIGHTS)
    assert found == train.fit(histories, method="als", weights=WEIGHTS)
    assert {item for item, _ in found["a"][:3]} == {"b", "c", "d"}
    assert {item for item, _ in found["h"][:3]} == {"e", "f", "g"}
    assert all(0 < strength <= 1 for near in found.values() for _, strength in near)


@pytest.mark.usefixtures("_als")
def test_both_methods_are_compared_and_the_better_one_is_promoted(tmp_path: Path) -> None:
    both = {"methods": ["als", "covisitation"], "events": 8000}
    own = load(Path(__file__).parents[1], {"SERVICE_DATA_DIR": str(tmp_path)}, training=both)
    registry = Registry(own)
    version = training.train(own, cli.USE_CASE, registry)
    papers = model.read_passport(registry.files(version))
    metric, metrics = own.gate.metric, papers["metrics"]
    reached = {name: metrics[f"{metric}_{name}"] for name in own.training.methods}
    assert all(value > metrics[f"popular_{metric}"] for value in reached.values()), reached
    assert papers["parameters"]["method"] == max(reached, key=reached.__getitem__)
    assert metrics[metric] == max(reached.values())
    assert training.promote(own, cli.USE_CASE, registry, version).passed


def test_factorisation_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "implicit.als", None)
    with pytest.raises(ProjectError, match="implicit is not installed"):
        train.fit([], method="als", weights=WEIGHTS)


def shelf(**changes: object) -> Shelf:
    base = {
        "recent": ((0, "1", "a", "view"),),
        "neighbours": {"a": [("b", 0.5), ("c", 0.4)], "b": [("a", 0.9)]},
        "trending": ["t", "b", "u"],
        "hidden": frozenset(),
        "count": 4,
        "now": 1000,
        "rules": RULES,
    }
    return Shelf(**{**base, **changes})  # type: ignore[arg-type]


def shown(given_shelf: Shelf) -> list[str]:
    return [item for item, _ in decide.decide(given_shelf)]


def test_neighbours_come_first_and_what_is_trending_fills_the_rest() -> None:
    assert decide.decide(shelf(count=3)) == [("b", 0.5), ("c", 0.4), ("t", 0.0)]
    assert shown(shelf()) == ["b", "c", "t", "u"]
    assert shown(shelf(count=1)) == ["b"]


def test_nothing_hidden_and_nothing_seen_is_shown() -> None:
    assert shown(shelf(hidden=frozenset({"b", "t"}))) == ["c", "u"]
    seen = ((0, "1", "b", "view"), (1, "2", "a", "view"))
    assert shown(shelf(recent=seen)) == ["c", "t", "u"]
    assert "a" in shown(shelf(recent=seen, rules=RULES | {"hide_seen": False}))


def test_somebody_unknown_and_an_item_in_no_model_get_what_is_trending() -> None:
    assert shown(shelf(recent=())) == ["t", "b", "u"]
    assert shown(shelf(recent=((0, "1", "never seen", "view"),))) == ["t", "b", "u"]


def test_an_interest_is_lost_after_a_while() -> None:
    assert shown(shelf(now=169 * 3600 * 1000)) == ["t", "b", "u"]


def test_metrics_count_what_was_found_and_where() -> None:
    found = evaluate.evaluate([["a", "b"], ["c"], ["d"]], ["b", "c", "x"], items=10)
    assert found["recall_at_10"] == pytest.approx(2 / 3)
    assert found["ndcg_at_10"] == pytest.approx((1 + 0.6309297) / 3)
    assert found["coverage"] == pytest.approx(0.4)
