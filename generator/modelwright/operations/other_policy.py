"""A policy that is not of a project's version: what it cannot know is taken from the project.

The check that a pull request runs stands at the workflows' pin, which moves only when they change;
teams come and cost centres change without it. So there the project's record says who owns it, and
everything else must agree with the record. With its own version at hand the policy says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_FIELDS: Final = ("github_team", "contact", "cost_centre")


def with_own_team(
    policy: Mapping[str, Any], answers: Mapping[str, Any], record: Mapping[Any, Any]
) -> Mapping[str, Any]:
    """Return a policy with the project's team as the project's record has it.

    Args:
        policy: The policy of another version.
        answers: The project's answers.
        record: What `project.yaml` says; the policy stays as it is where that is not whole.
    """
    team, brand = answers["team"], answers["brand"]
    if any(not isinstance(record.get(name), str) for name in _FIELDS):
        return policy
    known = policy["teams"].get(team, {"brands": []})
    entry = {
        **known,
        "brands": list(dict.fromkeys([*known["brands"], brand])),
        "github": record["github_team"].rpartition("/")[2],
        "contact": record["contact"],
    }
    if not answers.get("cost_centre"):
        entry["cost_centre"] = record["cost_centre"]
    entry.setdefault("cost_centre", answers.get("cost_centre", ""))
    return {**policy, "teams": {**policy["teams"], team: entry}}
