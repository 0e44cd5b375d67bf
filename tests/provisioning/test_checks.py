"""The rules ask for the checks that a project's workflows really publish."""

import pytest

from modelwright.adapters.disk.tree import FolderTree
from modelwright.errors import RefusedError
from modelwright.provisioning.status_checks import published_checks
from tests.policies import ROOT, plain

PLATFORM = plain()["platform"]["repository"]
WORKFLOWS = ROOT / "examples/online-serving/.github/workflows"


def called(path):
    return FolderTree(ROOT).read(path).decode()


def checks(**files):
    named = {f".github/workflows/{name}.yml": text for name, text in files.items()}
    return published_checks(named, called, PLATFORM)


def test_the_example_publishes_its_three_checks():
    files = {path.stem: path.read_text() for path in WORKFLOWS.glob("*.yml")}

    assert checks(**files) == [
        "Image / Build",
        "Python / Lock, secrets, lint, types, tests, wheel",
        "Within policy",
    ]


@pytest.mark.parametrize(
    "events",
    ["push", "{pull_request: {paths: [src]}}", "{schedule: [{cron: 1 1 * * 1}]}"],
)
def test_a_workflow_that_may_not_run_is_not_waited_for(events):
    assert checks(a=f"on: {events}\njobs: {{one: {{name: One, steps: []}}}}\n") == []


def test_a_job_without_a_name_goes_by_its_id():
    assert checks(a="on: [pull_request]\njobs: {one: {steps: []}}\n") == ["one"]


def test_a_workflow_that_the_platform_lacks_is_refused():
    text = f"on: pull_request\njobs: {{one: {{uses: {PLATFORM}/.github/workflows/no.yml@x}}}}\n"

    with pytest.raises(RefusedError, match=r"no\.yml"):
        checks(a=text)
