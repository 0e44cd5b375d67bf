"""A starter: what a template repository on GitHub holds before a project is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelwright.catalog.button import pinned, runs_on

__all__ = ["BUNDLE", "START", "WORKFLOWS", "readme", "start_workflow"]

WORKFLOWS: Final = ".github/workflows/"
START: Final = f"{WORKFLOWS}start.yml"
BUNDLE: Final = ".modelwright/platform.bundle"


def start_workflow(policy: Mapping[str, Any], pin: Mapping[str, str], version: str) -> str:
    """Return the workflow that turns the repository into a project.

    Args:
        policy: The policy as plain data.
        pin: The commit whose action starts it, `sha` and `version`.
        version: The release of the platform in the bundle.
    """
    return _START.format(
        runner=runs_on(policy["available"]["runner"]),
        checkout=pinned(policy["available"]["actions"]["checkout"]),
        action=f"{policy['platform']['repository']}/.github/actions/start@{pin['sha']}"
        f" # {pin['version']}",
        platform=f"{BUNDLE}@{version}",
        path=BUNDLE,
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
