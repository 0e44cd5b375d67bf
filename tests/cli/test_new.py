"""`modelwright new`: what it makes, and what it says to whoever gets something wrong."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time

import pytest
import yaml

DONE, USAGE, REFUSED, SURROUNDINGS = 0, 2, 3, 4


def entries(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_makes_a_folder_named_by_the_rule(make, tmp_path):
    ran = make()

    assert ran.code == DONE
    assert entries(tmp_path) == ["norda-fraud-scoring-serve"]
    assert "made norda-fraud-scoring-serve" in ran.out


def test_it_makes_the_folder_around_it(make, tmp_path):
    assert make("--into", "a/b").code == DONE
    assert entries(tmp_path / "a/b") == ["norda-fraud-scoring-serve"]


def test_the_sample_is_said_to_be_one_in_one_line(make):
    notes = make().err.splitlines()

    assert len(notes) == 1
    assert "sample (Halden Retail, made up)" in notes[0]


def test_quiet_says_only_the_result(make):
    assert make("--quiet").err == ""


def test_json_is_one_document(make, tmp_path):
    made = json.loads(make("--json").out)

    assert made["schema_version"] == 1
    assert made["project"] == "norda-fraud-scoring-serve"
    assert set(made["files"]) == {
        path.relative_to(tmp_path / made["project"]).as_posix()
        for path in (tmp_path / made["project"]).rglob("*")
        if path.is_file() and path.name != ".env"
    }


def test_a_failure_in_json_is_one_document_too(make):
    ran = make("--json", "--data", "team=nobody")

    document = json.loads(ran.out)
    assert set(document) == {"schema_version", "error", "where", "next_step", "exit_code"}
    assert document["schema_version"] == 1
    assert document["exit_code"] == ran.code == REFUSED


def test_answers_come_from_a_file_and_the_command_line_wins(make, tmp_path):
    (tmp_path / "answers.yml").write_text("team: kitto-marketing\nuse_case: churn\n")

    assert make("--data-file", "answers.yml", "--data", "use_case=returns").code == DONE
    assert (tmp_path / "kitto-returns-serve").is_dir()


def test_the_answers_file_keeps_every_answer_and_the_birth(make, tmp_path):
    make("--data", "load_test=false", "--data", "team=group-personalisation", "-d", "brand=velora")

    answers = yaml.safe_load(
        (tmp_path / "velora-fraud-scoring-serve/.copier-answers.yml").read_text()
    )
    assert answers["brand"] == "velora"
    assert answers["load_test"] is False
    assert answers["born"] == answers["_commit"]
    assert answers["_src_path"].startswith("https://")
    assert "policy" not in answers
    assert "cookiecutter" not in answers


WRONG = {
    "an unknown archetype": (["online-servng"], REFUSED, "choose online-serving"),
    "an unknown team": (["-d", "team=norda-fraude"], REFUSED, "norda-fraud"),
    "an unknown brand": (["-d", "brand=norde"], REFUSED, "norda"),
    "another team's brand": (["-d", "brand=kitto"], REFUSED, "norda"),
    "an unknown question": (["-d", "use_cas=x"], REFUSED, "did you mean use_case"),
    "a derived value": (["-d", "repo_name=x"], REFUSED, "there is no question 'repo_name'"),
    "a wrong type": (["-d", "load_test=perhaps"], REFUSED, "load_test=true or load_test=false"),
    "a wrong choice": (["-d", "personal_data=som"], REFUSED, "personal_data"),
    "no value": (["-d", "team"], USAGE, "write --data team=..."),
    "a name": (["-d", "use_case=Fraud_Scoring"], REFUSED, "NAM002"),
    "a reserved name": (["-d", "use_case=test"], REFUSED, "NAM003"),
    "a module of Python": (["-d", "use_case=json"], REFUSED, "NAM004"),
    "a device of Windows": (["-d", "use_case=con"], REFUSED, "choose another answer where"),
    "a long name": (["-d", "use_case=" + "a" * 31], REFUSED, "NAM002"),
    "two lines": (["-d", "description=one\ntwo"], REFUSED, "TXT001"),
    "a long text": (["-d", "description=" + "x" * 10_000], REFUSED, "TXT003"),
    "a control character": (["-d", "description=a\x07b"], REFUSED, "TXT001"),
    "a missing answers file": (["--data-file", "none.yml"], USAGE, "none.yml"),
    "an unknown option": (["--dta", "x"], USAGE, "--data"),
    "a platform that is no folder": (["--platform", "/nowhere"], REFUSED, "/nowhere"),
    "a folder that is no platform": (["--platform", "/usr"], REFUSED, "platform.yml"),
    "a stranger's cost centre": (["-d", "cost_centre=CC-1"], REFUSED, "TAG001"),
    "a shared project without a key": (["-d", "serves=velora"], REFUSED, "TAG003"),
}


@pytest.mark.parametrize(("arguments", "code", "wanted"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_the_next_step_and_nothing_is_written(
    arguments, code, wanted, make, run, tmp_path
):
    ran = run("new", *arguments) if arguments[0] == "online-servng" else make(*arguments)

    assert ran.code == code
    assert wanted in ran.err
    errors = [line for line in ran.err.splitlines() if not line.startswith("note:")]
    assert len(errors) == 2
    assert errors[0].startswith("error: ")
    assert errors[1].startswith("  next: ")
    assert entries(tmp_path) == []


def test_without_a_terminal_every_missing_answer_is_named(run, tmp_path):
    ran = run("new", "online-serving", "-d", "team=kitto-marketing")

    assert ran.code == USAGE
    assert "--data use_case=... --data description=..." in ran.err
    assert entries(tmp_path) == []


@pytest.mark.parametrize("command", ["new", "create"])
def test_without_a_terminal_a_missing_archetype_is_told_with_those_on_offer(command, run, tmp_path):
    ran = run(command, "--defaults")

    assert ran.code == USAGE
    assert "no pattern is named" in ran.err
    assert "name batch or online-serving or streaming-recommendation" in ran.err
    assert entries(tmp_path) == []


def test_a_folder_that_holds_something_is_left_alone(make, tmp_path):
    taken = tmp_path / "norda-fraud-scoring-serve"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")

    ran = make()

    assert ran.code == REFUSED
    assert "not an empty folder" in ran.err
    assert entries(taken) == ["mine.txt"]


def test_an_empty_folder_is_taken(make, tmp_path):
    (tmp_path / "norda-fraud-scoring-serve").mkdir()

    assert make().code == DONE


def test_a_file_in_the_way_is_said(make, tmp_path):
    (tmp_path / "file").write_text("")

    ran = make("--into", "file")

    assert ran.code == SURROUNDINGS
    assert "--into" in ran.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(make, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)

    assert make("--into", "locked").code == SURROUNDINGS


HOSTILE = [
    "He said \"go\" \\ 'stop'",
    "${{ secrets.TOKEN }} {{ cookiecutter }} {% raw %} {# no #} $(id) `id`",
    "\u202ereversed\u202c and four bytes \U0001f6d2",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_out_as_the_same_text(text, make, tmp_path):
    import tomllib

    ran = make("--data", f"description={text}")

    project = tmp_path / "norda-fraud-scoring-serve"
    assert ran.code == DONE
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert answers["description"] == text
    described = tomllib.loads((project / "pyproject.toml").read_text())["project"]["description"]
    assert described == text


def test_git_lock_and_placeholders_are_there(run, tmp_path):
    ran = run("new", "online-serving", "--defaults")

    project = tmp_path / "norda-fraud-scoring-serve"
    assert ran.code == DONE, ran.err

    def git(*arguments):
        return subprocess.check_output(["git", *arguments], cwd=project, text=True).strip()

    assert git("rev-parse", "--abbrev-ref", "HEAD") == "main"
    assert git("log", "--format=%an %s") == "Ada Tester feat: start from online-serving"
    assert git("status", "--porcelain") == ""
    tracked = git("ls-files").splitlines()
    assert "uv.lock" in tracked
    assert ".env" not in tracked
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
    assert (project / ".env").read_text() == (project / ".env.example").read_text()


def test_day_one_is_small(run, tmp_path):
    run("new", "online-serving", "--defaults")

    project = tmp_path / "norda-fraud-scoring-serve"
    tracked = subprocess.check_output(["git", "ls-files"], cwd=project, text=True).splitlines()
    assert len(tracked) <= 60
    assert len({path.split("/")[0] for path in tracked}) <= 20


@pytest.fixture
def no_author(tmp_path, monkeypatch):
    """A git that knows nobody, as on a new machine."""
    (tmp_path / "gitconfig").write_text("")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    return tmp_path / "gitconfig"


def test_where_git_knows_no_author_the_project_is_staged_and_the_commit_is_told(
    run, tmp_path, no_author
):
    ran = run("new", "online-serving", "--defaults", "--no-lock")

    project = tmp_path / "norda-fraud-scoring-serve"
    assert ran.code == DONE
    assert "git does not know who you are, so the files are staged and not committed" in ran.out
    staged = subprocess.check_output(
        ["git", "diff", "--cached", "--name-only"], cwd=project, text=True
    )
    assert "pyproject.toml" in staged.splitlines()

    subprocess.run(["bash", "-c", ran.out.splitlines()[-1].removeprefix("  next: ")], check=True)

    made = subprocess.check_output(["git", "log", "--format=%s"], cwd=project, text=True)
    assert made.strip() == "feat: start from online-serving"
    assert no_author.read_text() == ""
    local = subprocess.check_output(["git", "config", "--local", "--list"], cwd=project, text=True)
    assert "user." not in local


def test_an_author_in_variables_is_one(run, tmp_path, no_author, monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada Variable")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.com")

    ran = run("new", "online-serving", "--defaults", "--no-lock", "--json")

    assert json.loads(ran.out)["next_step"] == ""
    author = subprocess.check_output(
        ["git", "log", "--format=%an"], cwd=tmp_path / "norda-fraud-scoring-serve", text=True
    )
    assert author == "Ada Variable\n"


def test_an_author_without_a_committer_is_none(run, tmp_path, no_author, monkeypatch):
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada Variable")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "ada@example.com")

    ran = run("new", "online-serving", "--defaults", "--no-lock", "--json")

    assert ran.code == DONE
    assert "commit" in json.loads(ran.out)["next_step"]


def test_what_is_left_after_a_failed_lock_does_not_touch_who_the_author_is(
    run, tmp_path, monkeypatch
):
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "no-cache"))

    ran = run("new", "online-serving", "--defaults")

    assert ran.code == SURROUNDINGS
    assert "uv lock" in ran.err
    assert "git commit" in ran.err
    assert "user." not in ran.err.split("next: ")[1]


def test_a_mirror_of_ones_own_makes_no_lock_for_everybody_and_the_project_is_committed(
    run, tmp_path, monkeypatch
):
    # The policy's index cannot be reached; nothing is asked of the mirror.
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    assert run("new", "online-serving", "--defaults", "--into", "nothing").code == SURROUNDINGS
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")

    ran = run("new", "online-serving", "--defaults", "--json")

    project = tmp_path / "norda-fraud-scoring-serve"
    (pending,) = json.loads(ran.out)["pending"]
    assert ran.code == 0
    assert pending["problem"].startswith("the project has no lock file")
    assert pending["next_step"].endswith(" && uv lock")
    tracked = subprocess.check_output(["git", "ls-files"], cwd=project, text=True).split()
    assert "pyproject.toml" in tracked
    assert "uv.lock" not in tracked


@pytest.mark.parametrize(("missing", "option"), [("uv", "--no-git"), ("git", "--no-lock")])
def test_a_missing_program_is_named_and_the_project_stays(
    missing, option, run, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))

    ran = run("new", "online-serving", "--defaults", option)

    assert ran.code == SURROUNDINGS
    assert f"{missing} is not installed" in ran.err
    assert f"{missing} " in ran.err.split("next: ")[1]
    assert (tmp_path / "norda-fraud-scoring-serve/pyproject.toml").exists()


def started(tmp_path, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "modelwright", "new", "online-serving", *arguments],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("delay", [0.15, 0.3, 0.4, 0.5, 0.6, 0.8])
def test_an_interrupt_leaves_a_whole_project_or_none(delay, tmp_path):
    process = started(tmp_path, "--defaults", "--no-lock", "--no-git")
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)

    assert process.returncode in (DONE, 130, -signal.SIGINT)
    left = entries(tmp_path)
    assert left in ([], ["norda-fraud-scoring-serve"])
    if left:
        project = tmp_path / left[0]
        whole = subprocess.run(
            [
                sys.executable,
                "-m",
                "modelwright",
                "new",
                "online-serving",
                "--defaults",
                "--no-lock",
                "--no-git",
                "--into",
                tmp_path / "again",
            ],
            check=True,
            capture_output=True,
        )
        assert whole.returncode == DONE
        again = tmp_path / "again" / left[0]
        names = {path.relative_to(again) for path in again.rglob("*") if path.name != ".env"}
        assert names <= {path.relative_to(project) for path in project.rglob("*")}


def test_a_broken_pipe_is_141(tmp_path):
    command = f"{sys.executable} -m modelwright list --options --json"
    done = subprocess.run(
        ["bash", "-c", f"{command} | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    assert done.stdout.strip() in ("141", "0")
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_a_fault_of_ours_says_where_to_report_it(make, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("modelwright.operations.new.new.render", broken)

    ran = make()

    assert ran.code == 70
    assert "a fault of modelwright: ZeroDivisionError: oh" in ran.err
    assert "report it" in ran.err


def test_the_version_needs_no_command_line_framework():
    code = "import sys; sys.argv[1:]=['--version']\nfrom modelwright.__main__ import run; run()\n"
    code += "assert not {'typer', 'copier', 'yaml', 'jinja2', 'pydantic'} & set(sys.modules)"

    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "modelwright 0.1.0\n"


def test_the_package_imports_neither_engines_nor_network():
    code = "import modelwright, sys; assert not {'copier', 'httpx', 'typer'} & set(sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_list_shows_each_archetype_and_what_data_can_set(run):
    ran = run("list", "--options")

    assert ran.code == DONE
    assert re.search("online-serving +an online service", ran.out)
    assert "load_test" in ran.out


def test_list_in_json_is_one_document(run):
    document = json.loads(run("list", "--json").out)

    assert [entry["id"] for entry in document["archetypes"]] == [
        "batch", "online-serving", "streaming-recommendation",
    ]  # fmt: skip
    assert {"ab_test", "load_test"} <= {option["name"] for option in document["options"]}


NASTY = (
    "OneDrive - Company",
    "it's",
    'a "quoted" one',
    "$HOME",
    "a;b&c",
    "back\\slash",
    "`id`",
    "-dash",
)


@pytest.mark.parametrize("name", NASTY)
def test_the_next_step_works_as_printed_in_any_folder(make, tmp_path, name):
    (tmp_path / name).mkdir()

    said = make("--quiet", f"--into={name}").out

    step = re.search(r"next: (.*) && uv run poe demo", said)[1]
    subprocess.run(["bash", "-c", f"{step} && test -f pyproject.toml"], cwd=tmp_path, check=True)


@pytest.fixture
def monorepo(tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text("/scratch/\n")
    return tmp_path


def make_with_git(run, *arguments):
    return run("new", "online-serving", "--defaults", "--no-lock", *arguments)


def test_inside_a_repository_none_is_made_and_that_is_said(run, monorepo):
    ran = make_with_git(run, "--into", "services", "--quiet")

    project = monorepo / "services" / "norda-fraud-scoring-serve"
    assert (ran.code, (project / "pyproject.toml").is_file()) == (DONE, True)
    assert not (project / ".git").exists()
    assert f"inside the repository {monorepo}" in ran.out


def test_inside_a_repository_one_is_made_where_it_is_asked_for(run, monorepo):
    ran = make_with_git(run, "--git")

    assert (monorepo / "norda-fraud-scoring-serve" / ".git").is_dir()
    assert "inside" not in ran.out


def test_in_a_folder_that_the_repository_ignores_a_repository_is_made(run, monorepo):
    ran = make_with_git(run, "--into", "scratch")

    assert (monorepo / "scratch" / "norda-fraud-scoring-serve" / ".git").is_dir()
    assert "inside" not in ran.out
