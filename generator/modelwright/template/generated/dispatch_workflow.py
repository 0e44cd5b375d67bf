"""The dispatch workflow that makes a project; its form follows from the policy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from modelwright.paths import WORKFLOW_PIN
from modelwright.policy.choices import choices_on_offer
from modelwright.template.tree import Tree

OWN_BRAND: Final = "the team's own"
NOBODY: Final = "nobody"
_PERSONAL: Final = ("personal", "pseudonymous", "none")
_MODES: Final = ("create", "plan", "resume", "undo")


def dispatch_workflow(policy: Mapping[str, Any]) -> str:
    """Return the text of the workflow.

    Args:
        policy: The policy as plain data.
    """
    available = policy["available"]
    archetypes, teams, brands = (
        choices_on_offer(policy[key]) for key in ("archetypes", "teams", "brands")
    )
    shared = {
        brand
        for entry in policy["teams"].values()
        if len(entry["brands"]) > 1
        for brand in entry["brands"]
    }
    chosen = [OWN_BRAND, *(brand for brand in brands if brand in shared)]
    return _TEXT.format(
        archetypes=_options(archetypes),
        teams=_options(teams),
        brands=_options(chosen),
        personal=_options(_PERSONAL),
        modes=_options(_MODES),
        example=policy["naming"]["use_case"]["example"],
        givers=_options([NOBODY, *policy["teams"]]),
        group=_concurrency_group(policy),
        runner=runs_on(available["runner"]),
        checkout=pinned_action(available["actions"]["checkout"]),
        uv=pinned_action(available["actions"]["setup-uv"]),
        upload=pinned_action(available["actions"]["upload-artifact"]),
        own=OWN_BRAND.replace("'", "''"),
        nobody=NOBODY,
    )


def _concurrency_group(policy: Mapping[str, Any]) -> str:
    """Return the expression of the repository's name, as the naming policy puts it together."""
    name = policy["naming"]["repository"]["name"]
    hyphen = "-" if "-{suffix}" in name else ""
    pattern = name.replace(f"{hyphen}{{suffix}}", "{2}")
    pattern = pattern.replace("{brand}", "{0}").replace("{use_case}", "{1}")
    suffixes = {
        f"{hyphen}{entry['suffix']}" if entry["suffix"] else "": [key]
        for key, entry in policy["archetypes"].items()
    }
    brands: dict[str, list[str]] = {}
    for key, entry in policy["teams"].items():
        brands.setdefault(entry["brands"][0], []).append(key)
    own = OWN_BRAND.replace("'", "''")
    return (
        f"${{{{ format('{pattern}',\n"
        f"    inputs.brand != '{own}' && inputs.brand || {_lookup_expression('team', brands)},\n"
        "    inputs.use_case,\n"
        f"    {_lookup_expression('archetype', suffixes)}) }}}}"
    )


def _lookup_expression(field: str, values: Mapping[str, list[str]]) -> str:
    """Return an expression for the value that stands for what was chosen in a field."""
    cases = [
        f"contains(fromJSON('{json.dumps(chosen)}'), inputs.{field}) && '{value}'"
        for value, chosen in values.items()
    ]
    return " ||\n    ".join([*cases, "''"])


def _options(names: Iterable[str]) -> str:
    return "".join(f"\n          - {json.dumps(name)}" for name in names)


def runs_on(runner: str | Sequence[str]) -> str:
    """Return one label, or several that a runner must have together, as `runs-on` takes them."""
    return runner if isinstance(runner, str) else json.dumps(list(runner))


def pinned_action(action: Mapping[str, Any]) -> str:
    """Return an action as a step names it, with its version as a comment."""
    return f"{action['uses']}@{action['sha']} # {action['version']}"


def workflow_pin(tree: Tree) -> Mapping[str, str]:
    """Return the commit (`sha`) and the `version` of the workflows that a platform's projects call.

    Args:
        tree: The platform's files.
    """
    pin: Mapping[str, str] = json.loads(tree.read(WORKFLOW_PIN))
    return pin


_TEXT: Final = """\
# The button: makes a project and its repository. Written by `modelwright platform sync`: its form
# follows from the policy. Who presses it must be in the team that they name. The app's key is a
# secret of the environment `new-project`, which only the default branch may use (docs/create.md).
name: New ML project
run-name: ${{{{ inputs.what }}}} ${{{{ inputs.team }}}} ${{{{ inputs.use_case }}}}
on:
  workflow_dispatch:
    inputs:
      archetype:
        description: Which pattern?
        type: choice
        required: true
        options:{archetypes}
      team:
        description: Which team owns it? You must be in it.
        type: choice
        required: true
        options:{teams}
      brand:
        description: For which brand? Only for a team that has several.
        type: choice
        required: true
        options:{brands}
      use_case:
        description: What is it for? Lower-case words joined by hyphens, such as {example}.
        type: string
        required: true
      personal_data:
        description: Which personal data does it read?
        type: choice
        required: true
        options:{personal}
      description:
        description: What does it do, in one line?
        type: string
        required: true
      what:
        description: Make it; or only show the calls, go on with a half-made one, take it back.
        type: choice
        required: true
        options:{modes}
      transfer_from:
        description: Only to take it over, which team hands it over? Its record names you.
        type: choice
        required: true
        options:{givers}

permissions: {{}}

# Two presses for one repository wait for each other, whoever presses.
concurrency:
  group: >-
    {group}
  cancel-in-progress: false

jobs:
  create:
    name: Create
    runs-on: {runner}
    timeout-minutes: 15
    environment: new-project
    permissions:
      contents: read # to check the platform out
    steps:
      - name: Check out the platform
        uses: {checkout}
        with:
          fetch-depth: 0 # the project names the release that it comes from
          persist-credentials: false

      - name: Set up uv
        uses: {uv}
        with:
          enable-cache: false

      - name: Create the project
        uses: ./ # zizmor: ignore[self-repository] older servers do not know $/
        with:
          archetype: ${{{{ inputs.archetype }}}}
          team: ${{{{ inputs.team }}}}
          brand: ${{{{ inputs.brand != '{own}' && inputs.brand || '' }}}}
          use-case: ${{{{ inputs.use_case }}}}
          personal-data: ${{{{ inputs.personal_data }}}}
          description: ${{{{ inputs.description }}}}
          what: ${{{{ inputs.what }}}}
          transfer-from: ${{{{ inputs.transfer_from != '{nobody}' && inputs.transfer_from || '' }}}}
          app-id: ${{{{ vars.MODELWRIGHT_APP_ID }}}}
          app-key: ${{{{ secrets.MODELWRIGHT_APP_KEY }}}}
          journal: ${{{{ runner.temp }}}}/creation.jsonl

      - name: Keep the journal
        if: ${{{{ always() }}}}
        uses: {upload}
        with:
          name: creation
          path: ${{{{ runner.temp }}}}/creation.jsonl
          if-no-files-found: ignore
          retention-days: 90
"""
