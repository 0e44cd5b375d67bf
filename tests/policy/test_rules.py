"""A refusal is one sentence: rule, problem, next step; the order of rules is fixed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwright.policy.names import derived_names, parse_repository_name, repository_name
from modelwright.policy.rules import Refusal, binds, refusals, repository_refusal
from tests.policies import big_policy, plain

SAMPLE = plain()
BIG = plain(big_policy())
HOME = plain(
    changes={
        "brands.norda-home": {},
        "archetypes": {"plain": {"suffix": ""}, "batch": {"suffix": "batch"}},
    }
)
NAME = {"brand": "norda", "use_case": "fraud-scoring", "suffix": "serve"}


def sentences(use_case, brand="norda", suffix="serve", **changes):
    policy = plain(changes={path.replace("__", "."): value for path, value in changes.items()})
    found = refusals(policy, brand=brand, use_case=use_case, suffix=suffix)
    return [refusal.sentence for refusal in found]


@pytest.mark.parametrize(
    ("use_case", "sentence"),
    [
        (
            "Bad_Name",
            "NAM002: use case 'Bad_Name' is not lower-case words joined by single hyphens "
            "(3 to 30 characters); choose a name like 'fraud-scoring'",
        ),
        (
            "fr\u0430ud",
            "NAM002: use case 'fr\\u0430ud' is not lower-case words joined by single hyphens "
            "(3 to 30 characters); choose a name like 'fraud-scoring'",
        ),
        ("test", "NAM003: use case 'test' is a reserved word; choose a name like 'fraud-scoring'"),
        (
            "py-compile",
            "NAM004: Python package 'py_compile' is a keyword or a standard module of Python; "
            "choose a name like 'fraud-scoring'",
        ),
        (
            "x" * 30,
            f"NAM001: repository name 'norda-{'x' * 30}-serve' is not lower-case words joined"
            " by single hyphens (5 to 40 characters); "
            "choose a use case of at most 28 characters",
        ),
    ],
)
def test_the_words_of_a_refusal(use_case, sentence):
    assert sentences(use_case) == [sentence]


def test_a_long_value_is_shown_by_its_beginning():
    (sentence,) = sentences("x" * 10_000)

    assert f"use case '{'x' * 60}'... is not" in sentence


def test_every_rule_that_refuses_is_named_in_order():
    found = sentences(
        "json",
        naming__reserved__words=["json"],
        naming__repository__max_length=12,
        naming__derived__NAM101__max_length=3,
        naming__derived__NAM109__max_length=3,
    )

    assert [sentence[:6] for sentence in found] == [
        "NAM003",
        "NAM004",
        "NAM001",
        "NAM101",
        "NAM109",
    ]


def test_nothing_is_derived_from_a_use_case_without_form():
    assert [sentence[:6] for sentence in sentences("-" * 200)] == ["NAM002"]


def test_the_longest_environment_is_the_one_that_counts():
    limit = {"naming__derived__NAM107__max_length": len("norda-fraud-serve-dev")}

    assert [sentence[:6] for sentence in sentences("fraud", **limit)] == ["NAM107"]
    assert sentences("fraud", environments=["dev"], **limit) == []


def test_an_empty_suffix_takes_its_hyphen_along():
    name = repository_name(SAMPLE["naming"], brand="norda", use_case="fraud", suffix="")

    assert name == "norda-fraud"


def test_the_derived_names_of_the_sample():
    names = derived_names(SAMPLE, **NAME, environment="prod")

    assert names == {
        "repository": "norda-fraud-scoring-serve",
        "package": "fraud_scoring",
        "Python package": "fraud_scoring",
        "container image": "norda-fraud-scoring-serve",
        "Kubernetes object": "norda-fraud-scoring-serve-challenger",
        "Kubernetes CronJob": "norda-fraud-scoring-serve-freshness",
        "Databricks job": "prod-norda-fraud-scoring-serve-training",
        "Databricks schema": "norda_fraud_scoring",
        "serving endpoint": "norda-fraud-scoring-serve-prod",
        "GitHub secret": "NORDA_PROD_CLIENT_SECRET",
        "MLflow experiment": "/norda/norda-fraud-scoring-serve",
    }


def test_a_hyphen_of_a_brand_becomes_an_underscore_where_hyphens_are_refused():
    names = derived_names(BIG, brand="quill-co", use_case="fraud", suffix="serve")

    assert names["Databricks schema"] == "quill_co_fraud"
    assert names["GitHub secret"] == "QUILL_CO_STAGING_CLIENT_SECRET"


@settings(deadline=None)
@given(
    brand=st.sampled_from(list(BIG["brands"])),
    use_case=st.from_regex(r"[a-z]{3,9}(-[a-z]{1,9})?", fullmatch=True),
)
def test_a_repository_name_reads_back_into_its_parts(brand, use_case):
    name = repository_name(BIG["naming"], brand=brand, use_case=use_case, suffix="serve")

    parts = parse_repository_name(BIG["naming"], name, BIG["brands"], ["serve"])

    assert (parts.brand, parts.use_case, parts.suffix) == (brand, use_case, "serve")


@settings(deadline=None)
@given(
    brand=st.sampled_from(["norda", "norda-home", "velora"]),
    words=st.lists(st.sampled_from(["home", "batch", "goods", "abc"]), min_size=1, max_size=3),
    suffix=st.sampled_from(["", "batch"]),
)
def test_whatever_is_not_refused_reads_back(brand, words, suffix):
    use_case = "-".join(words)
    if refusals(HOME, brand=brand, use_case=use_case, suffix=suffix):
        return
    name = repository_name(HOME["naming"], brand=brand, use_case=use_case, suffix=suffix)

    parts = parse_repository_name(HOME["naming"], name, HOME["brands"], ["", "batch"])

    assert (parts.brand, parts.use_case, parts.suffix) == (brand, use_case, suffix)


@pytest.mark.parametrize("name", ["", "norda", "norda-serve", "norda--serve", "fraud-serve", "x"])
def test_a_name_without_the_parts_reads_as_nothing(name):
    assert parse_repository_name(SAMPLE["naming"], name, SAMPLE["brands"], ["serve"]) is None


def test_a_folder_must_have_the_name_that_its_answers_give():
    assert repository_refusal(SAMPLE, "norda-fraud-scoring-serve", **NAME) is None
    assert repository_refusal(SAMPLE, "fraud", **NAME).sentence == (
        "NAM006: repository name 'fraud' is not the one that its answers give; "
        "rename it to 'norda-fraud-scoring-serve'"
    )


@pytest.mark.parametrize(
    ("since", "born", "binding"),
    [
        ("", "v0.1.0", True),
        ("v1.2.0", "", True),
        ("v1.2.0", "v1.2.0", True),
        ("v1.2.0", "v1.10.0", True),
        ("v1.2.0", "v1.1.9", False),
        ("v1.10.0", "v1.9.0", False),
    ],
)
def test_what_was_legal_at_birth_stays_legal(since, born, binding):
    assert binds(Refusal("NAM002", "use case", "x", "", "", since), born) is binding


def test_a_refusal_knows_since_when_its_rule_holds():
    policy = plain(
        changes={"naming.reserved.since": "v1.2.0", "naming.derived.NAM101.since": "v2.0"}
    )
    policy["naming"]["derived"][0]["max_length"] = 3

    found = refusals(policy, brand="norda", use_case="test", suffix="serve")

    assert [(refusal.rule, refusal.since) for refusal in found] == [
        ("NAM003", "v1.2.0"),
        ("NAM101", "v2.0"),
    ]
