"""What was legal when a project was made is told, and does not fail it."""

from dataclasses import replace

import pytest

from modelwright.adapters.disk.tree import FolderTree
from modelwright.operations.judge.check import check_project
from tests.audit.conftest import TODAY
from tests.platforms import change_policy, platform_copy

RETIRED = ("cost_centre: CC-4100,", 'cost_centre: CC-4100, retired: "2026-10-01",')
EXAMPLES = ("example: fraud-scoring}", "example: card-fraud}")
RESERVED = ("reserved:\n    {id: NAM003,", 'reserved:\n    {id: NAM003, since: "v2.0.0",')


@pytest.fixture
def under(platform, project, tmp_path):
    """Check the project, born under a version, by a policy with a text replaced."""

    def under(born, *changes):
        root = platform_copy(tmp_path / "later")
        text = (root / "platform.yml").read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        change_policy(root, text)
        answers = project / ".copier-answers.yml"
        kept = [line for line in answers.read_text().splitlines() if not line.startswith("born:")]
        answers.write_text("\n".join([*kept, f"born: {born}", f"_commit: {born}"]) + "\n")
        later = replace(platform, tree=FolderTree(root), version="v3.0.0")
        return check_project(project, open_platform=lambda *_: later, today=TODAY)

    return under


def told(report):
    return {(finding.rule, finding.warning) for finding in report.findings}


def test_a_retired_team_is_a_warning(under):
    report = under("v1.0.0", RETIRED)

    assert told(report) == {("ANS002", True), ("DRF003", True)}
    assert report.failing == ()


def test_a_name_that_was_reserved_later_is_a_warning(under):
    words = ("words: [admin,", "words: [fraud-scoring, admin,")

    assert ("NAM003", True) in told(under("v1.9.0", RESERVED, EXAMPLES, words))


def test_a_name_that_a_library_took_since_is_a_warning(under, project):
    answers = project / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace("use_case: fraud-scoring", "use_case: click"))

    assert ("NAM007", True) in told(under("v2.0.0"))


def test_a_name_that_was_reserved_before_birth_is_a_finding(under):
    words = ("words: [admin,", "words: [fraud-scoring, admin,")

    assert ("NAM003", False) in told(under("v2.0.0", RESERVED, EXAMPLES, words))
