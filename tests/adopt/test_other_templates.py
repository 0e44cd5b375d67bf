"""Any Copier template: no archetype, no policy; its answers file is mended."""

import json
import shutil

import copier
import pytest
import yaml

from tests.adopt.conftest import commit, state
from tests.platforms import git, release

ANSWERS = ".copier-answers.yml"
DONE, USAGE, REFUSED = 0, 2, 3
pytestmark = pytest.mark.filterwarnings("ignore")
QUESTIONS = """\
name: {type: str}
licence: {type: str, choices: [MIT, none], default: MIT}
typed: {type: bool, default: true}
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A template in nobody's dialect, at three versions."""
    folder = tmp_path_factory.mktemp("other") / "template"
    folder.mkdir()
    (folder / "copier.yml").write_text(QUESTIONS)
    (folder / "{{_copier_conf.answers_file}}.jinja").write_text(
        "{{ _copier_answers|to_nice_yaml }}"
    )
    (folder / "{% if typed %}py.typed{% endif %}").write_text("")
    for number in range(3):
        (folder / "README.md.jinja").write_text(f"# {{{{ name }}}}\n\nOf v1.{number}.0\n")
        (folder / "steady.txt").write_text("the same in all\n")
        release(folder, f"v1.{number}.0")
    return folder


@pytest.fixture
def project(template, tmp_path):
    """A project of v1.1.0, committed."""
    made = tmp_path / "thing"
    copier.run_copy(
        str(template), made, vcs_ref="v1.1.0", data={"name": "Thing"}, defaults=True, quiet=True
    )
    git(made, "init", "--quiet")
    commit(made)
    return made


def spoil(project, *added, without=(), name=ANSWERS):
    text = (project / ANSWERS).read_text()
    kept = [line for line in text.splitlines() if not line.startswith(tuple(without))]
    (project / ANSWERS).unlink()
    (project / name).write_text("\n".join([*kept, *added]) + "\n")
    commit(project)


SPOILT = {
    "no commit": ((), {"without": ["_commit"]}),
    "a commit that is gone": (("_commit: v0.0.1",), {"without": ["_commit"]}),
    "a relative source": (("_src_path: ../gone",), {"without": ["_src_path"]}),
    "another name": ((), {"name": ".copier-answers.old.yml"}),
}


@pytest.mark.parametrize(("added", "how"), SPOILT.values(), ids=SPOILT)
def test_a_spoilt_answers_file_is_mended_as_copier_would_have_written_it(
    run, project, template, added, how
):
    whole = (project / ANSWERS).read_bytes()
    spoil(project, *added, **how)
    before = state(project)

    ran = run("adopt", project, "--source", template)

    assert ran.code == DONE, ran.err
    assert (project / ANSWERS).read_bytes() == whole
    after = state(project)
    assert {path for path in after if after[path] != before.get(path)} == {ANSWERS}


def test_stock_copier_updates_it_again(run, project, template):
    spoil(project, without=["_commit"])
    run("adopt", project, "--source", template)
    commit(project)

    copier.run_update(str(project), defaults=True, overwrite=True, quiet=True)

    assert (project / "README.md").read_text() == "# Thing\n\nOf v1.2.0\n"


def test_the_version_is_found_in_a_project_that_was_worked_on(run, project, template):
    spoil(project, without=["_commit"])
    (project / "README.md").write_text("# Thing\n\nOf v1.1.0\n\nMine.\n")
    (project / "steady.txt").unlink()
    commit(project)

    document = json.loads(run("adopt", project, "--source", template, "--json").out)

    assert document["version"] == "v1.1.0"
    assert document["fit"]["compared"] == 3
    assert document["answers"]["name"] == {"value": "Thing", "from": [f"{ANSWERS}:3"]}


def test_an_answer_that_is_missing_is_named(run, project, template):
    spoil(project, without=["_commit", "name"])

    ran = run("adopt", project, "--source", template)

    assert ran.code == USAGE
    assert "--data name=..." in ran.err
    assert run("adopt", project, "--source", template, "-d", "name=Thing").code == DONE
    assert yaml.safe_load((project / ANSWERS).read_text())["name"] == "Thing"


def test_a_person_is_asked(run, project, template, monkeypatch):
    spoil(project, without=["_commit", "name"])
    monkeypatch.setattr("modelwright.cli.commands.adopt.terminal_prompt", lambda: lambda _: "Thing")

    ran = run("adopt", project, "--source", template)

    assert ran.code == DONE, ran.err
    assert yaml.safe_load((project / ANSWERS).read_text())["name"] == "Thing"


def test_two_answers_files_that_disagree_are_not_sure(run, project, template):
    text = (project / ANSWERS).read_text()
    spoil(project, without=["_commit"])
    (project / ".copier-answers.old.yml").write_text(text.replace("Thing", "Another"))
    commit(project)

    ran = run("adopt", project, "--source", template)

    assert ran.code == USAGE
    assert "says 'Thing', .copier-answers.old.yml:4 says 'Another'" in ran.err


@pytest.mark.parametrize(("option", "value"), [("--archetype", ["x"]), ("--managed-only", [])])
def test_what_only_a_platform_has_is_refused(run, project, template, option, value):
    spoil(project, without=["_commit"])

    ran = run("adopt", project, "--source", template, option, *value)

    assert ran.code == REFUSED
    assert f"leave {option} out" in ran.err


def test_an_answer_to_no_question_is_refused(run, project, template):
    spoil(project, without=["_commit"])

    ran = run("adopt", project, "--source", template, "-d", "licens=MIT")

    assert (ran.code, "did you mean licence" in ran.err) == (REFUSED, True)


def test_a_template_that_asks_for_trust_is_refused_with_the_way(run, tmp_path):
    folder = tmp_path / "trusting"
    folder.mkdir()
    (folder / "copier.yml").write_text(
        f"{QUESTIONS}_jinja_extensions: [jinja2_time.TimeExtension]\n"
    )
    (folder / "{{_copier_conf.answers_file}}.jinja").write_text(
        "{{ _copier_answers|to_nice_yaml }}"
    )
    release(folder, "v1.0.0")
    project = tmp_path / "thing"
    project.mkdir()
    (project / ANSWERS).write_text("name: Thing\n")
    git(project, "init", "--quiet")
    commit(project)

    ran = run("adopt", project, "--source", folder)

    assert ran.code == REFUSED
    assert "--trust" in ran.err


STRICTER = {
    "a validator": QUESTIONS.replace(
        "name: {type: str}", "name: {type: str, validator: \"{{ 'too loud' if name == 'Thing' }}\"}"
    ),
    "a choice": QUESTIONS.replace("choices: [MIT, none], default: MIT", "choices: [none]"),
    "a question": f"{QUESTIONS}region: {{type: str}}\n",
}


@pytest.mark.parametrize("questions", STRICTER.values(), ids=STRICTER)
def test_what_only_the_newest_version_refuses_does_not_stop_the_search(
    run, project, template, tmp_path, questions
):
    stricter = shutil.copytree(template, tmp_path / "stricter", symlinks=True)
    (stricter / "copier.yml").write_text(questions)
    (stricter / "README.md.jinja").write_text("# {{ name }}\n\nOf v1.1.0\n")
    release(stricter, "v1.3.0")
    spoil(project, without=["_commit"])

    ran = run("adopt", project, "--source", stricter, "--json")

    assert ran.code == DONE, ran.err
    assert json.loads(ran.out)["version"] == "v1.1.0"
    assert run("adopt", project, "--source", stricter, "--to", "v1.3.0").code != DONE


def test_an_answer_that_the_version_that_fits_refuses_is_refused(run, project, template):
    spoil(project, without=["_commit"])

    ran = run("adopt", project, "--source", template, "-d", "licence=unknown")

    assert (ran.code, "licence" in ran.err) == (REFUSED, True)
