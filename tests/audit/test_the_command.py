"""`modelwright check` as a person and as a program meet it."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from modelwright.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(capsys, platform):
    """Check a folder with the platform of these tests."""

    def run(*arguments):
        named = () if "--platform" in arguments else ("--platform", platform.source)
        code = main(["check", *map(str, arguments), *map(str, named)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def test_a_clean_project_passes(run, project, platform):
    code, out, _ = run(project)

    judge, lock, _, passed = out.splitlines()
    assert code == 0
    assert lock.startswith("uv.lock:1: warning LCK002")  # this one names no package
    assert judge == f"judged by {platform.source}, as it stands"
    assert passed == f"{passed.split()[0]} checks passed"
    assert int(passed.split()[0]) > 40


def test_findings_are_told_with_their_place_and_next_step(run, project):
    (project / "uv.lock").unlink()

    code, out, _ = run(project)

    assert code == 1
    assert out.splitlines()[1:3] == [
        "uv.lock:1: LCK001 there is no uv.lock",
        "  next: run: uv lock && git add uv.lock",
    ]
    assert out.splitlines()[3].startswith("1 finding; ")


def test_json_is_one_document(run, project):
    (project / "uv.lock").unlink()

    code, out, _ = run(project, "--json")

    document = json.loads(out)
    assert code == 1
    assert set(document) == {
        *("schema_version", "project", "judged_by", "verified", "findings", "passed"),
    }
    assert document["verified"] is True
    assert document["project"] == str(project)
    assert document["findings"] == [
        {
            "rule": "LCK001",
            "problem": "there is no uv.lock",
            "where": "uv.lock:1",
            "next_step": "run: uv lock && git add uv.lock",
            "waived": False,
            "warning": False,
        }
    ]
    assert "SEC005" in document["passed"]


def test_the_current_folder_is_the_default(run, project, monkeypatch):
    monkeypatch.chdir(project)

    assert run()[0] == 0


@pytest.mark.parametrize("text", [None, "", "a: [", "- a\n", "team: norda-fraud\n", "\t"])
def test_what_is_no_project_is_refused(run, project, text):
    answers = project / ".copier-answers.yml"
    answers.unlink() if text is None else answers.write_text(text)

    code, out, err = run(project)

    assert (code, out) == (3, "")
    assert ".copier-answers.yml" in err
    assert "\n  next: " in err


def test_a_folder_within_a_project_names_the_project(run, project):
    code, _, err = run(project / "src")

    assert code == 3
    assert f"modelwright check {project}" in err


def test_a_missing_folder_is_refused(run, tmp_path):
    code, _, err = run(tmp_path / "nowhere")

    assert code == 3
    assert "nowhere" in err


def test_a_refusal_is_a_document_too(run, tmp_path):
    code, out, _ = run(tmp_path, "--json")

    assert code == 3
    assert json.loads(out)["exit_code"] == 3


def test_a_file_name_cannot_command_the_terminal(run, project):
    (project / "a.yaml").write_text('"\\e[31m": *nobody\n')
    record = project / "project.yaml"
    record.write_text(record.read_text().replace('owner: "', 'owner: "\\e[31m'))

    _, out, _ = run(project)

    assert "\x1b" not in out


def test_the_projects_own_answers_name_its_platform(platform, project):
    answers = project / ".copier-answers.yml"
    assert f"_src_path: {platform.source}" in answers.read_text()

    assert main(["check", str(project)]) == 0


@pytest.mark.parametrize("source", ["../elsewhere", "/no/such/platform", "nowhere://x"])
def test_a_platform_that_cannot_be_had_is_said_with_the_way_out(capsys, project, source):
    answers = project / ".copier-answers.yml"
    kept = [line for line in answers.read_text().splitlines() if not line.startswith("_src_path")]
    answers.write_text("\n".join([*kept, f"_src_path: {source}"]) + "\n")

    code = main(["check", str(project)])

    assert code in (3, 4)
    assert "--platform" in capsys.readouterr().err


@pytest.mark.parametrize(
    "source",
    [
        "https://github.com/halden-retail/modelwright",
        "https://github.com/halden-retail/modelwright.git",
        "git+https://github.com/halden-retail/modelwright",
        "gh:halden-retail/modelwright",
    ],
)
def test_the_platform_in_the_wheel_is_known_by_each_of_its_names(capsys, project, source):
    answers = project / ".copier-answers.yml"
    kept = [line for line in answers.read_text().splitlines() if not line.startswith("_src_path")]
    answers.write_text("\n".join([*kept, f"_src_path: {source}", "_commit: v0.0.0"]) + "\n")

    code = main(["check", str(project)])

    assert code == 0
    assert "warning DRF003" in capsys.readouterr().out


def test_every_rule_is_explained(platform):
    from modelwright.audit.findings import rule_ids

    text = (
        (ROOT / "docs/check.md")
        .read_text()
        .replace("NAM101 to NAM109", " ".join(f"NAM10{number}" for number in range(1, 10)))
    )

    assert [rule for rule in rule_ids(platform.policy) if rule not in text] == []


def test_the_hook_is_one_that_pre_commit_takes():
    manifest = ROOT / ".pre-commit-hooks.yaml"
    command = [Path(sys.executable).with_name("pre-commit"), "validate-manifest", str(manifest)]

    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    (hook,) = yaml.safe_load(manifest.read_text())
    assert hook["id"] == "modelwright-check"
    assert hook["entry"] == "modelwright check"
    assert (hook["pass_filenames"], hook["always_run"]) == (False, True)


def test_the_next_step_works_as_printed_in_any_folder(run, project, tmp_path):
    moved = project.rename(tmp_path / "OneDrive - it's $HOME")

    code, _, err = run(moved / "docs")

    step = re.search(r"next: name the project's own folder: (modelwright check .*)", err)[1]
    assert (code, shlex.split(step)) == (3, ["modelwright", "check", str(moved)])
