"""The verbs: what they say, and how they end."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import lightgbm as lgb
import pytest
from conftest import FIRST, ROOT, SECOND, WORSE, Like

from demand_forecasting.runtime import ProjectError, cli, settings
from demand_forecasting.runtime.log import Progress
from demand_forecasting.runtime.registry import Registry


@pytest.fixture
def run(project, monkeypatch, capsys):
    """Runs one verb in the project; returns its exit code, output and errors."""
    monkeypatch.setattr(cli, "configured", project.settings)
    before = signal.getsignal(signal.SIGTERM)

    def call(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    yield call
    signal.signal(signal.SIGTERM, before)


def test_score_writes_and_says_so(run, project):
    code, out, _ = run("score")

    assert code == 0
    assert f"{project.newest}: " in out
    assert "by version 1, written" in out
    assert (project.data / "metrics/score.prom").is_file()


def test_score_of_a_day_of_the_past(run, project):
    day = project.newest - timedelta(days=3)

    code, out, _ = run("score", "--as-of", day)

    assert (code, out.startswith(f"{day}: ")) == (0, True)


def test_a_backfill_says_each_day(run, project):
    days = (project.newest - timedelta(days=2), project.newest)

    first = run("backfill", "--from", days[0], "--to", days[1])
    second = run("backfill", "--from", days[0], "--to", days[1])

    assert (first[0], first[1].count("written")) == (0, 3)
    assert (second[0], second[1].count("unchanged")) == (0, 3)


def test_a_backfill_backwards_is_wrong_usage(run, project):
    code, _, err = run(
        "backfill", "--from", project.newest, "--to", project.newest - timedelta(days=1)
    )

    assert code == 2
    assert "next: swap them" in err


def test_a_day_that_is_no_day_is_wrong_usage(run, capsys):
    with pytest.raises(SystemExit) as ended:
        run("score", "--as-of", "tomorrow")

    assert ended.value.code == 2
    assert "'tomorrow' is no day; write it as 2026-03-01" in capsys.readouterr().err


def test_an_error_is_one_line_with_its_next_step(run, project):
    code, out, err = run("score", "--as-of", project.newest + timedelta(days=400))

    assert (code, out, err.count("\n")) == (3, "", 1)
    assert err.startswith("error: --as-of ")
    assert "; next: " in err


def test_a_disk_that_is_full_is_one_line_too(run, project, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)

    code, _, err = run("drift")

    assert code == 4
    assert "No space left on device; next: make room" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("trees", [1, 50], ids=["a table", "the model"])
def test_a_temporary_folder_without_room_registers_nothing(
    run, project, monkeypatch, tmp_path, request, trees
):
    def fit(table, target, *, names, seed):
        rows = lgb.Dataset(table, target, feature_name=names)
        return lgb.train({"num_leaves": 4, "verbosity": -1}, rows, trees)

    monkeypatch.setattr(cli, "USE_CASE", Like(fit=fit))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = (project.data / "mlflow.db").read_bytes()
    request.getfixturevalue("full")

    code, _, err = run("train")

    assert code == 4
    assert f"error: {tmp_path}/tmp" in err
    assert "cannot be written: " in err
    assert "; next: make room" in err
    assert len(err.splitlines()) == 1
    assert (project.data / "mlflow.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.usefixtures("full")
def test_a_disk_without_room_for_a_new_registry_is_left_without_one(tmp_path):
    config = settings.load(ROOT, {"BATCH_DATA_DIR": str(tmp_path)})

    with pytest.raises(ProjectError, match=r"the registry sqlite:.* failed: ") as told:
        Registry(config).open_run({})

    assert told.value.code == 4
    assert "disk" in told.value.next_step
    assert list(tmp_path.iterdir()) == []


def test_promote_refuses_a_worse_version(run, project):
    code, _, err = run("promote", WORSE)

    assert code == 3
    assert err.startswith("error: version 3 is refused: ")
    assert project.registry.aliases() == {"champion": FIRST}


def test_promote_and_rollback(run, project):
    project.point(WORSE)

    assert run("promote", FIRST)[0] == 0
    code, out, _ = run("rollback", "--by", "ada", "--why", "stock ran out")

    assert code == 0
    assert out.splitlines() == [
        "version 3 is champion again; 1 is previous",
        "champion: 1 -> 3, ada: stock ran out",
    ]
    told = project.registry.tags_of(WORSE)
    assert (told["champion_by"], told["champion_why"], told["champion_from"]) == (
        "ada",
        "stock ran out",
        FIRST,
    )


@pytest.mark.parametrize("why", ["two\nlines", "x" * 251])
def test_a_reason_that_no_registry_takes_is_refused_before_anything_moves(run, project, why):
    with pytest.raises(SystemExit, match="2"):
        run("promote", FIRST, "--why", why)

    assert project.registry.aliases() == {"champion": FIRST}


def test_a_rollback_with_nothing_before_is_refused(run):
    assert run("rollback")[0] == 3


def test_train_registers_and_says_the_next_step(run):
    code, out, _ = run("train", "--seed", "3")

    assert code == 0
    assert "version 4" in out
    assert "next: uv run poe promote 4" in out


def test_train_with_promote_keeps_a_champion_that_is_not_beaten(run, project, monkeypatch):
    strict = project.settings(gate={"margin": 0.9})
    monkeypatch.setattr(cli, "configured", lambda: strict)

    code, out, _ = run("train", "--promote")

    assert code == 0
    assert "champion 1 stays: version 4 is refused" in out
    assert project.registry.aliases() == {"champion": FIRST}


def test_train_with_promote_fails_where_there_would_be_no_champion(run, project, monkeypatch):
    project.registry.point("champion", None)
    strict = project.settings(gate={"margin": 0.9})
    monkeypatch.setattr(cli, "configured", lambda: strict)

    assert run("train", "--promote")[0] == 3


def test_train_with_promote_lets_a_better_version_be_champion(run, project):
    project.point(WORSE)

    code, out, _ = run("train", "--promote")

    assert code == 0
    assert "version 4 is champion" in out


def test_trace_shows_the_passport_of_a_version(run):
    code, out, _ = run("trace", SECOND)

    assert code == 0
    assert json.loads(out)["version"] == SECOND


def test_drift_ends_with_1_where_something_drifted(run, project, monkeypatch):
    tight = project.settings(drift={"psi_limit": 1e-9, "unseen_limit": 0.05, "window_days": 28})
    monkeypatch.setattr(cli, "configured", lambda: tight)

    code, out, _ = run("drift")

    assert (code, "drifted" in out) == (1, True)


def test_freshness_ends_with_1_where_something_is_late(run):
    code, out, _ = run("freshness")

    assert code == 1
    assert "there is no forecast" in out


def test_feedback_shows_every_segment(run, project):
    run("score", "--as-of", project.newest - timedelta(days=20))

    code, out, _ = run("feedback")

    assert code == 0
    assert out.splitlines()[0].startswith("all ")
    assert project.settings().gate.metric in out


def test_the_demo_shows_the_whole_life_of_a_forecast(run, project):
    code, out, _ = run("demo")

    folder = project.data / "demo"
    assert code == 0
    steps = [line.split()[0] for line in out.splitlines() if not line.startswith(" ")]
    assert steps == ["panel", "backtest", "gate", "score", "monitor", "picture", "done"]
    assert "version 1 is champion" in out
    assert "seasonal-naive" in out
    assert (folder / "forecast.svg").is_file()
    assert len(list(folder.glob("forecasts/run_date=*/forecast.parquet"))) == 1
    assert project.registry.latest() == WORSE, "the demo touched the project's own registry"


def test_bench_shows_seconds_and_memory(run):
    code, out, _ = run("bench", "--series", "5")

    assert code == 0
    assert "| fit 5 series | " in out
    assert "peak memory" in out


def test_an_unknown_key_of_the_configuration_is_named():
    with pytest.raises(ProjectError, match=r"configuration gate\.sharpness") as told:
        settings.load(ROOT, {}, gate={"sharpness": 3})

    assert told.value.code == 3


def test_outside_of_a_project_the_missing_file_is_named(tmp_path):
    with pytest.raises(ProjectError, match=r"batch\.toml is missing"):
        settings.load(tmp_path, {})


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"name": "lag3", "lag": 4}, "called lag4"),
        ({"name": "mean", "transform": "RollingMean"}, "but no lag"),
    ],
)
def test_a_feature_that_contradicts_itself_is_named(entry, says):
    with pytest.raises(ProjectError, match=says):
        settings.load(ROOT, {}, feature=[{"unit": "u", "meaning": "m", **entry}])


def test_a_verb_whose_reader_goes_away_ends_quietly(project):
    running = subprocess.Popen(
        [sys.executable, "main.py", "trace", FIRST],
        cwd=ROOT,
        env={**os.environ, **project.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    running.stdout.close()

    assert running.wait(timeout=300) == 141
    assert running.stderr.read() == b""


def test_progress_is_a_bar_on_a_terminal_and_nothing_elsewhere(capsys):
    class Terminal:
        text = ""

        def isatty(self):
            return True

        def write(self, text):
            self.text += text

        def flush(self):
            pass

    terminal = Terminal()
    bar = Progress(2, terminal)
    bar.say("one")
    bar.say("two")
    bar.end()
    Progress(2).say("three")

    assert "[------------------------] one" in terminal.text
    assert "[############------------] two" in terminal.text
    assert capsys.readouterr().err == ""


def test_where_a_machine_reads_a_log_line_is_json():
    code = (
        "import logging; from demand_forecasting.runtime.log import set_up;"
        "set_up(machine=True); logging.getLogger('here').warning('it rains')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert json.loads(done.stderr)["message"] == "it rains"
