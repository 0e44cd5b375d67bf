"""A repository with its own source, of which only the governing files are the platform's."""

import shutil

import pytest

OWN = {
    "setup.py": "from setuptools import setup\n\nsetup(name='churn')\n",
    "requirements.txt": "pandas==0.25\n",
    "churn/model.py": "MODEL = None\n",
    ".gitignore": ".env\n",
    ".github/workflows/build.yml": "name: Build\non: push\njobs: {}\n",
}


@pytest.fixture(scope="module")
def governed(make):
    folder = make(team="kitto-marketing", use_case="churn", managed_only=True)
    (folder / "uv.lock").unlink()
    for path, text in OWN.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def project(governed, tmp_path):
    return shutil.copytree(governed, tmp_path / governed.name)


def told(report):
    return {(finding.rule, finding.where.partition(":")[0]) for finding in report.findings}


def test_it_is_within_policy_with_no_file_of_ours_but_the_governing_ones(check, project):
    ours = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}

    assert told(check(project)) == set()
    assert ours - set(OWN) == {
        ".copier-answers.yml",
        ".env.example",
        ".github/CODEOWNERS",
        ".github/pull_request_template.md",
        ".github/workflows/policy.yml",
        "project.yaml",
        "secrets.yaml",
    }


def test_the_caller_runs_nothing_that_the_repository_need_not_have(project):
    caller = (project / ".github/workflows/policy.yml").read_text()

    assert "run:" not in caller
    assert "modelwright-check@" in caller


def test_a_governing_file_that_is_gone_or_edited_is_drift(check, project):
    (project / "secrets.yaml").unlink()
    caller = project / ".github/workflows/policy.yml"
    caller.write_text(caller.read_text().replace("pull_request:\n", ""))

    assert {("DRF001", ".github/workflows/policy.yml"), ("DRF002", "secrets.yaml")} <= told(
        check(project)
    )


def test_its_own_tools_lock_its_dependencies(check, project):
    (project / "pyproject.toml").write_text("[tool.poetry]\nname = 'churn'\n")

    assert told(check(project)) == set()


def test_what_is_out_of_policy_in_its_own_files_is_told(check, project):
    (project / ".gitignore").unlink()
    (project / "Dockerfile").write_text("FROM python\n")
    (project / ".github/workflows/build.yml").write_text(
        "on: push\njobs:\n  a:\n    runs-on: x\n    env:\n      A: ${{ secrets.OLD_KEY }}\n"
        "    steps:\n      - uses: actions/checkout@v4\n"
    )

    assert told(check(project)) == {
        ("SEC006", ".gitignore"),
        ("TAG102", "Dockerfile"),
        ("SEC002", ".github/workflows/build.yml"),
        ("PIN002", ".github/workflows/build.yml"),
    }
