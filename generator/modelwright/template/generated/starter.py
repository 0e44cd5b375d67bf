"""A starter: what a template repository on GitHub holds before a project is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelwright.errors import RefusedError
from modelwright.paths import PLATFORM_BUNDLE
from modelwright.policy.choices import choices_on_offer
from modelwright.policy.names import parse_repository_name
from modelwright.template.generated.dispatch_workflow import pinned_action, runs_on

_AGAIN = "then run the workflow Start again"


def answers_from_repository_name(
    policy: Mapping[str, Any], name: str, *, description: str, team: str
) -> dict[str, str]:
    """Return a project's answers, its archetype among them.

    Args:
        policy: The policy as plain data.
        name: The repository's name.
        description: What the repository says of itself; empty takes the use case in words.
        team: The team that its property or a topic names; empty where neither does.

    Raises:
        RefusedError: The name does not parse, or leaves the team open.
    """
    suffixes = {
        policy["archetypes"][one]["suffix"]: one for one in choices_on_offer(policy["archetypes"])
    }
    brands = choices_on_offer(policy["brands"])
    parts = parse_repository_name(policy["naming"], name, brands, suffixes)
    if parts is None:
        rule = policy["naming"]["repository"]
        raise RefusedError(
            f"the name {name!r} does not read as {rule['name']}, with a brand of "
            f"{', '.join(brands)} and a suffix of {', '.join(suffixes)}",
            where="the repository's name",
            next_step=f"rename it in its settings, such as to {rule['example']}, {_AGAIN}",
        )
    return {
        "archetype": suffixes[parts.suffix],
        "team": team or _only_team(policy, parts.brand),
        "brand": parts.brand,
        "use_case": parts.use_case,
        "personal_data": "personal",
        "description": description or parts.use_case.replace("-", " ").capitalize(),
    }


def _only_team(policy: Mapping[str, Any], brand: str) -> str:
    teams = [
        one for one in choices_on_offer(policy["teams"]) if brand in policy["teams"][one]["brands"]
    ]
    if len(teams) == 1:
        return teams[0]
    raise RefusedError(
        f"the name does not say which team of {brand} owns it",
        where="the repository's topics",
        next_step=f"give it the topic {' or '.join(teams)}, {_AGAIN}",
    )


def start_workflow(policy: Mapping[str, Any], pin: Mapping[str, str], version: str) -> str:
    """Return the workflow that turns the repository into a project.

    Args:
        policy: The policy as plain data.
        pin: The commit whose action starts it, `sha` and `version`.
        version: The release of the platform in the bundle.
    """
    return _START.format(
        runner=runs_on(policy["available"]["runner"]),
        checkout=pinned_action(policy["available"]["actions"]["checkout"]),
        action=f"{policy['platform']['repository']}/.github/actions/start@{pin['sha']}"
        f" # {pin['version']}",
        platform=f"{PLATFORM_BUNDLE}@{version}",
        path=PLATFORM_BUNDLE,
    )


def readme(policy: Mapping[str, Any], brand: str, archetype: str, example: str) -> str:
    """Return what a person reads on the starter's page."""
    return _README.format(
        brand=brand, archetype=archetype, name=policy["naming"]["repository"]["name"],
        example=example, repository=policy["platform"]["repository"],
    )  # fmt: skip


_START: Final = """\
# Turns this repository into the project that its name says; afterwards it has nothing to do.
# Written by `modelwright platform starter`.
name: Start
on:
  push:
    branches: [main]
    paths: [{path}]
  workflow_dispatch:

permissions: {{}}

concurrency:
  group: start
  cancel-in-progress: false

jobs:
  start:
    name: Start
    # The starter itself stays what it is.
    if: ${{{{ !github.event.repository.is_template }}}}
    runs-on: {runner}
    timeout-minutes: 15
    permissions:
      actions: write # to start the first pipeline
      contents: write # to push the project
      issues: write # to make its labels
    steps:
      - name: Check out the starter
        uses: {checkout}
        with:
          persist-credentials: false
      - name: Start the project
        uses: {action}
        with:
          platform: {platform}
"""
_README: Final = """\
# A starter for {brand}: {archetype}

1. **Use this template**, **Create a new repository**: private, named `{name}`,
   such as `{example}`. What it does goes into the description; where {brand} has several
   teams, the one that owns it goes into the custom property for the team.
2. The workflow *Start* turns it into the project in a minute or two. Where the name does not read,
   its summary says why: rename the repository and run *Start* again.
3. The summary lists what only the platform's button may do: environments, secrets, rules, the
   team's access. Press *New ML project* in `{repository}` with the same answers and *resume*.
"""
