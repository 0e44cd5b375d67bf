"""A journal says how to take a run back, also after a kill."""

import pytest

from modelwright.provisioning import journal
from modelwright.provisioning.plan_changes import Call, Change, Phase

CHANGE = Change(
    phase=Phase.RULES,
    call=Call("POST", "/repos/o/r/rulesets", {"name": "x"}),
    reason="guards it",
    undo=Call("DELETE", "/repos/o/r/rulesets/{id}"),
)
LATER = Call("DELETE", "/repos/o/r/rulesets/5")


def lines():
    return [
        journal.first_line("a1", "o/r", {"team": "t"}, "v1.0.0"),
        journal.line_before_call("a1", 1, CHANGE, Call("PUT", "/one")),
        journal.line_after_call("a1", 1, Call("PUT", "/one")),
        journal.line_before_call("b2", 1, CHANGE, CHANGE.undo),
        journal.line_after_call("b2", 1, LATER),
        journal.line_before_call("b2", 2, CHANGE, Call("PUT", "/two")),
    ]


def test_the_last_run_is_taken_back_newest_first():
    assert journal.to_undo(journal.entries(lines())) == [Call("PUT", "/two"), LATER]


def test_a_line_that_was_cut_off_is_left_out():
    cut = [*lines(), '{"run":"b2","call":3,"sta']

    assert journal.entries(cut) == journal.entries(lines())


def test_an_empty_journal_takes_nothing_back():
    assert journal.to_undo([]) == []


@pytest.mark.parametrize("state", ['{"a":1}', "[1]", "null", "1", '"other"'])
def test_a_line_that_somebody_else_wrote_is_left_out(state):
    foreign = f'{{"run":"a1","state":{state},"call":1,"undo":null}}\n'

    assert not journal.is_journal([foreign])
    assert journal.entries([*lines(), foreign]) == journal.entries(lines())
