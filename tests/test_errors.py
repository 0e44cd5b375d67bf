"""An error says what was wrong, where, and what to do next; its family gives the exit code."""

import pickle

import pytest

from modelwright.errors import (
    ExternalSystemError,
    FindingsError,
    ModelwrightError,
    RefusedError,
    UsageError,
)


@pytest.mark.parametrize(
    ("family", "exit_code"),
    [
        (ModelwrightError, 70),
        (UsageError, 2),
        (RefusedError, 3),
        (ExternalSystemError, 4),
        (FindingsError, 1),
    ],
)
def test_each_family_has_its_exit_code(family, exit_code):
    error = family("it is red", where="file.py:3", next_step="paint it")

    assert error.exit_code == exit_code
    assert isinstance(error, ModelwrightError)


def test_an_error_reads_as_place_and_problem():
    assert str(UsageError("it is red", where="file.py:3")) == "file.py:3: it is red"
    assert str(UsageError("it is red")) == "it is red"


def test_an_error_prints_nothing_by_itself(capfd):
    RefusedError("it is red", where="here", next_step="paint it", rule="NAM002")

    assert capfd.readouterr() == ("", "")


def test_an_error_survives_a_process_pool():
    error = pickle.loads(
        pickle.dumps(RefusedError("it is red", where="here", next_step="paint it", rule="NAM002"))
    )

    assert (error.problem, error.where, error.next_step, error.rule) == (
        "it is red",
        "here",
        "paint it",
        "NAM002",
    )
