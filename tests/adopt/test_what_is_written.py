"""Adopting writes the answers file and nothing else; the next update has its base."""

import shutil

import copier
import pytest
import yaml

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.operations.new.new import render_project
from tests.adopt.conftest import ARCHETYPE, GIVEN, commit, state
from tests.platforms import ROOT, git

ANSWERS = ".copier-answers.yml"
DONE, USAGE, REFUSED, SURROUNDINGS = 0, 2, 3, 4


@pytest.fixture
def adopt(run, project, history):
    def adopt(*arguments):
        return run("adopt", project, "-a", ARCHETYPE, "--source", history, *arguments)

    return adopt


def test_only_the_answers_file_is_written(adopt, project):
    before, head = state(project), git(project, "rev-parse", "HEAD")

    assert adopt().code == DONE

    after = state(project)
    assert after.pop(ANSWERS)
    assert after == before
    assert git(project, "status", "--porcelain") == f"?? {ANSWERS}\n"
    assert git(project, "rev-parse", "HEAD") == head


def test_it_is_the_file_that_a_render_of_that_version_writes(adopt, project, history):
    adopt()

    expected = render_project(locate_platform(f"{history}@v1.1.0"), ARCHETYPE, GIVEN)[1][
        ANSWERS
    ].content
    assert (project / ANSWERS).read_bytes() == expected
    assert yaml.safe_load(expected)["born"] == "v1.1.0"


@pytest.mark.filterwarnings("ignore")
def test_the_next_update_of_stock_copier_merges_with_that_base(adopt, project):
    readme = project / "README.md"
    readme.write_text(readme.read_text().replace("## ", "## My ", 1))
    commit(project)
    adopt()
    commit(project)

    copier.run_update(str(project), defaults=True, overwrite=True, quiet=True)

    text = readme.read_text()
    assert text.endswith("Of v1.1.0.\nOf v1.2.0.\n")
    assert "## My " in text
    assert (project / "Dockerfile").read_text().endswith("# of v1.1.0\n# of v1.2.0\n")
    assert yaml.safe_load((project / ANSWERS).read_text())["_commit"] == "v1.2.0"
    assert set(git(project, "diff", "--name-only").split()) == {
        ANSWERS, "Dockerfile", "README.md",
    }  # fmt: skip


def test_every_answer_is_shown_with_where_it_came_from(adopt):
    lines = [" ".join(line.split()) for line in adopt("-d", "cost_centre=CC-4100").out.splitlines()]

    assert lines[1:8] == [
        "archetype online-serving --archetype",
        "team kitto-marketing project.yaml:6, .github/CODEOWNERS:2",
        "brand kitto project.yaml:9, pyproject.toml [project] name, folder name",
        "use_case churn pyproject.toml [project] name, folder name",
        "personal_data pseudonymous project.yaml:17",
        "description Finds who is about to leave pyproject.toml [project] description",
        "cost_centre CC-4100 --data",
    ]
    assert "load_test False no tests/load.py" in lines
    assert "managed_only False the template's default" in lines
    assert lines[-1].endswith("&& modelwright update")


def test_what_is_not_sure_is_named_where_nobody_can_be_asked(adopt, project):
    git(project, "remote", "add", "origin", "git@github.com:halden-retail/kitto-returns-serve.git")
    (project / "pyproject.toml").write_text('[project]\nname = "kitto-churn-serve"\n')
    commit(project)

    ran = adopt()

    assert ran.code == USAGE
    assert ran.err.splitlines() == [
        "error: there is no terminal to ask for what is not sure: use_case (pyproject.toml "
        "[project] name says 'churn', git remote origin says 'returns'); description (README.md:3 "
        "suggests 'Finds who is about to leave')",
        "  next: add --data use_case=... --data description=...",
    ]
    assert not (project / ANSWERS).exists()
    assert adopt("-d", "use_case=churn", "-d", "description=x").code == DONE


def test_a_person_is_asked_with_what_speaks_for_each_answer(adopt, project, monkeypatch):
    git(project, "remote", "add", "origin", "git@github.com:halden-retail/kitto-returns-serve.git")
    put = []

    def ask(prompt):
        put.append((prompt.name, prompt.default, prompt.message))
        return "returns"

    monkeypatch.setattr("modelwright.cli.commands.adopt.terminal_prompt", lambda: ask)

    assert adopt().code == DONE

    ((name, default, message),) = put
    assert (name, default) == ("use_case", "churn")
    assert message.endswith(
        "(pyproject.toml [project] name says 'churn', git remote origin says 'returns')"
    )
    assert yaml.safe_load((project / ANSWERS).read_text())["use_case"] == "returns"


def test_a_person_is_not_asked_what_follows_from_an_answer(run, tmp_path, history, monkeypatch):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "README.md").write_text("# Churn\n\nSays who leaves.\n")
    shutil.copy(ROOT / "examples/online-serving/.dockerignore", folder)
    git(folder, "init", "--quiet")
    commit(folder)
    put = []
    said = {"team": "kitto-marketing", "use_case": "churn", "description": "Says who leaves"}

    def ask(prompt):
        put.append((prompt.name, prompt.default))
        return said[prompt.name]

    monkeypatch.setattr("modelwright.cli.commands.adopt.terminal_prompt", lambda: ask)

    ran = run("adopt", folder, "-a", ARCHETYPE, "--source", history, "--to", "v1.0.0")

    assert ran.code == DONE, ran.err
    assert put == [("team", None), ("use_case", "work"), ("description", "Says who leaves.")]
    assert yaml.safe_load((folder / ANSWERS).read_text())["brand"] == "kitto"


def test_an_answer_that_a_rule_refuses_is_refused(adopt, project):
    ran = adopt("-d", "use_case=Churn_Model")

    assert ran.code == REFUSED
    assert "NAM002" in ran.err
    assert not (project / ANSWERS).exists()


def test_a_stranger_among_the_answers_is_refused(adopt):
    ran = adopt("-d", "use_cas=churn")

    assert (ran.code, "did you mean use_case" in ran.err) == (REFUSED, True)


def test_an_unknown_archetype_is_refused(run, project, history):
    ran = run("adopt", project, "-a", "online-servng", "--source", history)

    assert (ran.code, "choose online-serving" in ran.err) == (REFUSED, True)


def test_a_repository_that_is_managed_is_refused_with_what_to_do(adopt, project):
    adopt()
    commit(project)
    before = state(project)

    ran = adopt()

    assert ran.code == REFUSED
    assert "it is managed already: it starts from v1.1.0" in ran.err
    assert f"modelwright update {project}" in ran.err
    assert state(project) == before


def test_a_dirty_tree_is_left_alone(adopt, project):
    (project / "README.md").write_text("changed\n")

    ran = adopt()

    assert ran.code == SURROUNDINGS
    assert "README.md" in ran.err
    assert "git stash" in ran.err
    assert not (project / ANSWERS).exists()


def test_a_folder_without_git_is_refused(run, tmp_path, history):
    folder = tmp_path / "kitto-churn-serve"
    folder.mkdir()

    ran = run("adopt", folder, "-a", ARCHETYPE, "--source", history)

    assert (ran.code, "git init" in ran.err) == (SURROUNDINGS, True)


@pytest.mark.parametrize("name", ["nowhere", "a-file"])
def test_what_is_no_folder_is_refused(run, tmp_path, history, name):
    (tmp_path / "a-file").write_text("")

    ran = run("adopt", tmp_path / name, "-a", ARCHETYPE, "--source", history)

    assert (ran.code, name in ran.err) == (REFUSED, True)


def test_a_source_that_is_no_repository_is_refused(run, project, tmp_path):
    ran = run("adopt", project, "-a", ARCHETYPE, "--source", tmp_path)

    assert (ran.code, "--source" in ran.err) == (REFUSED, True)


def test_a_failure_while_writing_leaves_nothing_behind(adopt, project, monkeypatch):
    before = state(project)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    ran = adopt()

    assert ran.code == SURROUNDINGS
    assert "No space left" in ran.err
    assert state(project) == before


def test_a_project_without_answers_is_told_how_to_get_them(run, project):
    ran = run("check", project)

    assert ran.code == REFUSED
    assert f"modelwright adopt {project}" in ran.err
