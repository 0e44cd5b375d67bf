"""An error is one JSON document where the options ask for JSON, and text everywhere else."""

import json

import pytest

from modelwright.cli.main import wants_json

USAGE, REFUSED = 2, 3
ASKED = [
    ("new", "nosuch", "--json"),
    ("new", "--json", "nosuch"),
    ("new", "--nosuch", "--json"),
    ("new", "--data", "team=x", "--json"),
    ("new", "-d", "team=x", "--json"),
    ("new", "-dteam=x", "--json"),
    ("new", "-qd", "team=x", "--json"),
    ("new", "-d", "--", "--json"),
    ("nosuch", "--json"),
    ("audit", "--format", "json"),
    ("audit", "--format=json"),
    ("audit", "nowhere", "--fail-under", "--format", "--format", "json"),
    ("audit", "--format", "text", "--json"),
    ("platform", "check", "nowhere", "--json"),
]
NOT_ASKED = [
    (),
    ("new", "--data", "--json"),
    ("new", "-d", "--json"),
    ("new", "-qd", "--json"),
    ("new", "--data=description=--json"),
    ("new", "--data", "description=--format json"),
    ("new", "--data", "description=ask for --format=json"),
    ("new", "--into", "--format", "json"),
    ("new", "--platform", "--json", "nosuch"),
    ("new", "--", "--json"),
    ("new", "--json-lines"),
    ("audit", "--platform", "--format", "json"),
    ("audit", "--format", "json", "--format", "text"),
    ("audit", "a--format", "json"),
    ("audit", "--", "--format", "json"),
    ("platform", "init", "--policy", "--json", "somewhere"),
]


@pytest.mark.parametrize("arguments", ASKED, ids=" ".join)
def test_json_is_asked_for(arguments):
    assert wants_json(arguments)


@pytest.mark.parametrize("arguments", NOT_ASKED, ids=" ".join)
def test_json_is_not_asked_for(arguments):
    assert not wants_json(arguments)


def test_an_error_after_a_value_that_looks_like_the_option_is_text(run):
    ran = run("new", "nosuch", "--data", "description=use --json or --format json")

    assert ran.code == REFUSED
    assert ran.out == ""
    assert ran.err.splitlines()[-1].startswith("  next: ")


def test_an_error_of_a_command_line_that_cannot_be_parsed_is_json(run):
    ran = run("new", "--nosuch", "--json")

    assert ran.code == USAGE
    assert json.loads(ran.out)["exit_code"] == USAGE
