"""Repositories whose maker wrote something down: cruft, Copier with a broken answers file."""

import json

import pytest
import yaml

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.operations.new.new import new_project
from tests.adopt.conftest import ARCHETYPE, GIVEN, commit, state
from tests.platforms import git

ANSWERS = ".copier-answers.yml"
DONE, USAGE, REFUSED = 0, 2, 3


@pytest.fixture
def cruft(project, history):
    """Write down what cruft writes: the template, its commit, and Cookiecutter's whole context."""

    def cruft(version, **changes):
        commit_of = git(history, "rev-parse", f"{version}^{{commit}}").strip()
        context = {
            **GIVEN,
            "brand": "kitto",
            "cost_centre": "CC-6300",
            "serves": "",
            "load_test": False,
            "repo_name": "kitto-churn-serve",
            "_template": str(history),
            "_commit": commit_of,
            "_policy": {"teams": {}},
        }
        content = {
            "template": str(history),
            "commit": commit_of,
            "checkout": None,
            "context": {"cookiecutter": context},
            "directory": f"templates/{ARCHETYPE}",
            **changes,
        }
        (project / ".cruft.json").write_text(json.dumps(content, indent=2))
        commit(project)
        return project

    return cruft


@pytest.fixture
def copied(history, tmp_path):
    """A plain Copier project of v1.1.0, with a change to its answers file."""
    made = new_project(
        locate_platform(f"{history}@v1.1.0"),
        ARCHETYPE,
        tmp_path,
        given=GIVEN,
        defaults=True,
        ask=None,
    ).folder
    git(made, "init", "--quiet")

    def copied(*lines, name=ANSWERS, without=()):
        text = (made / ANSWERS).read_text()
        kept = [line for line in text.splitlines() if not line.startswith(tuple(without) or "~")]
        (made / ANSWERS).unlink()
        (made / name).write_text("\n".join([*kept, *lines]) + "\n")
        commit(made)
        return made

    return copied


def answers(project):
    return yaml.safe_load((project / ANSWERS).read_text())


def test_cruft_names_template_archetype_and_answers(run, cruft, history):
    project = cruft("v1.1.0")

    ran = run("adopt", project)

    assert ran.code == DONE
    assert ran.out.splitlines()[4].split()[:3] == ["use_case", "churn", ".cruft.json,"]
    assert answers(project)["_src_path"] == str(history)
    assert answers(project)["_commit"] == "v1.1.0"
    assert answers(project)["cost_centre"] == ""
    assert ".cruft.json is not needed any more" in ran.err


def test_the_version_that_cruft_names_is_taken_among_equals(run, cruft, history):
    """Between two tags that render the same, the maker knows."""
    git(history, "tag", "v1.1.1", "v1.1.0^{commit}")
    try:
        project = cruft("v1.1.0")
        run("adopt", project)
    finally:
        git(history, "tag", "--delete", "v1.1.1")

    assert answers(project)["_commit"] == "v1.1.0"


def test_a_commit_between_two_versions_is_named_as_git_describes_it(run, cruft, history):
    git(history, "checkout", "--quiet", "--detach", "v1.1.0")
    git(history, "commit", "--quiet", "--allow-empty", "--message", "chore: between")
    head = git(history, "rev-parse", "HEAD").strip()
    git(history, "branch", "between")
    git(history, "checkout", "--quiet", "main")

    project = cruft("v1.1.0", commit=head)
    ran = run("adopt", project)
    git(history, "branch", "--delete", "--force", "between")

    assert ran.code == DONE
    assert answers(project)["_commit"] == f"v1.1.0-1-g{head[:7]}"


def test_another_cookiecutter_template_is_not_taken_for_the_platform(run, cruft, history):
    project = cruft("v1.1.0", template="https://nowhere.example/cookie", directory=None)

    ran = run("adopt", project, "-a", ARCHETYPE, "--platform", history)

    assert ran.code == DONE
    assert answers(project)["_src_path"] == str(history)


def test_what_it_is_must_be_known(run, cruft, history):
    project = cruft("v1.1.0", directory=None)
    (project / "project.yaml").unlink()
    commit(project)

    ran = run("adopt", project, "--platform", history)

    assert ran.code == USAGE
    assert "add --archetype batch or online-serving" in ran.err


BROKEN = {
    "no commit": ((), {"without": ["_commit"]}),
    "no source": ((), {"without": ["_src_path"]}),
    "a relative source": (("_src_path: ../platform",), {"without": ["_src_path"]}),
    "a commit that is gone": (("_commit: v0.0.1",), {"without": ["_commit"]}),
    "another name": ((), {"name": ".copier-answers.serving.yml"}),
    "any name": ((), {"name": "answers.yaml"}),
}


@pytest.mark.parametrize(("lines", "how"), BROKEN.values(), ids=BROKEN)
def test_a_broken_answers_file_is_mended(run, copied, history, lines, how):
    project = copied(*lines, **how)
    before = state(project)

    ran = run("adopt", project, "--source", history)

    assert ran.code == DONE, ran.err
    after = state(project)
    assert {path for path in after if after[path] != before.get(path)} == {ANSWERS}
    assert answers(project)["_commit"] == "v1.1.0"
    assert answers(project)["_src_path"] == str(history)
    assert answers(project)["load_test"] is False
    assert ("is not needed any more" in ran.err) == ("name" in how)


def test_a_relative_source_is_followed_where_it_leads_somewhere(run, copied, history, tmp_path):
    (tmp_path / "templates").symlink_to(history)
    project = copied("_src_path: ../templates", without=["_src_path"])

    assert run("adopt", project).code == DONE
    assert answers(project)["_src_path"] == str(history)


def test_an_answers_file_and_a_record_that_disagree_are_not_sure(run, copied, history):
    project = copied("personal_data: none", without=["_commit", "personal_data"])

    ran = run("adopt", project, "--source", history)

    assert ran.code == USAGE
    assert "says 'none', project.yaml:17 says 'pseudonymous'" in ran.err


def test_a_sound_answers_file_is_refused(run, copied):
    ran = run("adopt", copied())

    assert ran.code == REFUSED
    assert "it is managed already" in ran.err
