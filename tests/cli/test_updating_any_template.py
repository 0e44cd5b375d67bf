"""`status` and `update` work on any Copier project, and what needs trust is refused."""

import json
import shutil
import subprocess
import sys

import copier
import pytest

from tests.adapters.copier.templates import copied, on_disk, stored_in, template
from tests.platforms import git

pytestmark = pytest.mark.filterwarnings("ignore")

QUESTIONS = "_subdirectory: part\nname: {type: str, default: Ada}\nport: {type: int, default: 80}\n"
ANSWERS = {"part/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers|to_nice_yaml }}"}
LINES = "\n".join(f"line {number}" for number in range(9)) + "\n"


@pytest.fixture
def project(tmp_path):
    source = release(
        tmp_path, "v1.0.0", QUESTIONS, {"part/a.md.jinja": f"# {{{{ name }}}}\n{LINES}"}
    )
    made = tmp_path / "project"
    copied(source, made, data={"name": "Grace", "port": 8080})
    git(made, "init", "--quiet")
    git(made, "add", "--all", "--force")
    git(made, "commit", "--quiet", "--message", "chore: keep")
    return made


def release(tmp_path, tag, questions, files):
    return template(tmp_path / "template", tag, questions, {**ANSWERS, **files}, keep_answers=False)


def edited(project):
    path = project / "a.md"
    path.write_text(path.read_text().replace("line 8", "mine"))
    git(project, "commit", "--quiet", "--all", "--message", "feat: mine")


def test_an_update_is_that_of_stock_copier_and_keeps_what_is_hers(run, tmp_path, project):
    edited(project)
    newer = LINES.replace("line 0", "line 0 of {{ port }}")
    release(tmp_path, "v1.1.0", QUESTIONS, {"part/a.md.jinja": f"# {{{{ name }}}}\n{newer}"})
    stock = tmp_path / "stock"
    shutil.copytree(project, stock)
    copier.run_update(str(stock), defaults=True, overwrite=True, quiet=True)

    done = run("update", project)

    assert done.code == 0, done.err
    assert on_disk(project) == on_disk(stock)
    assert "line 0 of 8080" in (project / "a.md").read_text()
    assert "mine" in (project / "a.md").read_text()
    assert stored_in(project)["_commit"] == "v1.1.0"
    assert json.loads(run("status", project, "--json").out)["version"] == "v1.1.0"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("_tasks: [touch ran]\n", "needs trust: it has _tasks (touch ran)"),
        ("_jinja_extensions: [jinja2.ext.do]\n", "needs trust: it has _jinja_extensions"),
        ("_migrations: [touch ran]\n", "needs trust: it has _migrations (touch ran)"),
        ("team: {type: str}\n", "asks team, which the project does not answer"),
        ("name: {type: str, validator: \"{{ 'no G' if 'G' in name }}\"}\n", "by v1.1.0: no G"),
        ("port: {type: int, choices: [80, 443]}\n", "8080 is not in [80, 443]"),
        ("_envops: {undefined: jinja2.StrictUndefined}\nnew: '{{ nobody }}'\n", "'nobody' is"),
    ],
)  # fmt: skip
def test_what_is_refused_touches_nothing(run, tmp_path, project, more, said):
    kept = [line for line in QUESTIONS.splitlines(keepends=True) if line[:4] != more[:4]]
    release(tmp_path, "v1.1.0", "".join(kept) + more, {"part/a.md.jinja": "new\n"})
    before = on_disk(project)

    done = run("update", project)

    assert (done.code, done.out) == (3, "")
    assert said in done.err
    assert "next:" in done.err
    assert on_disk(project) == before
    assert git(project, "status", "--porcelain") == ""


def test_with_trust_files_are_merged_and_nothing_is_run(run, tmp_path, project):
    release(
        tmp_path, "v1.1.0", QUESTIONS + "_tasks: [touch ran]\n", {"part/a.md.jinja": "{{ name }}\n"}
    )

    done = run("update", project, "--trust")

    assert done.code == 0, done.err
    assert (project / "a.md").read_text() == "Grace\n"
    assert not (project / "ran").exists()
    assert "not run, for an update only merges files: _tasks (touch ran)" in done.err


def test_an_answer_is_given_where_one_is_refused(run, tmp_path, project):
    stricter = QUESTIONS.replace("default: 80", "default: 80, choices: [80, 443]")
    release(tmp_path, "v1.1.0", stricter, {"part/a.md.jinja": "{{ port }}\n"})

    done = run("update", project, "--data", "port=443")

    assert done.code == 0, done.err
    assert (project / "a.md").read_text() == "443\n"
    assert stored_in(project)["port"] == 443


def test_without_copier_the_error_says_how_to_get_it(tmp_path, project):
    release(tmp_path, "v1.1.0", QUESTIONS, {"part/a.md.jinja": "new\n"})
    code = (
        "import sys; sys.modules['copier'] = None\n"
        "from modelwright.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "update", str(project)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 4
    assert "pip install" in done.stderr
    assert "modelwright-cli[engines]" in done.stderr
    assert "Traceback" not in done.stderr
    assert git(project, "status", "--porcelain") == ""
