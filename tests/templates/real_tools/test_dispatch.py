"""What a person may type into a workflow's form is text, whatever it is, in every form there is."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.platforms import git
from tests.templates.real_tools import workflows
from tests.templates.real_tools.pipelines import act
from tests.templates.rendering import CASES, REPOSITORY, render, sample_of

pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("act")]

HOSTILE = "1\"; touch pwned; $(touch pwned) `touch pwned` ${{ github.token }}\n'; touch pwned #"
# Who types something hostile into each form: into every field of it.
TESTS = {
    "new-project.yml": "tests.github.test_button:test_what_is_typed_into_the_form_is_only_text",
    "model.yml": "tests.templates.real_tools.test_model_workflow:"
    "test_what_is_typed_into_the_form_is_only_text",
    "release.yml": "tests.templates.real_tools.test_dispatch:test_a_hostile_version_ends_before_anything_is_done",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every workflow, ours and those of each kind of project."""
    made = [
        render(case[0], tmp_path_factory.mktemp("project"), **sample_of(*case)) for case in CASES
    ]
    theirs = [file for project in made for file in (project / ".github/workflows").iterdir()]
    return [*workflows.REUSABLE.glob("*.yml"), *theirs]


def fields(workflow: Path) -> set[str]:
    """Return the fields of a workflow's form; none where it has no form."""
    started = workflows.read(workflow)["on"]
    form = started.get("workflow_dispatch") if isinstance(started, dict) else None
    return set((form or {}).get("inputs", {}))


def test_every_form_is_tried_with_hostile_text_in_every_field(files: list[Path]) -> None:
    forms = [(file.name, fields(file)) for file in files if fields(file)]

    assert {name for name, _ in forms} == set(TESTS)
    for name, found in forms:
        module, function = TESTS[name].split(":")
        tried = import_module(module)
        assert callable(getattr(tried, function)), name
        assert found == set(tried.FORM), name


def test_an_input_reaches_a_shell_only_through_its_surroundings(files: list[Path]) -> None:
    for file in [*files, *workflows.ACTIONS.rglob("action.yml"), REPOSITORY / "action.yml"]:
        for script in scripts(yaml.safe_load(file.read_text())):
            assert "${{" not in script, f"{file}: {script}"


def scripts(part: Any) -> list[str]:
    """Return every `run:` of a workflow or an action."""
    if isinstance(part, dict):
        own = [part["run"]] if isinstance(part.get("run"), str) else []
        return own + [text for value in part.values() for text in scripts(value)]
    return [text for value in part for text in scripts(value)] if isinstance(part, list) else []


FORM = {"version": HOSTILE}


def test_a_hostile_version_ends_before_anything_is_done(tmp_path: Path) -> None:
    clone, event = tmp_path / "clone", tmp_path / "event.json"
    git(tmp_path, "clone", "--quiet", str(REPOSITORY), str(clone))
    event.write_text(json.dumps({"inputs": FORM}))

    outcome = act(
        clone, "workflow_dispatch", "release.yml", f"--eventpath={event}",
        stubs=tmp_path / "stubs",
    )  # fmt: skip

    assert outcome.failed == ["May this commit be released"], outcome.log[-4000:]
    assert "is no version" in outcome.log
    assert git(clone, "tag") == git(REPOSITORY, "tag")
    assert not [*tmp_path.rglob("pwned"), *REPOSITORY.glob("pwned")]
