"""`adopt --managed-only`: an old repository is governed, and its own source is left alone."""

import json
import subprocess
import sys

import pytest
import yaml
from cookiecutter.main import cookiecutter

from tests.adopt.conftest import ARCHETYPE, commit, state
from tests.platforms import ROOT, git

ANSWERS = ".copier-answers.yml"
DONE, FINDINGS, USAGE, REFUSED, SURROUNDINGS = 0, 1, 2, 3, 4
GOVERNING = {
    ANSWERS,
    ".env.example",
    ".github/CODEOWNERS",
    ".github/pull_request_template.md",
    ".github/workflows/policy.yml",
    "project.yaml",
    "secrets.yaml",
}
OLD = {
    "setup.py": "from setuptools import setup\n\nsetup(\n    name='{{ cookiecutter.slug }}',\n"
    "    description='Says who leaves',\n)\n",
    "requirements.txt": "pandas==0.25.3\n",
    "{{ cookiecutter.slug }}/model.py": "def predict(rows):\n    return [0.5 for _ in rows]\n",
    "README.md": "# {{ cookiecutter.slug }}\n\nSays who leaves.\n",
    ".gitignore": "*.pyc\n",
    "Dockerfile": "FROM python:3.6\nCOPY . .\n",
    ".github/workflows/main.yml": "name: Main\non: push\njobs:\n  build:\n"
    "    runs-on: ubuntu-latest\n"
    "    env:\n      KEY: {% raw %}${{ secrets.AWS_KEY }}{% endraw %}\n"
    "    steps:\n      - uses: actions/checkout@v2\n",
}


@pytest.fixture(scope="module")
def cookie(tmp_path_factory):
    """A Cookiecutter template of another hand, years old."""
    folder = tmp_path_factory.mktemp("cookie")
    (folder / "cookiecutter.json").write_text('{"slug": "churn"}')
    for path, text in OLD.items():
        file = folder / "{{ cookiecutter.slug }}" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


@pytest.fixture
def old(cookie, tmp_path):
    """A repository that it made, committed, with a remote of the organisation's name."""
    made = cookiecutter(str(cookie), no_input=True, output_dir=str(tmp_path))
    git(made, "init", "--quiet", "--initial-branch", "main")
    git(made, "remote", "add", "origin", "git@github.com:halden-retail/kitto-churn-serve.git")
    commit(made)
    return tmp_path / "churn"


@pytest.fixture
def govern(run, old, history):
    def govern(*arguments):
        named = ("-a", ARCHETYPE, "--platform", history)
        return run("adopt", old, *named, "--managed-only", *arguments)

    return govern


def own(folder):
    return {path: content for path, content in state(folder).items() if path not in GOVERNING}


def test_its_own_source_is_the_same_before_and_after(govern, old):
    before = own(old)

    ran = govern("--apply")

    assert ran.code == DONE, ran.err + ran.out
    assert own(old) == before
    assert set(state(old)) - set(before) == GOVERNING
    assert set(git(old, "diff", "--staged", "--name-only").split()) == GOVERNING


def test_check_says_what_is_still_to_do_and_nothing_else(run, govern, old):
    govern("--apply")
    commit(old)

    ran = run("check", old, "--json")

    assert ran.code == FINDINGS
    told = {(f["rule"], f["where"].partition(":")[0]) for f in json.loads(ran.out)["findings"]}
    assert told == {
        ("TAG102", "Dockerfile"),
        ("SEC002", ".github/workflows/main.yml"),
        ("SEC006", ".gitignore"),
        ("PIN002", ".github/workflows/main.yml"),
    }


def test_what_is_done_is_not_told_any_more(run, govern, old):
    govern("--apply")
    (old / "Dockerfile").unlink()
    (old / ".github/workflows/main.yml").unlink()
    (old / ".gitignore").write_text(".env\n")
    commit(old)

    assert run("check", old).code == DONE


def test_the_answers_come_from_the_repository(govern, old):
    lines = [" ".join(line.split()) for line in govern().out.splitlines()]

    assert lines[1:5] == [
        "archetype online-serving --archetype",
        "team kitto-marketing policy: the brand's only team",
        "brand kitto git remote origin",
        "use_case churn git remote origin",
    ]
    assert "description Says who leaves setup.py:5" in lines
    assert "managed_only True --data" in lines


def test_without_apply_only_the_answers_file_is_written(govern, old):
    before = state(old)

    ran = govern()

    assert ran.code == DONE
    assert set(state(old)) - set(before) == {ANSWERS}
    assert yaml.safe_load((old / ANSWERS).read_text())["_commit"] == "v1.2.0"
    assert "modelwright adopt . --managed-only --apply" in ran.out


def test_the_rest_comes_when_it_is_applied_later(run, govern, old):
    govern()
    born = (old / ANSWERS).read_bytes()
    commit(old)

    ran = run("adopt", old, "--managed-only", "--apply")

    assert ran.code == DONE, ran.err
    assert set(state(old)) >= GOVERNING
    assert (old / ANSWERS).read_bytes() == born


def test_later_before_the_commit_says_to_commit(run, govern, old):
    govern()

    ran = run("adopt", old, "--managed-only", "--apply")

    assert ran.code == SURROUNDINGS
    assert "git commit" in ran.err


def test_an_update_keeps_governing_and_nothing_more(run, govern, old):
    govern("--apply", "--to", "v1.1.0")
    commit(old)
    before = own(old)

    assert run("update", old).code == DONE

    assert own(old) == before
    assert set(git(old, "diff", "--staged", "--name-only").split()) == {ANSWERS}


def test_an_owners_file_of_its_own_is_a_conflict_and_both_stand(govern, old):
    owners = old / ".github/CODEOWNERS"
    owners.write_text("* @somebody\n")
    (old / "secrets.yaml").write_text("mine: true\n")
    commit(old)

    ran = govern("--apply")

    assert ran.code == FINDINGS
    assert "* @somebody" in owners.read_text()
    assert "@halden-retail/kitto-marketing" in owners.read_text()
    assert "<<<<<<<" in owners.read_text()
    assert (old / "secrets.yaml.yours").read_text() == "mine: true\n"
    assert "schema_version: 1" in (old / "secrets.yaml").read_text()


def test_one_that_is_governed_already_is_refused_without_apply(govern, old):
    govern("--apply")
    commit(old)

    ran = govern()

    assert (ran.code, "it is managed already" in ran.err) == (REFUSED, True)


def test_a_name_that_the_policy_refuses_is_refused(govern, old):
    git(old, "remote", "set-url", "origin", "git@github.com:halden-retail/Churn_Model.git")

    ran = govern()

    assert ran.code == USAGE
    assert "use_case (" in ran.err
    assert "team (nothing says it)" in ran.err


def test_stock_copier_governs_with_the_same_bytes(govern, old, history, tmp_path):
    govern("--apply")
    done = subprocess.run(
        [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults",
         "-d", f"archetype={ARCHETYPE}", "-d", "team=kitto-marketing", "-d", "use_case=churn",
         "-d", "description=Says who leaves", "-d", "managed_only=true", str(history),
         str(tmp_path / "copied")],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    copied = state(tmp_path / "copied")
    assert set(copied) == GOVERNING
    assert copied == {path: (old / path).read_bytes() for path in GOVERNING}


def test_a_platform_that_cannot_govern_yet_says_so(run, old, tmp_path):
    from tests.platforms import platform_copy, release

    platform = platform_copy(tmp_path / "older")
    questions = platform / "copier.yml"
    lines = [line for line in questions.read_text().splitlines() if line[:12] != "managed_only"]
    questions.write_text("\n".join(lines) + "\n")
    release(platform, "v0.9.0")

    ran = run("adopt", old, "-a", ARCHETYPE, "--source", platform, "--managed-only")

    assert ran.code == REFUSED
    assert "v0.9.0 of the platform cannot govern" in ran.err


STANDING = [
    ("CODEOWNERS", ".github/CODEOWNERS"),
    ("docs/CODEOWNERS", ".github/CODEOWNERS"),
    ("pull_request_template.md", ".github/pull_request_template.md"),
    ("PULL_REQUEST_TEMPLATE.md", ".github/pull_request_template.md"),
    ("docs/Pull_Request_Template.txt", ".github/pull_request_template.md"),
    (".github/PULL_REQUEST_TEMPLATE/feature.md", ".github/pull_request_template.md"),
    (".github/PULL_REQUEST_TEMPLATE.md", ".github/pull_request_template.md"),
    (".github/workflows/policy.yaml", ".github/workflows/policy.yml"),
]


@pytest.mark.parametrize(("standing", "governing"), STANDING)
def test_a_file_that_would_count_instead_of_one_that_stands_is_not_added(
    run, govern, old, standing, governing
):
    (old / standing).parent.mkdir(parents=True, exist_ok=True)
    (old / standing).write_text("# hers\n")
    commit(old)
    before = own(old)

    ran = govern("--apply", "--quiet")

    assert (ran.code, own(old)) == (DONE, before), ran.err + ran.out
    assert not (old / governing).exists() or (old / governing).samefile(old / standing)
    assert f"left out {governing}, which would count in place of your {standing}" in ran.out
    commit(old)
    assert run("update", old).code == DONE
    assert not (old / governing).exists() or (old / governing).samefile(old / standing)


@pytest.mark.parametrize("other", ["src/CODEOWNERS", "CODEOWNERS.md", "docs/pull_requests.md"])
def test_a_file_that_only_has_a_name_alike_stops_nothing(govern, old, other):
    (old / other).parent.mkdir(parents=True, exist_ok=True)
    (old / other).write_text("# hers\n")
    commit(old)

    assert govern("--apply").code == DONE
    assert set(state(old)) >= GOVERNING
