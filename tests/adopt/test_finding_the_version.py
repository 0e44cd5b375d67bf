"""A repository starts from the version of the template that fits it best."""

import itertools
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from modelwright.adapters.sources.histories import history_of
from modelwright.operations.adopt.platform_template import PlatformTemplate
from modelwright.operations.adopt.request import AdoptRequest
from tests.adopt.conftest import ARCHETYPE, GIVEN, commit
from tests.platforms import change_policy, git, platform_copy, release

DONE, REFUSED = 0, 3
REQUEST = AdoptRequest(path=Path())


def start(project):
    return yaml.safe_load((project / ".copier-answers.yml").read_text())["_commit"]


def test_an_untouched_project_starts_from_the_version_that_made_it(run, project, history):
    ran = run("adopt", project, "--archetype", ARCHETYPE, "--source", history)

    assert ran.code == DONE
    assert start(project) == "v1.1.0"
    equal = r"(\d+) of \1 files are equal, and 100% of the lines there, best of 2 versions"
    assert re.search(equal, ran.out)


def test_a_project_that_was_worked_on_still_does(run, project, history):
    for path in ("README.md", "project.yaml", "pyproject.toml"):
        file = project / path
        file.write_text(file.read_text() + "# mine\n")
    for path in (project / "src/churn").glob("*.py"):
        path.write_text("MINE = True\n")
    (project / "docs/runbook.md").unlink()
    commit(project)

    ran = run("adopt", project, "--archetype", ARCHETYPE, "--source", history, "--json")

    document = json.loads(ran.out)
    assert document["version"] == "v1.1.0"
    assert 0.8 < document["fit"]["equal"] < 1
    assert document["fit"]["compared"] == 3


def test_what_is_hers_is_not_compared(run, project, history):
    for name in ("features", "train", "evaluate"):
        (project / f"src/churn/{name}.py").write_text("MINE = True\n")
    for path in (project / "config").glob("*"):
        path.unlink()
    commit(project)

    ran = run("adopt", project, "--archetype", ARCHETYPE, "--source", history)

    assert re.search(r"(\d+) of \1 files are equal", ran.out)


def test_a_repository_of_another_kind_is_refused_with_the_figure(run, tmp_path, history):
    folder = tmp_path / "kitto-churn-serve"
    folder.mkdir()
    (folder / "README.md").write_text("# Churn\n\nSays who leaves.\n")
    git(folder, "init", "--quiet")
    commit(folder)
    arguments = ("adopt", folder, "--archetype", ARCHETYPE, "--source", history, "-d",
                 "description=Says who leaves")  # fmt: skip

    ran = run(*arguments)

    assert ran.code == REFUSED
    assert "0 of 4" in ran.err
    assert "nothing in common" in ran.err
    assert not (folder / ".copier-answers.yml").exists()

    (folder / ".gitignore").write_text(".venv/\n__pycache__/\n.env\n")
    commit(folder)
    near = run(*arguments)

    assert near.code == REFUSED
    assert "40% of the lines are needed" in near.err
    assert "--to v1." in near.err
    assert run(*arguments, "--to", "v1.1.0").code == DONE
    assert start(folder) == "v1.1.0"


def test_a_version_that_does_not_exist_is_refused_with_the_nearest(run, project, history):
    ran = run("adopt", project, "--archetype", ARCHETYPE, "--source", history, "--to", "v1.1.1")

    assert ran.code == REFUSED
    assert "v1.1.0 or v1.2.0" in ran.err


def test_a_branch_is_named_as_git_describes_it_because_it_moves(run, project, history):
    git(history, "branch", "side", "v1.1.0")
    arguments = ("adopt", project, "--archetype", ARCHETYPE, "--source", history, "--to", "side")

    ran = run(*arguments)
    git(history, "branch", "--delete", "--force", "side")

    assert ran.code == DONE
    assert start(project) == "v1.1.0"


def test_the_version_behind_the_platform_s_name_is_the_one_that_governs(run, project, history):
    named = ("--platform", f"{history}@v1.1.0", "--archetype", ARCHETYPE)

    assert run("adopt", project, *named, "--managed-only").code == DONE
    assert start(project) == "v1.1.0"


def test_a_template_without_a_release_is_taken_as_it_is_checked_out(run, project, tmp_path):
    template = platform_copy(tmp_path / "platform")
    release(template, "x")
    git(template, "tag", "--delete", "x")

    assert run("adopt", project, "--archetype", ARCHETYPE, "--source", template).code == DONE
    assert start(project) == git(template, "describe", "--always").strip()


def test_what_is_the_same_in_two_versions_is_rendered_once(history):
    with history_of(str(history)) as versions:
        template = PlatformTemplate(history=versions, newest="v1.2.0", request=REQUEST)
        given = {**GIVEN, "archetype": ARCHETYPE}
        counts = []
        for name in ("v1.0.0", "v1.1.0", "v1.2.0"):
            template.files(name, given)
            counts.append(template.rendered)

    assert counts[0] > 50
    assert [after - before for before, after in itertools.pairwise(counts)] == [2, 2]


def test_the_same_files_come_out_as_of_a_version_alone(history):
    given = {**GIVEN, "archetype": ARCHETYPE}
    with history_of(str(history)) as versions:
        shared = PlatformTemplate(history=versions, newest="v1.2.0", request=REQUEST)
        for name in ("v1.0.0", "v1.1.0", "v1.2.0"):
            alone = PlatformTemplate(history=versions, newest="v1.2.0", request=REQUEST)

            assert shared.files(name, given) == alone.files(name, given)
            made = shared.render_checked(name, given)[1]
            assert all(made[path] == file for path, file in alone.files(name, given).items())


def later(history, tmp_path, change):
    """The platform with one more version, whose policy is another."""
    folder = shutil.copytree(history, tmp_path / "later", symlinks=True)
    change_policy(folder, change((folder / "platform.yml").read_text()))
    release(folder, "v1.3.0")
    return folder


def reserved(text):
    assert "words: [admin," in text
    return text.replace("words: [admin,", "words: [churn, admin,")


def without_the_archetype(text):
    kept = yaml.safe_load(text)
    del kept["archetypes"][ARCHETYPE]
    for secret in kept["secrets"]:
        secret["archetypes"] = [each for each in kept["archetypes"] if each != "batch"]
    return yaml.safe_dump(kept, allow_unicode=True, sort_keys=False)


@pytest.mark.parametrize("change", [reserved, without_the_archetype])
def test_what_only_the_newest_version_refuses_does_not_stop_the_search(
    run, cut, history, tmp_path, change
):
    project = shutil.copytree(cut("v1.2.0"), tmp_path / "kitto-churn-serve")
    platform = later(history, tmp_path, change)

    ran = run("adopt", project, "--archetype", ARCHETYPE, "--source", platform)

    assert ran.code == DONE, ran.err
    assert start(project) == "v1.2.0"
    asked = ("--archetype", ARCHETYPE, "--source", platform, "--to", "v1.3.0")
    (project / ".copier-answers.yml").unlink()
    assert run("adopt", project, *asked).code == REFUSED
