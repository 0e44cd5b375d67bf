"""`adopt --apply`: taken in and brought to the newest version, which one command undoes."""

import json
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from tests.adopt.conftest import ARCHETYPE, commit, state
from tests.platforms import git

ANSWERS = ".copier-answers.yml"
DONE, CONFLICTS, SURROUNDINGS, INTERRUPTED = 0, 1, 4, 130


@pytest.fixture
def apply(run, project, history):
    def apply(*arguments):
        return run("adopt", project, "-a", ARCHETYPE, "--source", history, "--apply", *arguments)

    return apply


def test_it_is_brought_to_the_newest_version(apply, project):
    readme = project / "README.md"
    readme.write_text(readme.read_text().replace("## ", "## My ", 1))
    commit(project)

    ran = apply()

    assert ran.code == DONE, ran.err
    assert "## My " in readme.read_text()
    assert readme.read_text().endswith("Of v1.1.0.\nOf v1.2.0.\n")
    assert yaml.safe_load((project / ANSWERS).read_text())["_commit"] == "v1.2.0"
    assert yaml.safe_load((project / ANSWERS).read_text())["born"] == "v1.1.0"
    assert set(git(project, "diff", "--staged", "--name-only").split()) == {
        ANSWERS, "Dockerfile", "README.md",
    }  # fmt: skip


def test_what_was_deleted_stays_deleted(apply, project):
    (project / "docs/runbook.md").unlink()
    (project / "tests/test_log.py").unlink()
    commit(project)

    assert apply().code == DONE
    assert not (project / "docs/runbook.md").exists()
    assert not (project / "tests/test_log.py").exists()


def test_one_command_takes_it_all_back(apply, project, run):
    before = state(project)
    document = json.loads(apply("--json").out)

    assert run(*shlex.split(document["update"]["undo"])[1:]).code == DONE

    assert state(project) == before
    assert document["update"]["status"] == "updated"
    assert document["version"] == "v1.1.0"


def test_both_changed_the_same_line(apply, project):
    readme = project / "README.md"
    readme.write_text(readme.read_text() + "Mine.\n")
    commit(project)

    ran = apply()

    assert ran.code == CONFLICTS
    assert "Mine.\n" in readme.read_text()
    assert "README.md: both changed the same lines" in ran.out


def test_one_that_is_at_the_newest_gets_its_answers_file_alone(run, cut, history):
    folder = Path(cut("v1.2.0"))
    before = state(folder)

    ran = run("adopt", folder, "-a", ARCHETYPE, "--source", history, "--apply")

    assert ran.code == DONE
    assert {path for path in state(folder) if path not in before} == {ANSWERS}
    assert f"wrote {folder / ANSWERS}" in ran.out


def test_a_project_in_a_subfolder_of_a_repository(run, made, tmp_path, history):
    whole = tmp_path / "monorepo"
    folder = whole / "services/kitto-churn-serve"
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns(".git"))
    (whole / "other.txt").write_text("1\n")
    git(whole, "init", "--quiet")
    commit(whole)
    (whole / "other.txt").write_text("2\n")

    ran = run("adopt", folder, "-a", ARCHETYPE, "--source", history, "--apply")

    assert ran.code == DONE, ran.err
    assert (folder / ANSWERS).is_file()
    assert (whole / "other.txt").read_text() == "2\n"
    assert (folder / "README.md").read_text().endswith("Of v1.2.0.\n")


def test_one_that_was_interrupted_is_named_with_what_finishes_it(apply, run, project, monkeypatch):
    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("modelwright.adapters.worktree.apply._check_out_and_exchange", killed)
        # A kill leaves no time to tidy up.
        patch.setattr("modelwright.adapters.worktree.apply.remove_journal", lambda _: None)
        assert apply().code == INTERRUPTED

    ran = apply()
    assert ran.code == SURROUNDINGS
    assert f"modelwright update {project}" in ran.err
    assert run("update", project).code == DONE
    assert yaml.safe_load((project / ANSWERS).read_text())["_commit"] == "v1.2.0"


def test_a_broken_answers_file_is_replaced(apply, project):
    (project / ANSWERS).write_text("_commit: v1.1.0\nteam: kitto-marketing\n")
    commit(project)

    assert apply().code == DONE
    answers = yaml.safe_load((project / ANSWERS).read_text())
    assert answers["_commit"] == "v1.2.0"
    assert answers["use_case"] == "churn"


@pytest.mark.parametrize(("arguments", "code"), [(["-d", "description="], 3), (["-d", "x=1"], 3)])
def test_nothing_is_changed_where_something_is_refused(apply, project, arguments, code):
    before = state(project)

    assert apply(*arguments).code == code
    assert state(project) == before
    assert git(project, "status", "--porcelain") == ""
