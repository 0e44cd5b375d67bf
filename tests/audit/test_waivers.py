"""A waiver keeps a finding in the list and takes its failure away, until its day is over."""

from datetime import date

import pytest

WAIVER = "waivers:\n  - {rule: LCK001, reason: made elsewhere, approver: ada, until: 2027-01-31}\n"


@pytest.fixture
def waived(project):
    (project / "uv.lock").unlink()
    record = project / "project.yaml"
    record.write_text(record.read_text().replace("waivers: []\n", WAIVER))
    return project


@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2027, 1, 31)])
def test_a_waived_finding_is_listed_and_does_not_fail(waived, check, today):
    report = check(waived, today=today)

    (finding,) = report.findings
    assert finding.rule == "LCK001"
    assert finding.waived == "made elsewhere (until 2027-01-31, ada)"
    assert report.failing == ()
    assert "LCK001" not in report.passed


def test_a_waiver_that_is_over_waives_nothing_and_is_found(waived, check):
    report = check(waived, today=date(2027, 2, 1))

    assert [finding.rule for finding in report.failing] == ["LCK001", "WVR002"]


def test_a_waiver_covers_its_rule_alone(waived, check):
    (waived / "notes.yaml").write_text("a: [\n")

    report = check(waived)

    assert [finding.rule for finding in report.failing] == ["YML001"]
