"""A policy is loaded whole, or refused with every fault at its line and what to write instead."""

import pickle
import re

import pytest
from pydantic import ValidationError

from modelwright.errors import RefusedError
from modelwright.policy.faults import PolicyError
from modelwright.policy.model.load import load_policy, read_plain
from tests.policies import SAMPLE, big_policy, edited
from tests.policy.planted_faults import AGREEMENT, SHAPE, TEXT


def faults_of(text):
    with pytest.raises(PolicyError) as caught:
        load_policy(text, "platform.yml")
    return caught.value


def line_of(piece, text):
    return next(number for number, line in enumerate(text.splitlines(), 1) if piece in line)


def test_the_sample_is_sound():
    policy = load_policy(SAMPLE, "platform.yml")

    assert policy.sample
    assert len(policy.brands) == 3
    assert {brand.cloud for brand in policy.brands.values()} == {"azure", "gcp", "aws"}
    assert len(policy.teams) == 6
    assert sum(len(team.brands) > 1 for team in policy.teams.values()) == 1
    assert policy.environments == ("dev", "staging", "prod")


def test_the_big_policy_is_sound():
    policy = load_policy(big_policy(), "platform.yml")

    assert (len(policy.brands), len(policy.teams)) == (19, 114)
    assert not policy.sample


def test_a_policy_cannot_be_changed():
    policy = load_policy(SAMPLE, "platform.yml")

    with pytest.raises(ValidationError, match="frozen"):
        policy.sample = False


@pytest.mark.parametrize("planted", [*SHAPE, *AGREEMENT, *TEXT], ids=lambda fault: fault.says[:60])
def test_a_planted_fault_is_named_with_its_line_and_remedy(planted):
    text = edited(planted.old, planted.new)

    error = faults_of(text)

    expected = f"platform.yml:{line_of(planted.at, text)}: {planted.says}"
    assert any(fault.at("platform.yml").startswith(expected) for fault in error.faults), error
    assert error.exit_code == 3
    assert error.next_step


@pytest.mark.parametrize("planted", SHAPE, ids=lambda fault: fault.says[:60])
def test_a_fault_of_shape_is_named_once(planted):
    said = [fault.problem for fault in faults_of(edited(planted.old, planted.new)).faults]

    problem = planted.says.partition("; ")[0]
    assert sum(text.startswith(problem) for text in said) == 1


def test_all_faults_of_a_file_are_named_at_once_and_in_order():
    chosen = [SHAPE[0], SHAPE[4], SHAPE[15], SHAPE[27], AGREEMENT[0], AGREEMENT[2], AGREEMENT[-3]]
    text = SAMPLE
    for planted in chosen:
        text = edited(planted.old, planted.new, text)

    error = faults_of(text)

    said = [fault.at("platform.yml") for fault in error.faults]
    assert len(said) == len(chosen)
    assert sorted(fault.line for fault in error.faults) == [fault.line for fault in error.faults]
    for planted in chosen:
        assert f"platform.yml:{line_of(planted.at, text)}: {planted.says}" in said
        assert planted.says in str(error)
    assert str(error).startswith("platform.yml: the policy has 7 faults\n")


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("schema: 1\nbrands: [", 2, "this is not YAML"),
        ("schema: 1\n\tbrands: 2\n", 2, "this is not YAML"),
        ("schema: !!python/object:os.system x\n", 1, "this is not YAML"),
        ("schema: *nothing\n", 1, "this is not YAML"),
        ("schema: 2026-13-45\n", 1, "the file cannot be read"),
        ("- schema\n", 1, "the file is not a mapping"),
        ("just words\n", 1, "the file is not a mapping"),
        ("schema: 1\x00\n", 1, "this is not YAML"),
    ],
)
def test_what_is_not_yaml_is_refused_at_its_line(text, line, problem):
    (fault,) = faults_of(text).faults

    assert (fault.line, fault.problem.partition(":")[0]) == (line, problem)
    assert fault.next_step


def test_an_empty_file_misses_every_section():
    missing = {re.sub("the file has no ", "", fault.problem) for fault in faults_of("").faults}

    assert {"schema", "brands", "teams", "naming", "tags", "secrets"} <= missing


def test_anchors_and_merged_keys_are_welcome():
    text = edited("    cloud: gcp\n", "    <<: &cloud {cloud: gcp}\n")

    assert load_policy(text, "platform.yml").brands["velora"].cloud == "gcp"


def test_one_fault_stands_at_its_own_line():
    error = faults_of(edited("ci: github-actions", "ci: jenkins"))

    line = line_of("ci: jenkins", edited("ci: github-actions", "ci: jenkins"))
    assert error.where == f"platform.yml:{line}"
    assert error.problem == "platform.ci is 'jenkins', which is not one of github-actions"
    assert error.next_step == "write github-actions"
    assert isinstance(error, RefusedError)


def test_an_error_survives_a_process_pool():
    error = faults_of(edited("ci: github-actions", "ci: jenkins"))

    again = pickle.loads(pickle.dumps(error))

    assert (str(again), again.faults, again.rule) == (str(error), error.faults, "POL001")


def test_plain_data_is_not_judged():
    assert read_plain("schema: 9\n") == {"schema": 9}


def test_plain_data_must_be_yaml_all_the_same():
    with pytest.raises(PolicyError):
        read_plain("schema: 1\nschema: 1\n")
