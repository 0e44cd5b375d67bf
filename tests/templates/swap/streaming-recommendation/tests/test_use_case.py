"""The songs use case."""

from functools import reduce

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from PACKAGE.data import events
from PACKAGE.decide import decide
from PACKAGE.evaluate import evaluate
from PACKAGE.features import VERSION, WINDOW, State, fold
from PACKAGE.runtime import ProjectError, Shelf
from PACKAGE.schemas import READS, Event
from PACKAGE.train import fit

WEIGHTS = {"play": 1.0, "like": 4.0, "skip": 0.0}
RULES = {"like": 3.0, "full_seconds": 180.0, "fades": 0.5}
NEIGHBOURS = {"a": [("b", 0.5)], "c": [("d", 0.4)]}
MESSAGES = {
    3: b'{"v":3,"id":"1","user":"u","song":"a","at":5,"minutes":0.5}',
    4: b'{"v":4,"id":"1","user":"u","song":"a","at":5,"kind":"play","seconds":30}',
}

listening = st.builds(
    Event,
    id=st.integers(0, 20).map(str),
    user=st.just("u"),
    at=st.integers(0, 30),
    item=st.sampled_from("abc"),
    kind=st.sampled_from(["play", "like", "skip", "forget"]),
    seconds=st.floats(0, 300),
)
few = st.lists(listening, max_size=WINDOW, unique_by=lambda event: (event.at, event.id))


@given(few.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_neither_order_nor_repetition_changes_what_is_known(both):
    first, second = both
    state = reduce(fold, first, None)
    assert reduce(fold, second + first, None) == state
    assert all(fold(state, event) is state for event in first)


def test_the_newest_are_kept_with_their_seconds():
    state = reduce(fold, [Event(str(n), "u", n, "a", seconds=2.0) for n in range(1000)], None)
    assert [entry[0] for entry in state.recent] == list(range(1000 - WINDOW, 1000))
    assert state.listened == 2.0 * WINDOW
    assert State.load(state.dump()) == state
    assert state.version == VERSION


@pytest.mark.parametrize("version", MESSAGES)
def test_old_and_new_players_tell_the_same(version):
    event = msgspec.json.decode(MESSAGES[version], type=READS).newest()
    assert event == Event("1", "u", 5, "a", "play", 30.0)


def test_made_up_listening_is_the_same_for_the_same_seed_and_in_order():
    some = list(events(5, 2000))
    assert some == list(events(5, 2000)) != list(events(6, 2000))
    assert [event.at for event in some] == sorted(event.at for event in some)
    assert {event.kind for event in some} == set(WEIGHTS)


def test_what_is_heard_next_goes_together_and_what_is_skipped_does_not():
    done = [("a", "play"), ("x", "skip"), ("b", "like"), ("a", "play"), ("c", "play")]
    history = [Event(str(n), "u", n, song, kind) for n, (song, kind) in enumerate(done)]
    found = fit([history], method="heard_next", weights=WEIGHTS)
    assert found == {"a": [("b", 0.5), ("c", 0.125)], "b": [("a", 0.25)]}
    with pytest.raises(ProjectError, match="magic"):
        fit([], method="magic", weights={})


def playlist(*recent, count=4, hidden=frozenset()):
    shelf = Shelf(recent, NEIGHBOURS, ["t", "d", "u"], hidden, count, 9, RULES)
    return [song for song, _ in decide(shelf)]


def test_what_is_liked_counts_more_than_what_was_played_later():
    liked, played = (1, "1", "a", "like", 180.0), (2, "2", "c", "play", 180.0)
    assert playlist(liked, played) == ["b", "d", "t", "u"]
    assert playlist(played, (*liked[:3], "play", 5.0)) == ["d", "b", "t", "u"]
    assert playlist(count=2) == ["t", "d"]


def test_what_was_skipped_or_hidden_is_never_shown():
    liked, skipped = (1, "1", "a", "like", 180.0), (2, "2", "b", "skip", 3.0)
    assert playlist(liked, skipped, hidden=frozenset({"u"})) == ["t", "d"]


def test_the_hit_rate_looks_at_twenty():
    some = [str(number) for number in range(30)]
    found = evaluate([some, some, some], ["1", "19", "20"], items=40)
    assert found["hit_rate_at_20"] == pytest.approx(2 / 3)
    assert found["mrr_at_20"] == pytest.approx((1 / 2 + 1 / 20) / 3)
    assert found["never_shown"] == pytest.approx(0.5)
