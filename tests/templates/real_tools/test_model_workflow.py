"""A project's `model.yml`, run by act against a registry on disk: who moves a model, and why."""

from __future__ import annotations

import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.nightly import nightly
from tests.templates.real_tools import projects
from tests.templates.real_tools.pipelines import Outcome, act
from tests.templates.real_tools.toolbox import run
from tests.templates.rendering import render

pytestmark = [
    pytest.mark.tools,
    pytest.mark.slow,
    pytest.mark.xdist_group("act"),
    nightly("two trainings, and half a minute of act for each press"),
]

MODEL = "dev.norda_fraud_scoring.fraud_scoring"
HOSTILE = "\"; touch pwned; $(touch pwned) `touch pwned` ${{ secrets.SERVICE_API_KEYS }} '::error::"


FORM = ("what", "environment", "version", "reason")


@dataclass(frozen=True)
class Place:
    """A project with two versions, and its registry beside it."""

    project: Path
    data: Path

    @property
    def env(self) -> dict[str, str]:
        registry = f"sqlite:///{self.data}/registry.db"
        return {
            "SERVICE_DATA_DIR": str(self.data),
            "MLFLOW_TRACKING_URI": registry,
            "MLFLOW_REGISTRY_URI": registry,
        }

    def rows(self, query: str) -> dict[str, str]:
        with sqlite3.connect(self.data / "registry.db") as connection:
            return dict(connection.execute(query))

    def aliases(self) -> dict[str, str]:
        found = self.rows("select alias, version from registered_model_aliases")
        return {alias: str(version) for alias, version in found.items()}

    def told(self, version: int) -> dict[str, str]:
        rows = self.rows(f"select key, value from model_version_tags where version = {version}")
        return {key: text for key, text in rows.items() if key.startswith("champion_")}

    def press(self, folder: Path, what: str, *options: str, **inputs: str) -> Outcome:
        given = {"environment": "dev", **inputs, "what": what}
        pressed = [f"--input={name}={text}" for name, text in given.items()]
        settings = [f"--env={name}={value}" for name, value in self.env.items()]
        known = ["--var=NORDA_DEV_CLIENT_ID=client-1", "--actor=ada"]
        return act(
            self.project, "workflow_dispatch", "model.yml", *pressed, *settings,
            *(options or known), stubs=folder / "stubs",
        )  # fmt: skip


@pytest.fixture(scope="module")
def trained_twice(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("model")
    place = Place(render("online-serving", folder), folder / "data")
    projects.lock(place.project)
    address = f"https://github.com/halden-retail/{place.project.name}"
    run("git", "remote", "add", "origin", address, cwd=place.project)
    projects.install(place.project)
    python = place.project / ".venv/bin/python"
    env = {**place.env, "SERVICE_MODEL_NAME": MODEL}
    for words in ("train --rows 800", "promote latest", "train --rows 6000"):
        run(python, "main.py", *words.split(), cwd=place.project, env=env)
    return place


@pytest.fixture
def place(trained_twice: Place, tmp_path: Path) -> Place:
    """A copy of both; the registry names no folder but the one that it is in."""
    shutil.copytree(trained_twice.project, tmp_path / trained_twice.project.name, symlinks=True)
    return Place(tmp_path / trained_twice.project.name, shutil.copytree(trained_twice.data, tmp_path / "data"))


def test_the_button_promotes_and_goes_back_and_stores_who_and_why(
    place: Place, tmp_path: Path
) -> None:
    promoted = place.press(tmp_path, "promote", version="2", reason=HOSTILE)

    assert promoted.code == 0, promoted.log[-4000:]
    assert place.aliases() == {"champion": "2", "previous": "1"}
    assert place.told(2) == {
        "champion_by": "ada",
        "champion_why": HOSTILE,
        "champion_from": "1",
    }

    back = place.press(tmp_path, "rollback", reason="too many false alarms")

    assert back.code == 0, back.log[-4000:]
    assert place.aliases() == {"champion": "1", "previous": "2"}
    assert place.told(1)["champion_why"] == "too many false alarms"
    assert "### rollback in dev" in back.log
    assert not [*place.project.rglob("pwned"), *Path(os.environ["HOME"]).rglob("pwned")]


@pytest.mark.parametrize(
    ("version", "reason", "says"),
    [
        ("1; touch pwned", "two\nlines", "neither a whole number nor latest"),
        ("--help", " ", "the reason is empty"),
        ("9", "it is better", "nothing was moved in dev: error: "),
    ],
)
def test_what_cannot_be_done_is_refused_and_moves_nothing(
    place: Place, tmp_path: Path, version: str, reason: str, says: str
) -> None:
    outcome = place.press(tmp_path, "promote", version=version, reason=reason)

    assert outcome.code != 0
    assert says in outcome.log
    assert place.aliases() == {"champion": "1"}
    assert not list(place.project.rglob("pwned"))


def test_what_is_typed_into_the_form_is_only_text(place: Place, tmp_path: Path) -> None:
    pressed = [
        place.press(tmp_path, **{**dict.fromkeys(FORM, HOSTILE), **sound})
        for sound in ({}, {"what": "promote", "environment": "dev"})
    ]

    # Nothing is there to be done for an environment that nobody has.
    assert [outcome.code == 0 for outcome in pressed] == [True, False]
    assert place.aliases() == {"champion": "1"}
    assert not [*place.project.rglob("pwned"), *Path(os.environ["HOME"]).rglob("pwned")]


def test_a_missing_identity_is_named(place: Place, tmp_path: Path) -> None:
    outcome = place.press(tmp_path, "promote", "--actor=ada", version="2", reason="better")

    assert outcome.failed == ["What was asked"]
    assert "the client id is missing for environment dev" in outcome.log
    assert place.aliases() == {"champion": "1"}
