"""What a person at a terminal is asked, and what is explained under the question."""

import pytest

from modelwright.errors import RefusedError, UsageError
from modelwright.operations.platform.interview import policy_answers
from modelwright.policy.model.load import load_policy
from tests.platform_init.organisation import ANSWERS
from tests.policies import edited


class Person:
    """Answers by name, else takes the default; remembers what was asked."""

    def __init__(self, answers):
        self.answers = answers
        self.prompts = {}

    def __call__(self, prompt):
        self.prompts[prompt.name] = prompt
        return self.answers.get(prompt.name, prompt.default)


@pytest.fixture
def person():
    return Person(ANSWERS)


def test_a_person_is_asked_what_has_no_default_and_what_is_worth_a_look(person):
    policy_answers({}, defaults=False, ask=person)

    assert list(person.prompts) == [
        "organisation.name", "organisation.github", "platform.repository", "platform.url",
        "environments", "brands",
        *(f"brands.{brand}.{key}" for brand in ("acme", "bolt")
          for key in ("cloud", "region", "registry", "auth")),
        "teams",
        *(f"teams.{team}.{key}" for team in ("acme-fraud", "bolt-search")
          for key in ("github", "brands", "cost_centre", "contact")),
    ]  # fmt: skip


def test_with_defaults_only_what_has_none_is_asked(person):
    policy_answers({}, defaults=True, ask=person)

    assert [name for name in person.prompts if not name.startswith(("brands.", "teams."))] == [
        "organisation.name", "brands", "teams",
    ]  # fmt: skip


def test_what_is_given_is_not_asked(person):
    policy_answers({"organisation.name": "Acme Stores"}, defaults=False, ask=person)

    assert "organisation.name" not in person.prompts


def test_defaults_follow_from_the_answers_before(person):
    policy_answers({}, defaults=False, ask=person)

    defaults = {name: prompt.default for name, prompt in person.prompts.items()}
    assert defaults["organisation.github"] == "acme-stores"
    assert defaults["platform.url"] == "https://github.com/acme-stores/ml-platform"
    assert defaults["brands.bolt.region"] == "europe-west4"
    assert defaults["teams.bolt-search.brands"] == "bolt"
    assert defaults["environments"] == "dev, staging, prod"


def test_a_choice_is_a_choice(person):
    policy_answers({}, defaults=False, ask=person)

    assert list(person.prompts["brands.acme.cloud"].choices) == ["azure", "gcp", "aws"]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("brands", "Acme", "lower-case words"),
        ("teams", "a-b, a-b", "twice"),
        ("platform.url", "ftp://x", "an https URL"),
        ("teams.acme-fraud.contact", "fraud", "an e-mail address"),
    ],
)
def test_a_refused_answer_is_explained_under_its_question(name, text, says, person):
    policy_answers({}, defaults=False, ask=person)

    assert says in person.prompts[name].refusal(text)
    assert person.prompts[name].refusal(ANSWERS.get(name, person.prompts[name].default)) == ""


def test_nobody_is_asked_where_nobody_is_there():
    with pytest.raises(UsageError, match=r"organisation\.name, organisation\.github"):
        policy_answers({}, defaults=False, ask=None)


def test_an_answer_to_no_question_names_the_nearest():
    given = {**ANSWERS, "brands.acme.clowd": "azure"}

    with pytest.raises(RefusedError) as refused:
        policy_answers(given, defaults=True, ask=None)

    assert "brands.acme.cloud" in refused.value.next_step


def test_a_brand_without_databricks_is_sound():
    text = edited(
        "    monitoring: none\n    databricks:\n", "    monitoring: none\n    databricks: {}\n"
    )
    start = text.index("    databricks: {}\n") + len("    databricks: {}\n")
    text = text[:start] + text[text.index("\nteams:") :]

    assert load_policy(text, "platform.yml").brands["kitto"].databricks == {}
