"""Drift is judged by the version that the project was made with, or not at all."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIN = json.loads((ROOT / "templates/_shared/workflows.json").read_text())["sha"]


def pretend(project, version):
    answers = project / ".copier-answers.yml"
    answers.write_text(answers.read_text() + f"_commit: {version}\n")


def test_another_version_leaves_drift_unjudged_and_says_so(project, check):
    pretend(project, "v1.0.0")
    (project / "main.py").write_text("print()\n")

    (finding,) = check(project, version="v1.1.0").findings

    assert (finding.rule, finding.warning) == ("DRF003", True)
    assert "v1.0.0" in finding.problem
    assert "v1.1.0" in finding.problem


def test_what_was_not_judged_has_not_passed(project, check):
    pretend(project, "v1.0.0")

    passed = check(project, version="v1.1.0").passed

    assert not {"DRF001", "DRF002", "DRF003", "PIN001"} & set(passed)


def test_a_pin_of_another_version_still_has_to_be_a_commit(project, check):
    pretend(project, "v1.0.0")
    workflow = project / ".github/workflows/ci.yml"
    workflow.write_text(workflow.read_text().replace(PIN, "1" * 40))
    assert {finding.rule for finding in check(project, version="v1.1.0").findings} == {"DRF003"}

    workflow.write_text(workflow.read_text().replace("1" * 40, "main"))
    assert "PIN002" in {finding.rule for finding in check(project, version="v1.1.0").findings}


def test_the_same_version_is_judged(project, check):
    pretend(project, "v1.0.0")
    (project / "main.py").write_text("print()\n")

    assert {finding.rule for finding in check(project, version="v1.0.0").findings} == {"DRF001"}


def test_windows_line_ends_are_no_drift(project, check):
    for path in (project / "main.py", project / "deploy/k8s/base/service.yaml"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert check(project).findings == ()


def test_the_first_line_that_differs_is_told(project, check):
    path = project / "main.py"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], "# mine\n", *lines[2:]]))

    (finding,) = check(project).findings

    assert finding.where == "main.py:3"


@pytest.mark.parametrize("path", ["README.md", "src/fraud_scoring/features.py", "pyproject.toml"])
def test_a_file_of_hers_is_no_drift(project, check, path):
    if not (project / path).exists():
        pytest.skip(f"the template has no {path}")
    with (project / path).open("a") as file:
        file.write("\n# mine\n")

    assert check(project).findings == ()


def test_a_link_in_place_of_a_managed_file_is_found(project, check):
    (project / "main.py").rename(project / "other.py")
    (project / "main.py").symlink_to("other.py")

    (finding,) = check(project).findings

    assert (finding.rule, finding.where) == ("DRF002", "main.py:1")
