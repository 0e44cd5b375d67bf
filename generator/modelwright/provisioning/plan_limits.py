"""What an organisation's plan on GitHub lacks for a private repository.

Source:
    GitHub Docs: "About rulesets", "Deployments and environments", "Using secrets in GitHub
    Actions".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from modelwright.provisioning.desired import DesiredState
from modelwright.provisioning.found import Found
from modelwright.provisioning.rules import with_integration

__all__ = ["fitted", "lost"]

RULES: Final = "rules for the default branch"
ENVIRONMENTS: Final = "environments"
GRANTS: Final = "secrets and variables of the organisation"
REVIEWERS: Final = "reviewers of environments"
_LOST: Final = {"free": (RULES, ENVIRONMENTS, GRANTS), "team": (REVIEWERS,)}


def lost(desired: DesiredState, found: Found) -> list[str]:
    """Return what the desired state has and the plan does not support."""
    wanted = {
        RULES: desired.ruleset is not None,
        ENVIRONMENTS: bool(desired.environments),
        GRANTS: bool(desired.grants),
        REVIEWERS: any(one.reviewers for one in desired.environments),
    }
    return [what for what in _LOST.get(found.plan, ()) if wanted[what]]


def fitted(desired: DesiredState, found: Found) -> DesiredState:
    """Return the desired state as far as the organisation's plan carries it."""
    gone = lost(desired, found)
    if desired.ruleset is not None and found.integration:
        desired = replace(desired, ruleset=with_integration(desired.ruleset, found.integration))
    if RULES in gone:
        desired = replace(desired, ruleset=None)
    if ENVIRONMENTS in gone:
        desired = replace(desired, environments=())
    if GRANTS in gone:
        desired = replace(desired, grants=())
    if REVIEWERS in gone:
        open_ones = tuple(replace(one, reviewers=()) for one in desired.environments)
        desired = replace(desired, environments=open_ones)
    # GitHub refuses a repository a wider choice of actions than its organisation has.
    if found.actions.get("allowed_actions", "all") != "all":
        kept = {key: desired.actions[key] for key in ("enabled", "sha_pinning_required")}
        desired = replace(desired, actions=kept, selected=None)
    return desired
