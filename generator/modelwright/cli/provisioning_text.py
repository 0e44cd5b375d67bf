"""What `modelwright create` says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from modelwright.operations.creating.wish import Outcome

_STATES: Final = {
    "planned": "would send {count} calls for {repository}",
    "made": "made {repository}: {url}",
    "mended": "mended {repository} with {count} calls: {url}",
    "unchanged": "{repository} is as it should be; nothing was sent",
    "undone": "took {repository} back",
}


def lines(outcome: Outcome, *, verbose: bool) -> Iterator[str]:
    """Yield the result line by line."""
    if outcome.state == "planned" or verbose:
        for change in outcome.changes:
            yield f"{change.call.method:6} {change.call.path}\n       {change.reason}"
    yield headline(outcome)
    if outcome.state == "made":
        yield f"  next: git clone {outcome.url}.git, then uv run poe demo"
    for reason in outcome.against:
        yield f"  refused without --plan: {reason}"
    if outcome.state == "planned" and outcome.changes and not outcome.against:
        yield "  next: run it again without --plan"


def headline(outcome: Outcome) -> str:
    """Return the result in one line."""
    return _STATES[outcome.state].format(
        count=len(outcome.changes), repository=outcome.repository, url=outcome.url
    )


def markdown(outcome: Outcome) -> str:
    """Return the result for the summary of a workflow's run."""
    rows = "".join(
        f"| `{change.call.method} {change.call.path}` | {change.reason} |\n"
        for change in outcome.changes
    )
    table = f"\n| call | why |\n|---|---|\n{rows}" if rows else ""
    return f"## {headline(outcome)}\n{_links(outcome)}{table}\n"


def _links(outcome: Outcome) -> str:
    if outcome.state not in ("made", "mended", "unchanged") or not outcome.url:
        return ""
    return (
        f"\n- Repository: {outcome.url}\n- Its first pipeline: {outcome.url}/actions\n"
        f"- Next: `git clone {outcome.url}.git`, then `uv run poe demo`\n"
    )
