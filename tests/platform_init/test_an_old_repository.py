"""An old Cookiecutter repository comes under an organisation's platform, its source as it was."""

import json

import pytest
import yaml
from cookiecutter.main import cookiecutter

from tests.adopt.conftest import commit, state
from tests.adopt.test_governing import GOVERNING, OLD
from tests.platform_init.one_platform import URL, lead, new_team, policy_of, release
from tests.platforms import git

DONE, FINDINGS = 0, 1
ANSWERS = {"team": "kestrel-pricing", "brand": "kestrel", "use_case": "churn"}


@pytest.fixture
def platform(big, monkeypatch):
    lead(monkeypatch, big)
    return big


@pytest.fixture
def old(tmp_path):
    """A repository of another hand's Cookiecutter template, years old."""
    for path, text in {"cookiecutter.json": '{"slug": "churn"}'}.items():
        (tmp_path / "cookie").mkdir()
        (tmp_path / "cookie" / path).write_text(text)
    for path, text in OLD.items():
        file = tmp_path / "cookie/{{ cookiecutter.slug }}" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    made = cookiecutter(str(tmp_path / "cookie"), no_input=True, output_dir=str(tmp_path))
    git(made, "init", "--quiet", "--initial-branch", "main")
    git(made, "remote", "add", "origin", "https://github.com/nineteen-shops/kestrel-churn-serve")
    commit(made)
    return tmp_path / "churn"


@pytest.fixture
def govern(run, platform, old):
    def govern(*arguments):
        data = [f"--data={name}={value}" for name, value in ANSWERS.items()]
        named = ("--archetype", "online-serving", "--platform", URL)
        return run("adopt", old, *named, *data, "--managed-only", "--apply", *arguments)

    return govern


def own(folder):
    return {path: content for path, content in state(folder).items() if path not in GOVERNING}


def test_it_is_governed_and_its_own_source_is_not_touched(govern, old):
    before = own(old)

    ran = govern()

    assert ran.code == DONE, ran.err + ran.out
    assert own(old) == before
    assert set(git(old, "diff", "--staged", "--name-only").split()) == GOVERNING


def test_callers_names_tags_secrets_and_owners_are_the_organisation_s(govern, old, platform):
    govern()

    pin = json.loads((platform / "templates/_shared/workflows.json").read_text())
    record = yaml.safe_load((old / "project.yaml").read_text())
    secrets = (old / "secrets.yaml").read_text()
    caller = (old / ".github/workflows/policy.yml").read_text()
    assert f"nineteen-shops/ml-platform/.github/actions/modelwright-check@{pin['sha']}" in caller
    assert "@nineteen-shops/kestrel-pricing" in (old / ".github/CODEOWNERS").read_text()
    assert record["id"] == "kestrel-churn-serve"
    assert record["tags"]["team"] == "kestrel-pricing"
    assert record["tags"]["cost-centre"] == record["cost_centre"]
    assert "KESTREL_" in secrets
    answers = yaml.safe_load((old / ".copier-answers.yml").read_text())
    assert (answers["_src_path"], answers["_commit"]) == (URL, "v0.1.0")


def test_check_names_what_is_still_to_do(run, govern, old):
    govern()
    commit(old)

    ran = run("check", old, "--json")

    rules = {finding["rule"] for finding in json.loads(ran.out)["findings"]}
    assert ran.code == FINDINGS
    assert rules == {"TAG102", "SEC002", "SEC006", "PIN002"}


def test_a_release_that_does_not_concern_it_changes_nothing(run, govern, old, platform):
    govern()
    commit(old)
    release(platform, "v0.2.0", new_team(policy_of(platform)))

    ran = run("status", old, "--exit-code", "--json")

    assert ran.code == DONE, ran.out
    assert json.loads(ran.out)["latest"] == "v0.2.0"
    assert json.loads(ran.out)["changes"] == 0
