"""From examples to a champion: parity, passport, gate, promotion, the way back."""

from __future__ import annotations

import json
import subprocess
import sys

import lightgbm as lgb
import numpy as np
import pytest
from conftest import FIRST, ROOT, ROWS, SECOND, WORSE

from fraud_scoring.runtime import (
    ProjectError,
    model,
    training,
)
from fraud_scoring.runtime.cli import USE_CASE, main
from fraud_scoring.runtime.training import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
)


def test_training_and_serving_see_the_same_features(shared, examples):
    own = shared.settings()
    table = model.table(USE_CASE, examples.requests, own.feature_names)
    loaded = model.load(FIRST, shared.registry.files(FIRST), USE_CASE)

    for row, request in enumerate(examples.requests):
        assert np.array_equal(loaded.row(USE_CASE.features(request))[0], table[row])


def test_configuration_and_feature_function_name_the_same_features(shared, examples):
    computed = USE_CASE.features(examples.requests[0])

    assert set(shared.settings().feature_names) == set(computed)
    with pytest.raises(ProjectError, match="differ in surplus"):
        model.table(USE_CASE, examples.requests, [*computed, "surplus"])


def test_the_newest_examples_are_held_out(shared):
    own = shared.settings()
    parts = training.split(own, USE_CASE, 7, 400)
    held = round(400 * own.training.holdout)

    assert (len(parts.table), len(parts.held_table)) == (400 - held, held)
    assert parts.held.requests == USE_CASE.examples(7, 400).requests[-held:]


def test_a_version_holds_the_native_model_and_gives_the_score_of_training(shared):
    folder = shared.registry.files(SECOND)
    golden = json.loads((folder / "golden.json").read_text())
    booster = lgb.Booster(model_file=folder / "model.lgb")

    scores = booster.predict(np.array([row["features"] for row in golden]))

    assert len(golden) == model.GOLDEN_ROWS
    assert np.allclose(scores, [row["score"] for row in golden], rtol=0, atol=1e-12)


def test_golden_rows_name_nobody(shared):
    golden = json.loads((shared.registry.files(SECOND) / "golden.json").read_text())

    for field in shared.settings().privacy.mask:
        assert {row["request"][field][:7] for row in golden} == {"golden-"}


@pytest.mark.parametrize("broken", ["features", "score"])
def test_a_version_whose_golden_rows_fail_is_not_loaded(project, broken):
    folder = project.registry.files(SECOND)
    golden = json.loads((folder / "golden.json").read_text())
    golden[0][broken] = [v + 1 for v in golden[0][broken]] if broken == "features" else 99.0
    (folder / "golden.json").write_text(json.dumps(golden))

    with pytest.raises(ProjectError, match="no longer gives the answers of its training"):
        model.load(SECOND, folder, USE_CASE)


def test_a_passport_says_where_a_version_came_from(shared, monkeypatch):
    papers = model.read_passport(shared.registry.files(SECOND))
    parts = training.split(shared.settings(), USE_CASE, papers["seed"], ROWS)
    names = shared.settings().feature_names

    assert model.missing(papers, strict=False) == []
    assert papers["data_sha256"] == model.fingerprint(parts.table, parts.target, names)
    assert papers["features"] == list(names)
    assert shared.settings().gate.metric in papers["metrics"]
    monkeypatch.setenv("GIT_COMMIT", "abc123")
    assert model.issue_passport(ROOT, {})["commit"] == "abc123"


def test_the_fingerprint_changes_with_one_value():
    table, target = np.zeros((3, 2)), np.zeros(3)
    changed = table.copy()
    changed[2, 1] = 1e-9
    known = model.fingerprint(table, target, ["a", "b"])

    assert model.fingerprint(table, target, ["a", "b"]) == known
    assert model.fingerprint(changed, target, ["a", "b"]) != known
    assert model.fingerprint(table, target + 1, ["a", "b"]) != known
    assert model.fingerprint(table, target, ["b", "a"]) != known


def test_the_template_version_is_read_from_the_answers(tmp_path):
    assert model.issue_passport(tmp_path, {})["template_version"] == "unknown"
    (tmp_path / ".copier-answers.yml").write_text("_src_path: x\n_commit: v1.2.0\n")
    assert model.issue_passport(tmp_path, {})["template_version"] == "v1.2.0"


def test_the_gate_refuses_a_version_that_is_worse_than_the_champion(project):
    project.promote(SECOND)
    sign = -1.0 if project.settings().gate.higher_is_better else 1.0
    own = project.settings(gate={"floor": sign * 1e12})

    with pytest.raises(ProjectError, match=f"version {WORSE} is refused: .* champion {SECOND}"):
        training.promote(own, USE_CASE, project.registry, WORSE)

    assert project.registry.version_of(CHAMPION) == SECOND
    assert project.registry.tags_of(WORSE)["gate"] == "refused"
    assert f"champion {SECOND} has" in project.registry.tags_of(WORSE)["gate_reason"]


def test_the_gate_refuses_a_version_below_the_floor(project):
    sign = 1.0 if project.settings().gate.higher_is_better else -1.0
    own = project.settings(gate={"floor": sign * 1e12})

    with pytest.raises(ProjectError, match="the limit is"):
        training.promote(own, USE_CASE, project.registry, SECOND)


def test_the_gate_refuses_a_passport_that_lacks_any_field(project):
    path = project.registry.files(SECOND) / "passport.json"
    papers = json.loads(path.read_text())
    for field in model.REQUIRED:
        path.write_text(json.dumps({**papers, field: None}))

        verdict = training.gate(project.lenient(), USE_CASE, project.registry, SECOND)

        assert not verdict.passed
        assert f"its passport lacks {field}" in verdict.reason


@pytest.mark.parametrize(
    ("place", "passes"), [("local", True), ("dev", True), ("staging", False), ("prod", False)]
)
def test_staging_and_prod_refuse_what_was_never_committed(project, place, passes):
    path = project.registry.files(SECOND) / "passport.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "dirty": True}))
    own = project.lenient()
    there = own.model_copy(
        update={"environment": own.environment.model_copy(update={"name": place})}
    )

    assert training.gate(there, USE_CASE, project.registry, SECOND).passed is passes


@pytest.mark.parametrize(
    "change", [{"commit": "unknown"}, {"dirty": True}, {"lock_sha256": "unknown"}]
)
def test_a_strict_environment_wants_a_clean_commit_and_a_lock_file(change):
    complete = {**dict.fromkeys(model.REQUIRED, "x"), "dirty": False}

    assert model.missing(complete, strict=True) == []
    assert model.missing({**complete, **change}, strict=False) == []
    assert model.missing({**complete, **change}, strict=True) != []


def test_a_promoted_version_is_champion_and_the_one_before_is_kept(project):
    project.promote(SECOND)

    assert project.registry.aliases() == {CHAMPION: SECOND, PREVIOUS: FIRST}
    assert project.registry.tags_of(SECOND)["gate"] == "passed"


def test_a_challenger_that_becomes_champion_is_challenger_no_more(project):
    project.promote(SECOND, alias=CHALLENGER)
    assert project.registry.aliases() == {CHAMPION: FIRST, CHALLENGER: SECOND}

    project.promote(SECOND)

    assert project.registry.aliases() == {CHAMPION: SECOND, PREVIOUS: FIRST}


def test_promoting_the_champion_again_changes_nothing(project):
    project.promote(SECOND)
    project.promote(SECOND)

    assert project.registry.aliases() == {CHAMPION: SECOND, PREVIOUS: FIRST}


def test_one_command_goes_back_and_a_second_forward_again(project):
    project.promote(SECOND)

    assert training.rollback(project.registry)[CHAMPION] == FIRST
    assert training.rollback(project.registry)[CHAMPION] == SECOND


def test_there_is_no_way_back_from_the_first_champion(project):
    with pytest.raises(ProjectError, match="no version was champion before"):
        training.rollback(project.registry)


def test_every_version_bears_the_cost_tags(shared):
    tags = shared.registry.tags_of(FIRST)

    assert shared.registry.tags.items() <= tags.items()
    assert tags["environment"] == "local"


@pytest.fixture
def verbs(project, monkeypatch):
    monkeypatch.setenv("SERVICE_ROOT", str(ROOT))
    monkeypatch.setenv("SERVICE_DATA_DIR", str(project.data))
    return main


def test_the_verbs_train_promote_roll_back_and_trace(verbs, capsys):
    assert verbs(["train", "--rows", "800", "--seed", "5"]) == 0
    assert verbs(["promote", SECOND, "--as", "challenger"]) in (0, 3)
    assert verbs(["rollback"]) == 3
    assert verbs(["trace", "latest"]) == 0
    said = capsys.readouterr()
    assert "registered" in said.out
    assert json.loads(said.out[said.out.index("{") :])["version"] == "4"
    assert "error: no version was champion before this one; next: " in said.err


def test_who_moved_an_alias_and_why_stands_with_the_version(verbs, project, capsys):
    project.promote(SECOND)

    assert verbs(["rollback", "--by", "ada", "--why", "too many false alarms"]) == 0

    told = project.registry.tags_of(FIRST)
    assert (told["champion_by"], told["champion_why"]) == ("ada", "too many false alarms")
    assert told["champion_from"] == SECOND
    assert f"champion: {SECOND} -> {FIRST}, ada: too many false alarms" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["trace", "99"], 3, "has no version '99' (the newest is 3)"),
        (["serve", "--host", "0.0.0.0"], 3, "SERVICE_API_KEYS is not set, so 0.0.0.0 is refused"),
        (["feedback", "nowhere.csv"], 3, "nowhere.csv cannot be read"),
        (["train", "--rows", "1"], 4, "1 examples cannot be split"),
    ],
)
def test_a_mistake_gets_one_line_that_says_what_to_do(verbs, capsys, arguments, code, said):
    assert verbs(arguments) == code

    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert said in lines[0]
    assert "; next: " in lines[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no exit code of a pipe")
@pytest.mark.usefixtures("verbs")
def test_a_verb_whose_reader_goes_away_ends_quietly():
    command = [sys.executable, "-m", "fraud_scoring.runtime.cli", "trace", FIRST]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        errors = process.stderr.read()

    assert (process.returncode, errors) == (141, b"")


def test_a_folder_without_configuration_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SERVICE_ROOT", str(tmp_path))

    assert main(["rollback"]) == 4
    assert f"{tmp_path / 'config/service.toml'} is missing" in capsys.readouterr().err


def test_an_unknown_key_of_the_configuration_is_named(project):
    with pytest.raises(ProjectError, match=r"configuration gate\.margn"):
        project.settings(gate={"margn": 1})
