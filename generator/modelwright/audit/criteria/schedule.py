"""What a schedule starts in each environment."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.audit.evidence import Evidence
from modelwright.audit.facts.deployments import JOB
from modelwright.audit.facts.project import Facts
from modelwright.audit.project import list_at


def on_schedule(facts: Facts, verb: str) -> Iterator[Evidence]:
    """Yield for each environment whether a schedule starts a verb there."""
    for environment in facts.environments:
        started = (
            found.where
            for found in environment.of("CronJob", JOB)
            if _passes_command(found.body, verb) and (found.spec or found.body).get("schedule")
        )
        yield Evidence(
            wants=f"a schedule runs {verb} in {environment.name}",
            where=next(started, ""),
            mend=f"declare a scheduled job that runs {verb}",
        )


def _passes_command(body: object, verb: str) -> bool:
    """Say whether a command line anywhere in an object holds a verb."""
    if isinstance(body, dict):
        given = [*list_at(body, "args"), *list_at(body, "parameters")]
        return verb in given or any(_passes_command(value, verb) for value in body.values())
    return isinstance(body, list) and any(_passes_command(value, verb) for value in body)
