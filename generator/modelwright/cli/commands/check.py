"""`modelwright check`: is a repository within the policy."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelwright.cli.session import (
    JsonOption,
    PlatformOption,
    QuietOption,
    VerboseOption,
    open_platform_of_project,
)
from modelwright.cli.terminal import Terminal, printable
from modelwright.errors import FindingsError

if TYPE_CHECKING:
    from modelwright.audit.check import CheckReport
    from modelwright.audit.findings import Finding
    from modelwright.template.platform import Platform


def check(
    path: Annotated[
        Path, typer.Argument(metavar="[PATH]", help="The project's folder.", show_default=False)
    ] = Path(),
    platform: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Say whether a repository is within policy: names, cost tags, secrets, pins, drift."""
    # Here, because the template engine costs the commands that render nothing 80 ms.
    from modelwright.operations.judge.check import check_project  # noqa: PLC0415
    from modelwright.operations.judge.project import lock_verdict  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)

    def open_platform(source: str, version: str) -> Platform:
        judging = open_platform_of_project(platform, source, version)
        if judging.notice:
            terminal.note(judging.notice)
        return judging

    report = check_project(
        path,
        open_platform=open_platform,
        today=datetime.now(UTC).date(),
        judge_lock=lock_verdict,
    )
    terminal.document(_document(path, report))
    terminal.say(printable(f"judged by {report.judged_by}"))
    for finding in report.findings:
        if finding.failing or not quiet:
            _print_finding(finding, terminal)
    terminal.say(_summary(report))
    if report.failing:
        raise typer.Exit(FindingsError.exit_code)


def _print_finding(finding: Finding, terminal: Terminal) -> None:
    kind = "waived " if finding.waived else "warning " if finding.warning else ""
    terminal.say(printable(f"{finding.where}: {kind}{finding.rule} {finding.problem}"))
    terminal.say(printable(f"  next: {finding.waived or finding.next_step}"))


def _summary(report: CheckReport) -> str:
    passed = f"{len(report.passed)} checks passed"
    failing = len(report.failing)
    return f"{failing} finding{'s' * (failing != 1)}; {passed}" if failing else passed


def _document(path: Path, report: CheckReport) -> dict[str, Any]:
    return {
        "project": str(path),
        "judged_by": report.judged_by,
        "verified": report.verified,
        "findings": [
            {
                "rule": finding.rule,
                "problem": finding.problem,
                "where": finding.where,
                "next_step": finding.next_step,
                "waived": bool(finding.waived),
                "warning": finding.warning,
            }
            for finding in report.findings
        ],
        "passed": list(report.passed),
    }
