"""The macros that Copier's validators call say what Python says, for any text."""

import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment
from jinja2_ansible_filters import AnsibleCoreFiltersExtension

from modelwright.policy.answers import answers_refusals, sharing_refusals
from modelwright.policy.rules import refusals
from modelwright.policy.text import text_refusal
from tests.policies import ROOT, big_policy, plain

ENVIRONMENT = SandboxedEnvironment(
    loader=jinja2.FileSystemLoader(ROOT),
    undefined=jinja2.StrictUndefined,
    extensions=[AnsibleCoreFiltersExtension],
)
NAMING = ENVIRONMENT.get_template("templates/_shared/naming.jinja").module
SAMPLE = plain()
BIG = plain(big_policy())
MIXED = plain(changes={"archetypes": {"a": {"suffix": ""}, "b": {"suffix": "batch"}}})
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=80)
LIKE_NAMES = st.from_regex(r"[a-z0-9-]{1,45}", fullmatch=True)
WORDS = st.lists(st.sampled_from(["a", "batch", "serve", "json", "fraud", "x" * 9]), max_size=6)


def sentence(refusal):
    return refusal.sentence if refusal else ""


def check_use_case(policy, brand, use_case, suffix):
    found = refusals(policy, brand=brand, use_case=use_case, suffix=suffix)

    assert str(NAMING.use_case(policy, brand, use_case, suffix)) == sentence(
        found[0] if found else None
    )


@settings(deadline=None)
@given(use_case=ANY_TEXT | LIKE_NAMES)
def test_use_cases(use_case):
    check_use_case(SAMPLE, "velora", use_case, "serve")


@settings(deadline=None)
@example(words=["fraud", "batch"], suffix="")
@given(words=WORDS, suffix=st.sampled_from(["", "batch"]))
def test_use_cases_where_one_archetype_has_no_suffix(words, suffix):
    check_use_case(MIXED, "norda", "-".join(words), suffix)


@pytest.mark.parametrize("environments", [["dev", "prd"], ["a", "staging", "dev"], ["prod"]])
def test_the_longest_environment(environments):
    changes = {"environments": environments, "naming.derived.NAM107.max_length": 10}

    check_use_case(plain(changes=changes), "norda", "fraud", "serve")


@pytest.mark.parametrize("brand", BIG["brands"])
@pytest.mark.parametrize("length", [3, 20, 26, 27, 28, 29, 30])
def test_use_cases_of_every_brand_of_the_big_policy(brand, length):
    check_use_case(BIG, brand, "x" * length, "serve")


@settings(deadline=None)
@example(text="x" * 350)
@example(text="x" * 351)
@given(text=ANY_TEXT | st.text(min_size=340, max_size=360))
def test_descriptions(text):
    assert str(NAMING.text(text)) == sentence(text_refusal(text))


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"cost_centre": "CC-5200"},
        {"cost_centre": "cc-5200"},
        {"serves": "velora", "allocation_key": "by-requests"},
        {"serves": "velora,kitto", "allocation_key": "by-requests"},
        {"serves": "velora, kitto", "allocation_key": "by-requests"},
        {"serves": "norda", "allocation_key": "by-requests"},
        {"serves": "velora,", "allocation_key": "by-requests"},
        {"serves": "velora"},
        {"serves": "velora", "allocation_key": "By requests"},
        {"allocation_key": "x" * 63},
        {"allocation_key": "x" * 64},
        {"allocation_key": "by-requests\n"},
    ],
    ids=str,
)
def test_who_pays(answers):
    whole = {"cost_centre": "", "serves": "", "allocation_key": "", **answers}

    said = [
        str(NAMING.cost_centre(SAMPLE, whole["cost_centre"])),
        str(NAMING.serves(SAMPLE, "norda", whole["serves"])),
        str(NAMING.allocation_key(whole["serves"], whole["allocation_key"])),
    ]

    found = sharing_refusals(SAMPLE, {"brand": "norda", **answers})
    assert [text for text in said if text] == [refusal.sentence for refusal in found]


def test_a_valid_set_of_answers_meets_no_refusal():
    answers = {
        "team": "norda-fraud",
        "brand": "norda",
        "use_case": "fraud-scoring",
        "description": "Scores card payments",
    }

    assert answers_refusals(SAMPLE, "online-serving", answers) == []
