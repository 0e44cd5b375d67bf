"""The verbs as a person types them: each does what it says, and none ends in a traceback."""

import json
import os
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import FIRST, Project, ask, know, shown, until
from starlette.testclient import TestClient

from recommendations.runtime import ProjectError, cli
from recommendations.runtime.events import Mask
from recommendations.runtime.recommending import precompute
from recommendations.runtime.settings import load
from recommendations.runtime.state import Change, open_store

ROOT = Path(__file__).parents[1]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def place(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the verbs run in a data folder of this test's own, with a champion and no broker."""
    for name in [name for name in os.environ if name.startswith(("SERVICE_", "MLFLOW_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SERVICE_DATA_DIR", str(fresh))
    monkeypatch.chdir(ROOT)
    return fresh


@pytest.mark.usefixtures("place")
def test_a_version_is_trained_promoted_told_of_and_taken_back(capsys: Capture) -> None:
    assert cli.main(["train", "--events", "8000"]) == 0
    version = re.search(r"version (\d+)", capsys.readouterr().out)
    assert version
    assert cli.main(["promote", "latest", "--by", "ada", "--why", "newer clicks"]) == 0
    assert "champion: 1 -> 2, ada: newer clicks" in capsys.readouterr().out
    assert cli.main(["trace", "latest"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["aliases"] == ["champion"]
    assert told["tags"]["champion_by"] == "ada"
    assert cli.main(["rollback"]) == 0
    assert "version 1 is champion again" in capsys.readouterr().out


def test_what_a_person_can_mend_ends_in_one_line(place: Path, capsys: Capture) -> None:
    for verb, code, said in (
        (["work"], 3, "SERVICE_BROKERS"),
        (["dead-letters"], 3, "SERVICE_BROKERS"),
        (["promote", "17"], 3, "no version '17'"),
        (["rollback"], 3, "no version was champion before"),
    ):
        assert cli.main(verb) == code
        told = capsys.readouterr().err
        assert said in told
        assert told.count("\n") == 1
    (place / "mlflow.db").write_bytes(b"no database")
    assert cli.main(["promote", "latest"]) == 4


@pytest.mark.usefixtures("place")
def test_an_item_is_hidden_and_shown(capsys: Capture) -> None:
    assert cli.main(["hide", "item-1", "--why", "recalled"]) == 0
    assert cli.main(["show", "item-1"]) == 0
    assert cli.main(["show", "item-1"]) == 0
    assert "was not hidden" in capsys.readouterr().out


def test_everybody_s_recommendations_are_written_for_e_mail(
    place: Path, capsys: Capture, use_case: Any
) -> None:
    settings = load(ROOT)
    state = use_case.fold(None, next(use_case.events(1, 1)))
    with closing(open_store(settings)) as store:
        store.commit(Change({0: 0}, {0: 1}, {"somebody": state.dump()}))
    assert cli.main(["precompute", str(place / "mail.jsonl")]) == 0
    line = json.loads((place / "mail.jsonl").read_text())
    assert line["user"] == "somebody"
    assert line["items"]
    assert cli.main(["feedback"]) == 0
    assert cli.main(["drift"]) == 0
    assert "too few" in capsys.readouterr().out


@pytest.mark.usefixtures("_at_once")
def test_everybody_s_recommendations_stand_in_one_file(
    project: Project, client: TestClient, clicks: list[Any], tmp_path: Path
) -> None:
    own = project.settings()
    know(own, clicks)
    users = sorted({event.user for event in clicks})
    until(lambda: ask(client, users[0])["fallback"] == "")
    with closing(open_store(own)) as store:
        many = precompute(own, cli.USE_CASE, project.registry, store, tmp_path / "new/mail.jsonl")

    lines = (tmp_path / "new/mail.jsonl").read_text(encoding="utf-8").splitlines()
    by_key = {line["user"]: line for line in map(json.loads, lines)}
    assert many == len(lines) == len(by_key) == len(users)
    for name in users[:20]:
        line = by_key[Mask(own).text(name)]
        assert (line["items"], line["version"]) == (shown(ask(client, name)), FIRST)
        assert line["created_at"].endswith("+00:00")


def test_a_file_of_recommendations_appears_whole_or_not_at_all(
    project: Project, clicks: list[Any], tmp_path: Path
) -> None:
    own = project.settings()
    know(own, clicks)
    out = tmp_path / "mail.jsonl"
    out.write_text("of yesterday")
    calls = iter(range(100))

    class Failing:
        def __getattr__(self, name: str) -> Any:
            return getattr(cli.USE_CASE, name)

        def decide(self, shelf: Any) -> Any:
            if next(calls) > 30:
                raise OSError("no space left on device")
            return cli.USE_CASE.decide(shelf)

    with closing(open_store(own)) as store:
        with pytest.raises(OSError, match="no space"):
            precompute(own, Failing(), project.registry, store, out)
        project.registry.point("champion", None)
        with pytest.raises(ProjectError, match="there is no champion"):
            precompute(own, cli.USE_CASE, project.registry, store, out)

    assert out.read_text() == "of yesterday"
    assert list(tmp_path.glob(".mail*")) == []


@pytest.mark.usefixtures("place")
def test_a_person_is_deleted_without_a_broker_too(capsys: Capture, use_case: Any) -> None:
    settings = load(ROOT)
    key = Mask(settings).text("ada")
    state = use_case.fold(None, next(use_case.events(1, 1)))
    with closing(open_store(settings)) as store:
        store.commit(Change({0: 0}, {0: 1}, {key: state.dump()}))
        assert cli.main(["delete-person", "ada"]) == 0
        assert store.get(key) is None
    assert cli.main(["delete-person", "ada"]) == 0
    assert cli.main(["retain"]) == 0
    assert "state: there was none" in capsys.readouterr().out


@pytest.mark.usefixtures("place")
def test_the_api_description_is_the_committed_one(capsys: Capture) -> None:
    assert cli.main(["openapi", "--check"]) == 0, capsys.readouterr().out


def test_the_demo_shows_everything_at_work(place: Path, capsys: Capture) -> None:
    assert cli.main(["demo", "--seconds", "2", "--events", "8000"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"stream    \d+ clicks", told)
    assert re.search(r"99 of 100 within [\d.]+ ms", told)
    found = re.search(r"recommended (\d+) of (\d+) times", told)
    assert found
    assert int(found[1]) > 0
    assert (place / "demo.svg").read_text().startswith("<svg")
