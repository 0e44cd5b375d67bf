"""What a repository says about its answers, and where it says it."""

import json

import pytest

from modelwright.template.archetypes import archetype_from
from modelwright.template.inference.evidence import InspectedRepository
from modelwright.template.inference.inference import KnownPlatform, infer_answers, infer_archetype
from modelwright.template.inference.origin import origins, unsound_origin
from tests.platforms import ROOT
from tests.policies import plain

POLICY = plain()
ARCHETYPE = archetype_from(
    "online-serving", (ROOT / "templates/online-serving/archetype.yml").read_text()
)


def guess(texts=(), folder="checkout", remote="", given=(), policy=POLICY):
    repository = InspectedRepository(texts=dict(texts), folder=folder, remote=remote)
    known = KnownPlatform(policy=policy, archetype=ARCHETYPE)
    return infer_answers(repository, origins(repository), dict(given), known)


def told(found, question):
    return found[question].values, found[question].sources, found[question].unambiguous


SAID = {
    "the record": (
        {"project.yaml": "schema_version: 1\nowner: kitto-marketing\n"},
        "team", "kitto-marketing", "project.yaml:2",
    ),
    "the record's data class": (
        {"project.yaml": "schema_version: 1\ndata_class: none\n"},
        "personal_data", "none", "project.yaml:2",
    ),
    "the record's other brands": (
        {"project.yaml": "schema_version: 1\nserves: [velora, kitto]\n"},
        "serves", "velora,kitto", "project.yaml:2",
    ),
    "the owners": (
        {".github/CODEOWNERS": "* @halden-retail/nobody\n\n* @halden-retail/norda-fraud # all\n"},
        "team", "norda-fraud", ".github/CODEOWNERS:3",
    ),
    "the package": (
        {"pyproject.toml": '[project]\nname = "velora-basket-size-serve"\n'},
        "use_case", "basket-size", "pyproject.toml [project] name",
    ),
    "poetry's package": (
        {"pyproject.toml": '[tool.poetry]\nname = "velora-basket-size-serve"\n'},
        "brand", "velora", "pyproject.toml [tool.poetry] name",
    ),
    "the description": (
        {"pyproject.toml": '[project]\ndescription = "Says something"\n'},
        "description", "Says something", "pyproject.toml [project] description",
    ),
    "an old package": (
        {"setup.py": "from setuptools import setup\n\nsetup(\n    description='Says it',\n)\n"},
        "description", "Says it", "setup.py:4",
    ),
    "an old package's file": (
        {"setup.cfg": "[metadata]\nname = kitto-churn-serve\n"},
        "use_case", "churn", "setup.cfg [metadata] name",
    ),
    "cruft": (
        {".cruft.json": json.dumps({"context": {"cookiecutter": {"team": "norda-fraud"}}})},
        "team", "norda-fraud", ".cruft.json",
    ),
    "an answers file": (
        {".copier-answers.yml": "_commit: v1\nuse_case: churn\n"},
        "use_case", "churn", ".copier-answers.yml:2",
    ),
    "an answers file of another name": (
        {"answers.yaml": "_src_path: ../x\ncompose: true\n"},
        "compose", True, "answers.yaml:2",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("texts", "question", "value", "source"), SAID.values(), ids=SAID)
def test_each_source_is_read_and_named(texts, question, value, source):
    assert told(guess(texts), question) == ([value], [source], True)


def test_the_folder_speaks_where_there_is_no_remote():
    assert told(guess(folder="kitto-churn-serve"), "use_case") == (["churn"], ["folder name"], True)


def test_a_clone_may_be_called_anything():
    found = guess(folder="work", remote="kitto-churn-serve")

    assert told(found, "use_case") == (["churn"], ["git remote origin"], True)
    assert told(found, "brand") == (["kitto"], ["git remote origin"], True)


def test_a_name_that_does_not_read_back_is_only_a_proposal():
    assert told(guess(folder="FraudModel_v2"), "use_case") == (
        ["fraud-model-v2"], ["folder name"], False,
    )  # fmt: skip


def test_the_readme_is_only_a_proposal():
    found = guess({"README.md": "# Churn\n\n[badge]\n\nSays who leaves.\n"})

    assert told(found, "description") == (["Says who leaves."], ["README.md:5"], False)


def test_two_sources_that_disagree_are_not_sure():
    texts = {"pyproject.toml": '[project]\nname = "kitto-churn-serve"\n'}

    found = guess(texts, remote="kitto-returns-serve")["use_case"]

    assert found.values == ["churn", "returns"]
    assert not found.unambiguous
    assert found.explanation == (
        "pyproject.toml [project] name says 'churn', git remote origin says 'returns'"
    )


def test_the_command_line_ends_a_quarrel():
    texts = {"pyproject.toml": '[project]\nname = "kitto-churn-serve"\n'}

    found = guess(texts, remote="kitto-returns-serve", given={"use_case": "returns"})

    assert told(found, "use_case") == (["returns"], ["--data"], True)


def test_the_policy_knows_the_brand_of_a_team_that_has_one():
    found = guess({"CODEOWNERS": "* @halden-retail/kitto-marketing\n"})

    assert told(found, "brand") == (["kitto"], ["policy: the team's only brand"], True)


def test_the_policy_knows_no_brand_of_a_team_that_has_two():
    assert "brand" not in guess({"CODEOWNERS": "* @halden-retail/group-personalisation\n"})


def test_the_policy_knows_the_team_of_a_brand_that_has_one():
    assert told(guess(folder="kitto-churn-serve"), "team") == (
        ["kitto-marketing"], ["policy: the brand's only team"], True,
    )  # fmt: skip


def test_an_option_is_on_where_one_of_its_files_is_there():
    found = guess({"compose.yaml": "services: {}\n"})

    assert told(found, "compose") == ([True], ["compose.yaml"], True)
    assert told(found, "load_test") == ([False], ["no tests/load.py"], True)


def test_what_was_written_down_wins_over_files_that_were_deleted_since():
    found = guess({".copier-answers.yml": "load_test: true\n"})

    assert told(found, "load_test") == ([True], [".copier-answers.yml:1"], True)


@pytest.mark.parametrize("said", ["true", "True", True])
def test_the_spellings_of_yes_agree(said):
    text = json.dumps({"context": {"cookiecutter": {"compose": said}}})

    assert guess({".cruft.json": text, ".copier-answers.yml": "compose: true\n"})[
        "compose"
    ].unambiguous


def test_the_teams_own_cost_centre_goes_on_following_the_team():
    record = "schema_version: 1\nowner: kitto-marketing\ncost_centre: {}\n"

    assert "cost_centre" not in guess({"project.yaml": record.format("CC-6300")})
    assert told(guess({"project.yaml": record.format("CC-4100")}), "cost_centre") == (
        ["CC-4100"], ["project.yaml:3"], True,
    )  # fmt: skip


def test_the_archetype_is_in_the_record_and_in_cruft_s_directory():
    texts = {
        "project.yaml": "schema_version: 1\narchetype: batch\n",
        ".cruft.json": json.dumps({"directory": "templates/online-serving"}),
    }
    repository = InspectedRepository(texts=texts, folder="x")

    found = infer_archetype(repository, origins(repository))

    assert found.explanation == ".cruft.json says 'online-serving', project.yaml:2 says 'batch'"


UNSOUND = {
    "no commit": ("_src_path: /x\n", "_commit"),
    "no source": ("_commit: v1\n", "_src_path"),
    "a relative source": ("_commit: v1\n_src_path: ../x\n", "'../x' is relative"),
}


@pytest.mark.parametrize(("text", "wanted"), UNSOUND.values(), ids=UNSOUND)
def test_what_is_wrong_with_an_answers_file_is_said(text, wanted):
    (maker,) = origins(InspectedRepository(texts={".copier-answers.yml": text}, folder="x"))

    assert wanted in unsound_origin(maker)


def test_an_answers_file_with_source_and_commit_is_sound():
    text = "_commit: v1\n_src_path: gh:a/b\n"
    (maker,) = origins(InspectedRepository(texts={".copier-answers.yml": text}, folder="x"))

    assert unsound_origin(maker) == ""


HOSTILE = {
    "no JSON": {".cruft.json": "{"},
    "another JSON": {".cruft.json": "[1]"},
    "an empty context": {".cruft.json": '{"context": []}'},
    "nested": {".cruft.json": "[" * 100_000},
    "no TOML": {"pyproject.toml": "= ="},
    "a table that is none": {"pyproject.toml": "project = 3\n"},
    "no Python": {"setup.py": "def ("},
    "nested Python": {"setup.py": "(" * 5000},
    "no sections": {"setup.cfg": "name = x\n"},
    "no YAML": {"project.yaml": "a: [", ".copier-answers.yml": "\t"},
    "a list": {"project.yaml": "- a\n"},
    "owners of nothing": {"CODEOWNERS": "*\n# * @a/b\n@a/b\n"},
}


@pytest.mark.parametrize("texts", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_read_says_nothing(texts):
    found = guess(texts, folder="kitto-churn-serve")

    assert found["use_case"].sources == ["folder name"]
    assert found["team"].sources == ["policy: the brand's only team"]
