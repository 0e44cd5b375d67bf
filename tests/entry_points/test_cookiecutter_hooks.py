"""What stock Cookiecutter leaves behind is ready to work with."""

import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from modelwright.operations.new.cookiecutter import share, unshare

ROOT = Path(__file__).parent.parent.parent


def cookiecutter(into, *answers, repository=ROOT):
    command = [
        str(Path(sys.executable).with_name("cookiecutter")),
        "--no-input",
        "--directory",
        "templates/online-serving",
        str(repository),
    ]
    return subprocess.run(
        [*command, "--output-dir", into, *answers], capture_output=True, text=True, check=False
    )


def test_it_is_locked_committed_and_has_its_placeholders(tmp_path):
    done = cookiecutter(tmp_path)

    project = tmp_path / "norda-fraud-scoring-serve"
    assert done.returncode == 0, done.stderr
    log = subprocess.check_output(["git", "log", "--format=%an %s"], cwd=project, text=True)
    assert log == "Ada Tester feat: start from online-serving\n"
    assert (project / "uv.lock").exists()
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600


def test_what_an_option_leaves_out_is_gone_with_its_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELWRIGHT_NO_LOCK", "1")
    cookiecutter(tmp_path, "load_test=no")

    project = tmp_path / "norda-fraud-scoring-serve"
    assert not (project / "compose.yaml").exists()
    assert not (project / ".devcontainer").exists()
    tracked = subprocess.check_output(["git", "ls-files"], cwd=project, text=True)
    assert "tests/load.py" not in tracked


def test_where_git_knows_no_author_the_project_is_staged_and_the_commit_is_told(
    tmp_path, monkeypatch
):
    (tmp_path / "gitconfig").write_text("")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("MODELWRIGHT_NO_LOCK", "1")

    done = cookiecutter(tmp_path)

    assert "git does not know who you are" in done.stderr
    assert "config --global" not in done.stderr
    project = tmp_path / "norda-fraud-scoring-serve"
    staged = subprocess.check_output(["git", "ls-files"], cwd=project, text=True)
    assert "pyproject.toml" in staged.splitlines()
    next_step = done.stderr.rpartition("  next: ")[2]
    subprocess.run(["bash", "-c", next_step], check=True)
    subprocess.run(["git", "rev-parse", "--verify", "HEAD"], cwd=project, check=True)


@pytest.mark.parametrize("answer", ["use_case=Bad_Name", "brand=kitto", "description= "])
def test_a_refused_answer_leaves_nothing(answer, tmp_path):
    done = cookiecutter(tmp_path, answer)

    assert done.returncode == 1
    assert "error: " in done.stderr
    assert "  next: " in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("python", ["3.10", "3.13"])
def test_the_hooks_need_no_package_and_run_in_an_older_python(python, tmp_path):
    found = subprocess.run(
        ["uv", "python", "find", "--no-project", "--no-python-downloads", python],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode:
        pytest.skip(f"there is no Python {python} here")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import modelwright.operations.new.cookiecutter, modelwright.policy.answers\n"
        "assert not {'yaml', 'pydantic', 'jinja2', 'typer'} & set(sys.modules)"
    )
    subprocess.run([found.stdout.strip(), "-I", "-c", code, str(ROOT / "generator")], check=True)


def test_inside_a_repository_none_is_made_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELWRIGHT_NO_LOCK", "1")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)

    done = cookiecutter(tmp_path)

    project = tmp_path / "norda-fraud-scoring-serve"
    assert (done.returncode, (project / ".git").exists()) == (0, False)
    assert f"inside the repository {tmp_path}" in done.stderr


@pytest.fixture
def without_links(tmp_path):
    """A clone in which git wrote every link as a small text file, as Windows has it by default."""
    clone = tmp_path / "clone"
    link = "templates/online-serving/templates/templates/_shared"
    for name in ("templates", "hooks", "generator"):
        ignored = shutil.ignore_patterns("__pycache__", "_shared" if name == "templates" else "")
        shutil.copytree(ROOT / name, clone / name, symlinks=True, ignore=ignored)
    shutil.copytree(ROOT / "templates/_shared", clone / "templates/_shared")
    (clone / link).parent.mkdir(parents=True, exist_ok=True)
    (clone / link).write_text("../../../_shared")
    return clone, clone / link


@pytest.mark.parametrize("answer", ["load_test=no", "use_case=Bad_Name"])
def test_a_checkout_without_links_serves_as_any_other_and_stays_as_it_is(
    answer, without_links, tmp_path, monkeypatch
):
    clone, link = without_links
    monkeypatch.setenv("MODELWRIGHT_NO_LOCK", "1")
    into = tmp_path / "into"

    done = cookiecutter(into, answer, repository=clone)

    project = into / "norda-fraud-scoring-serve"
    refused = answer.startswith("use_case")
    assert done.returncode == refused, done.stderr
    assert (project / "Dockerfile").exists() != refused
    assert link.read_text() == "../../../_shared"


def test_a_link_that_leads_out_of_the_templates_is_not_followed(without_links, tmp_path):
    clone, link = without_links
    (tmp_path / "secret").mkdir()
    link.write_text("../../../../../secret")

    share(clone / "templates/online-serving")

    assert link.is_file()


def test_what_an_interrupted_run_left_is_put_right_by_the_next(without_links):
    clone, link = without_links
    template = clone / "templates/online-serving"
    share(template)
    (link / "quote.jinja").unlink()

    share(template)

    assert (link / "quote.jinja").is_file()
    unshare(template)
    assert link.read_text() == "../../../_shared"
