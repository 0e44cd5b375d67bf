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

__all__ = ["fitted", "lost", "plan_lacks", "plan_unknown", "unknown_to_server"]

RULES: Final = "rules for the default branch"
ENVIRONMENTS: Final = "environments"
GRANTS: Final = "secrets and variables of the organisation"
REVIEWERS: Final = "reviewers of environments"
# GitHub Enterprise Server 3.19 is the first whose description has `sha_pinning_required`.
_PINNING: Final = [3, 19]
_LEAST: Final = (RULES, ENVIRONMENTS, GRANTS)
_LOST: Final = {"free": _LEAST, "team": (REVIEWERS,), "enterprise": ()}


def lost(desired: DesiredState, found: Found) -> list[str]:
    """Return what the desired state has and the plan does not support."""
    wanted = _gated(desired)
    return [what for what in _unsupported(found) if wanted[what]]


def plan_lacks(found: Found) -> str:
    """Return the words that come before what a plan lacks."""
    if found.plan in _LOST:
        return f"the plan {found.plan!r} has no"
    return f"the plan {found.plan!r} is one that modelwright does not know, and may have no"


def _unsupported(found: Found) -> tuple[str, ...]:
    """Return what a plan does not support; one that nobody knows is taken for the smallest.

    A server of one's own has no plans: it has everything.
    """
    if found.server or not found.plan:
        return ()
    return _LOST.get(found.plan, _LEAST)


def plan_unknown(desired: DesiredState, found: Found) -> bool:
    """Say whether something depends on the plan, and GitHub does not say which one it is."""
    return not found.plan and not found.server and any(_gated(desired).values())


def _gated(desired: DesiredState) -> dict[str, bool]:
    """Say of each thing that depends on the plan whether it is wanted; a public one has all."""
    private = desired.settings.get("visibility") != "public"
    return {
        RULES: private and desired.ruleset is not None,
        ENVIRONMENTS: private and bool(desired.environments),
        GRANTS: private and bool(desired.grants),
        REVIEWERS: private and any(one.reviewers for one in desired.environments),
    }


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
    private = desired.settings.get("visibility") != "public"
    if private and REVIEWERS in _unsupported(found):
        # GitHub refuses these fields even where they only say that there is no reviewer.
        open_ones = tuple(
            replace(one, reviewers=(), reviewed=False) for one in desired.environments
        )
        desired = replace(desired, environments=open_ones)
    if private and RULES in _unsupported(found):
        kept = {k: v for k, v in desired.settings.items() if k != "allow_auto_merge"}
        desired = replace(desired, settings=kept)
    desired = _known_to_server(desired, found)
    # GitHub refuses a repository a wider choice of actions than its organisation has.
    if found.actions.get("allowed_actions", "all") != "all":
        narrower = {
            key: value for key, value in desired.actions.items() if key != "allowed_actions"
        }
        desired = replace(desired, actions=narrower, selected=None)
    return desired


def unknown_to_server(found: Found) -> bool:
    """Say whether a server is too old to know `sha_pinning_required`, and ignores it in silence."""
    numbers = [int(one) for one in found.server.split(".")[:2] if one.isdecimal()]
    return bool(numbers) and numbers < _PINNING


def _known_to_server(desired: DesiredState, found: Found) -> DesiredState:
    if not unknown_to_server(found):
        return desired
    kept = {key: value for key, value in desired.actions.items() if key != "sha_pinning_required"}
    return replace(desired, actions=kept)
