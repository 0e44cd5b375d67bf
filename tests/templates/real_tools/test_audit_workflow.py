"""`audit.yml`, run by act as a project's weekly run calls it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.nightly import nightly
from tests.templates.real_tools import projects
from tests.templates.real_tools.pipelines import Outcome, act
from tests.templates.rendering import render

pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("act")]

CALLED = re.compile(r"(/audit\.yml@.*\n    with:\n)")


def audited(folder: Path, extra: str = "") -> Outcome:
    project = render("batch", folder / "project")
    caller = project / ".github/workflows/ci.yml"
    caller.write_text(CALLED.sub(rf"\1{extra}", caller.read_text()))
    projects.commit(project)
    return act(
        project, "workflow_dispatch", "ci.yml", "--job", "audit", stubs=folder / "stubs"
    )


def test_the_weekly_run_tells_every_criterion_and_keeps_the_document(tmp_path: Path) -> None:
    outcome = audited(tmp_path)

    assert outcome.failed == [], outcome.log[-4000:]
    assert outcome.steps["Keep it beside the run"] == "success"
    assert "## Maturity of norda-demand-forecasting-batch" in outcome.summary
    assert len(re.findall(r"^\| \d+ \|", outcome.summary, re.MULTILINE)) == 60


@nightly("the command's own tests have the same line")
def test_a_score_below_the_project_s_own_line_is_red_and_told_all_the_same(tmp_path: Path) -> None:
    outcome = audited(tmp_path, "      fail-under: 90\n")

    assert outcome.failed == ["Reach the score"], outcome.log[-4000:]
    assert outcome.code != 0
    assert "the score is less than 90 %" in outcome.log
    assert "## Maturity of" in outcome.summary
