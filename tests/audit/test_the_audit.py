"""`modelwright audit` as a person and as a program meet it."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from modelwright.audit.criteria.assessment import assess_project
from modelwright.cli.main import main
from modelwright.operations.judge.audit import audit_project
from tests.audit.conftest import TODAY
from tests.audit.maturity.fresh import changed
from tests.audit.maturity.fresh import project as in_memory

ROOT = Path(__file__).parents[2]
SUMMARY = re.compile(r"score (\d+) %: (\d+) of (\d+) applicable criteria pass; 1 fail, ")
CELL = re.compile(r"(?<!\\)\|")
JUNK = [7, "text", ["a", None, {}], {"a": 1}]


@pytest.fixture
def run(capsys, platform):
    """Audit folders with the platform of these tests."""

    def run(*arguments):
        code = main(["audit", "--platform", platform.source, *map(str, arguments)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def test_every_row_of_the_assessment_is_told_with_what_shows_it_or_what_to_do(run, made):
    code, out, _ = run(made, "--json")

    (project,) = json.loads(out)["projects"]
    criteria = project["criteria"]
    assert code == 0
    assert [one["number"] for one in criteria] == list(range(1, 61))
    assert all(one["evidence"] or one["mend"] for one in criteria)
    for one in criteria:
        for shown in one["evidence"]:
            file, line, _ = shown.split(":", 2)
            assert len((made / file).read_text().splitlines()) >= int(line), shown


def test_what_no_file_decides_is_said_as_such_and_has_not_passed(run, made):
    _, out, _ = run(made, "--format", "json")

    (project,) = json.loads(out)["projects"]
    told = {one["number"]: (one["outcome"], one["decided_by"]) for one in project["criteria"]}
    assert told[11] == told[30] == ("decided elsewhere", "GitHub")
    assert told[15] == ("decided elsewhere", "the registry or the cloud")
    assert told[55] == ("needs a person", "a person")
    assert told[2] == ("shape only", "GitHub")
    passed = [number for number, (outcome, _) in told.items() if outcome == "pass"]
    assert {told[number][1] for number in passed} == {"the files"}
    assert project["score"] == 100 * len(passed) // project["applicable"]


def test_a_failed_criterion_is_told_with_how_to_mend_it(run, project):
    (project / ".pre-commit-config.yaml").unlink()

    code, out, _ = run(project, "--quiet")

    assert code == 0
    assert "31  fail " in out
    assert "    next: " in out
    assert SUMMARY.search(run(project)[1].splitlines()[-1]) or "2 fail" in out


def test_a_score_below_the_line_ends_with_1(run, made):
    score = json.loads(run(made, "--json")[1])["projects"][0]["score"]

    assert run(made, "--fail-under", score)[0] == 0
    code, out, _ = run(made, "--fail-under", score + 1)

    assert code == 1
    assert out.splitlines()[-1] == f"{made}: {score} % is less than {score + 1} %"
    assert run(made, "--fail-under", score + 1, "--json")[0] == 1


@pytest.mark.parametrize("percent", ["101", "-1", "half", "4.5"])
def test_a_line_that_is_no_percentage_is_wrong_usage(run, made, percent):
    code, out, err = run(made, f"--fail-under={percent}")

    assert (code, out) == (2, "")
    assert "name one from 0 to 100" in err


@pytest.mark.parametrize("form", ["html", "sarif", "yaml"])
def test_another_format_is_refused_and_names_those_there_are(run, made, form):
    code, out, err = run(made, "--format", form)

    assert (code, out) == (2, "")
    assert form in err
    assert "text, json or markdown" in err


def test_markdown_is_a_table_of_sixty_rows(run, project):
    record = project / "project.yaml"
    record.write_text(re.sub(r"^id: .*$", "id: 'a|<b>*c*'", record.read_text(), flags=re.M))

    code, out, _ = run(project, "--format", "markdown")

    rows = [line for line in out.splitlines() if re.match(r"\| \d+ \|", line)]
    assert code == 0
    assert len(rows) == 60
    assert {len(CELL.findall(row)) for row in rows} == {6}
    assert out.startswith("## Maturity of a\\|\\<b\\>\\*c\\*\n")


def test_several_projects_are_told_one_after_the_other(run, made, project):
    _, out, _ = run(made, project, "--json")

    assert [one["project"] for one in json.loads(out)["projects"]] == [str(made), str(project)]


@pytest.mark.parametrize("form", [[], ["--json"], ["--format=json"], ["--format", "json"]])
def test_what_is_no_project_is_refused_and_nothing_else_is_told(run, made, tmp_path, form):
    code, out, err = run(made, tmp_path, *form)

    assert code == 3
    assert str(tmp_path) in (out if form else err)
    assert not form or json.loads(out)["exit_code"] == 3
    assert form or out == ""


def test_the_current_folder_is_the_default(run, made, monkeypatch):
    monkeypatch.chdir(made)

    assert run()[0] == 0


def test_an_own_text_that_a_person_signed_passes_and_the_template_s_never_does(platform, project):
    page = project / "docs/business.md"
    signed = f"\nReviewed: {TODAY.isoformat()} by Ada\n"

    def outcome():
        found = audit_project(project, open_platform=lambda *_: platform, today=TODAY)
        return found.results[0].outcome

    page.write_text(page.read_text() + signed)
    assert outcome() == "needs a person"

    page.write_text(f"# Business\n\n## Goals and KPIs\n\nHalf the fraud.\n{signed}")
    assert outcome() == "pass"


def test_where_the_template_does_not_render_no_text_counts_as_one_s_own(platform, project):
    answers = project / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace("archetype: online-serving", "archetype: gone"))
    page = project / "docs/business.md"
    page.write_text(f"## Goals and KPIs\n\nOurs.\n\nReviewed: {TODAY} by Ada\n")

    found = audit_project(project, open_platform=lambda *_: platform, today=TODAY)

    assert found.results[0].outcome == "needs a person"
    assert "which does not render" in found.notes[-1]


def test_a_project_of_another_version_is_told_so(platform, project):
    other = replace(platform, version="v9.9.9")

    found = audit_project(project, open_platform=lambda *_: other, today=TODAY)

    assert found.notes == (
        f"{project}: made with no version; its texts are compared with those of v9.9.9",
    )


@pytest.mark.parametrize("junk", JUNK, ids=repr)
@pytest.mark.parametrize("key", ["on", "jobs", "steps", "needs", "branches", "paths"])
def test_a_workflow_may_hold_anything(key, junk):
    made = in_memory()
    path = ".github/workflows/ci.yml"
    workflow = {"on": {"push": {"branches": ["main"]}}, "jobs": {"a": {"steps": []}}}
    places = {"on": workflow, "jobs": workflow, "steps": workflow["jobs"]["a"]}
    places.get(key, workflow["on"]["push"] if key != "needs" else workflow["jobs"]["a"])[key] = junk

    found = assess_project(changed(made, {path: json.dumps(workflow)}), made.files, place=Path())

    assert len(found.results) == 60


@pytest.mark.parametrize("lock", ["package = [3]", '[[package]]\nname = "x"\nmetadata = 3', "a ="])
def test_a_lock_file_may_hold_anything(lock):
    made = in_memory()

    found = assess_project(changed(made, {"uv.lock": lock}), made.files, place=Path())

    assert found.results[19].outcome == "fail"


def test_the_document_lists_every_row_with_who_has_the_last_word(run, made):
    _, out, _ = run(made, "--json")
    rows = re.findall(
        r"^\| (\d+) \| (.+?) \| (.+?) \|$", (ROOT / "docs/audit.md").read_text(), re.M
    )

    (project,) = json.loads(out)["projects"]
    assert [(int(number), title, who) for number, title, who in rows] == [
        (one["number"], one["criterion"], one["decided_by"]) for one in project["criteria"]
    ]


def test_nothing_that_only_some_values_need_is_imported(run, made, monkeypatch):
    for name in ("typer._adapters", "httpx", "copier"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    run(made, "--quiet", "--fail-under", "10")

    assert not {"typer._adapters", "httpx", "copier"} & set(sys.modules)
