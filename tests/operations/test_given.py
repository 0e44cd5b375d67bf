"""The answers that a command line gives."""

import pytest

from modelwright.errors import UsageError
from modelwright.operations.new.answer_options import answers_from_options


def test_a_value_may_hold_an_equals_sign():
    assert answers_from_options(["description=a=b"], None) == {"description": "a=b"}


def test_the_last_of_two_wins_and_the_command_line_over_the_file(tmp_path):
    file = tmp_path / "a.yml"
    file.write_text("team: x\nbrand: y\n_commit: v1\n")

    assert answers_from_options(["team=1", "team=2"], file) == {"team": "2", "brand": "y"}


@pytest.mark.parametrize("text", ["- a\n- b\n", "1: 2\n", "a: [", "\x00", "\tx: y"])
def test_a_file_of_another_form_is_refused(text, tmp_path):
    file = tmp_path / "a.yml"
    file.write_text(text)

    with pytest.raises(UsageError) as refused:
        answers_from_options([], file)
    assert "one line NAME: VALUE" in refused.value.next_step


def test_an_answers_file_of_another_project_can_be_given(tmp_path):
    file = tmp_path / "a.yml"
    file.write_text("_commit: v1\n_src_path: x\nteam: norda-fraud\n")

    assert answers_from_options([], file) == {"team": "norda-fraud"}
