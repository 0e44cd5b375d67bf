"""Everything that stands against a creation, organisation before anything is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from modelwright.provisioning.actual_state import run_of
from modelwright.provisioning.app_permissions import missing_rights
from modelwright.provisioning.desired_state import DesiredState, with_integration
from modelwright.provisioning.organisation_state import OrganisationState

__all__ = [
    "PreflightFault",
    "fit_to_plan",
    "ignores_pinning",
    "is_plan_unknown",
    "plan_limit",
    "preflight_faults",
    "teams_named",
    "unsupported_by_plan",
]

RULESET: Final = "rules for the default branch"
ENVIRONMENTS: Final = "environments"
GRANTS: Final = "secrets and variables of the organisation"
REVIEWERS: Final = "reviewers of environments"
# GitHub Enterprise Server 3.19 is the first whose description has `sha_pinning_required`.
_PINNING: Final = [3, 19]
_FREE_PLAN: Final = (RULESET, ENVIRONMENTS, GRANTS)
_MISSING_FEATURES: Final = {"free": _FREE_PLAN, "team": (REVIEWERS,), "enterprise": ()}


def unsupported_by_plan(desired: DesiredState, organisation: OrganisationState) -> list[str]:
    """Return what the desired state has and the plan does not support."""
    wanted = _plan_features(desired)
    return [what for what in _unsupported(organisation) if wanted[what]]


def plan_limit(organisation: OrganisationState) -> str:
    """Return the words that come before what a plan lacks."""
    if organisation.plan in _MISSING_FEATURES:
        return f"the plan {organisation.plan!r} has no"
    return f"the plan {organisation.plan!r} is one that modelwright does not know, and may have no"


def _unsupported(organisation: OrganisationState) -> tuple[str, ...]:
    """Return what a plan does not support; one that nobody knows is taken for the smallest.

    A server of one's own has no plans: it has everything.
    """
    if organisation.server or not organisation.plan:
        return ()
    return _MISSING_FEATURES.get(organisation.plan, _FREE_PLAN)


def is_plan_unknown(desired: DesiredState, organisation: OrganisationState) -> bool:
    """Say whether something depends on the plan, and GitHub does not say which one it is."""
    return (
        not organisation.plan and not organisation.server and any(_plan_features(desired).values())
    )


def _plan_features(desired: DesiredState) -> dict[str, bool]:
    """Say of each thing that depends on the plan whether it is wanted; a public one has all."""
    private = desired.settings.get("visibility") != "public"
    return {
        RULESET: private and desired.ruleset is not None,
        ENVIRONMENTS: private and bool(desired.environments),
        GRANTS: private and bool(desired.grants),
        REVIEWERS: private and any(one.reviewers for one in desired.environments),
    }


def fit_to_plan(desired: DesiredState, organisation: OrganisationState) -> DesiredState:
    """Return the desired state as far as the organisation's plan carries it."""
    gone = unsupported_by_plan(desired, organisation)
    if desired.ruleset is not None and organisation.integration:
        desired = replace(
            desired, ruleset=with_integration(desired.ruleset, organisation.integration)
        )
    if RULESET in gone:
        desired = replace(desired, ruleset=None)
    if ENVIRONMENTS in gone:
        desired = replace(desired, environments=())
    if GRANTS in gone:
        desired = replace(desired, grants=())
    private = desired.settings.get("visibility") != "public"
    if private and REVIEWERS in _unsupported(organisation):
        # GitHub refuses these fields even where they only say that there is no reviewer.
        open_ones = tuple(
            replace(one, reviewers=(), reviewed=False) for one in desired.environments
        )
        desired = replace(desired, environments=open_ones)
    if private and RULESET in _unsupported(organisation):
        kept = {k: v for k, v in desired.settings.items() if k != "allow_auto_merge"}
        desired = replace(desired, settings=kept)
    desired = _fit_to_server(desired, organisation)
    # GitHub refuses a repository a wider choice of actions than its organisation has.
    if organisation.actions.get("allowed_actions", "all") != "all":
        narrower = {
            key: value for key, value in desired.actions.items() if key != "allowed_actions"
        }
        desired = replace(desired, actions=narrower, selected=None)
    return desired


def ignores_pinning(organisation: OrganisationState) -> bool:
    """Say whether a server is too old to know `sha_pinning_required`, and ignores it in silence."""
    numbers = [int(one) for one in organisation.server.split(".")[:2] if one.isdecimal()]
    return bool(numbers) and numbers < _PINNING


def _fit_to_server(desired: DesiredState, organisation: OrganisationState) -> DesiredState:
    if not ignores_pinning(organisation):
        return desired
    kept = {key: value for key, value in desired.actions.items() if key != "sha_pinning_required"}
    return replace(desired, actions=kept)


_MOST_SECRETS = 100
_SCOPES = ("repo", "workflow", "admin:org")


@dataclass(frozen=True)
class PreflightFault:
    """One reason not to begin.

    Attributes:
        refused: Whether a rule or a person's rights refuse it; else something is lacking.
    """

    problem: str
    next_step: str
    refused: bool = False

    @property
    def text(self) -> str:
        """The fault and its next step in one line."""
        return f"{self.problem}; {self.next_step}"


def preflight_faults(
    desired: DesiredState, organisation: OrganisationState
) -> list[PreflightFault]:
    """Return what the organisation lacks, or does not allow."""
    if organisation.personal:
        problem = (
            f"{desired.organisation} is a person's account, which has no teams to own anything"
        )
        return [PreflightFault(problem, "name an organisation in the policy", True)]
    if not organisation.known and not organisation.denied:
        problem = f"there is no organisation {desired.organisation}, or the token does not see it"
        return [PreflightFault(problem, "check --api and the policy's organisation.github")]
    certain = [
        *_description(desired),
        *_token(organisation),
        *_organisation(desired, organisation),
        *_plan(desired, organisation),
    ]
    if organisation.denied:
        # What could not be read is not known to be lacking.
        return certain
    return [
        *certain,
        *_requester(desired, organisation),
        *_teams(desired, organisation),
        *_grants(desired, organisation),
        *_secret_limit(desired, organisation),
        *_properties(desired, organisation),
    ]


def _description(desired: DesiredState) -> Iterator[PreflightFault]:
    if run_of(desired.description):
        yield PreflightFault(
            "the description begins with the mark of a half-made repository",
            "write what the project does",
            refused=True,
        )


def _token(organisation: OrganisationState) -> Iterator[PreflightFault]:
    for denied in organisation.denied:
        yield PreflightFault(denied, "use a token with the rights that docs/create.md lists")
    if lacking := missing_rights(organisation.permissions):
        yield PreflightFault(
            f"the app lacks the rights {', '.join(lacking)}",
            "have an owner of the organisation grant them (docs/create.md lists them all)",
        )
    if organisation.scopes is None:
        return
    missing = [one for one in _SCOPES if one not in organisation.scopes]
    if missing:
        yield PreflightFault(
            f"the token lacks the scopes {', '.join(missing)}",
            f"run gh auth refresh --scopes {','.join(_SCOPES)}",
        )


def _requester(desired: DesiredState, organisation: OrganisationState) -> Iterator[PreflightFault]:
    if not organisation.requesters:
        yield PreflightFault(
            "nobody is known to ask for the repository",
            "run it in a workflow, or with a person's own token",
        )
    for login in organisation.requesters:
        if login not in organisation.members and desired.team in organisation.teams:
            yield PreflightFault(
                f"{login} is no active member of the team {desired.organisation}/{desired.team}",
                "ask its maintainers for membership, or choose your own team",
                True,
            )


def _teams(desired: DesiredState, organisation: OrganisationState) -> Iterator[PreflightFault]:
    for slug in teams_named(desired):
        if slug not in organisation.teams:
            yield PreflightFault(
                f"there is no team {desired.organisation}/{slug}",
                "have an owner of the organisation make it, or mend the policy",
            )


def teams_named(desired: DesiredState) -> list[str]:
    """Return every team that must exist, sorted."""
    reviewers = {slug for one in desired.environments for slug in one.reviewers}
    return sorted({desired.team, *desired.teams, *desired.code_owners, *reviewers})


def _organisation(
    desired: DesiredState, organisation: OrganisationState
) -> Iterator[PreflightFault]:
    if organisation.may_create is False and organisation.admin:
        yield PreflightFault(
            f"{desired.organisation} does not let members create private repositories",
            "use the button, which works with an app's token",
        )
    if organisation.actions.get("enabled_repositories") == "none":
        yield PreflightFault(
            f"GitHub Actions are switched off in {desired.organisation}",
            "have an owner of the organisation switch them on",
        )


def _plan(desired: DesiredState, organisation: OrganisationState) -> Iterator[PreflightFault]:
    if is_plan_unknown(desired, organisation):
        yield PreflightFault(
            f"GitHub does not say which plan {desired.organisation} has",
            "use a token that may read it: the button's, with the right organization_plan, "
            "or that of an owner of the organisation",
        )
    gone = unsupported_by_plan(desired, organisation)
    if gone and desired.without_plan == "refuse":
        yield PreflightFault(
            f"{desired.organisation}: {plan_limit(organisation)} {', no '.join(gone)} "
            "for private repositories",
            "take a larger plan, or write `github: {without_plan: continue}` into the policy to do "
            "without",
        )


def _grants(desired: DesiredState, organisation: OrganisationState) -> Iterator[PreflightFault]:
    for grant in desired.grants:
        known = organisation.secrets if grant.kind == "secret" else organisation.variables
        if grant.name not in known:
            yield PreflightFault(
                f"{desired.organisation} has no {grant.kind} {grant.name}",
                f"have the platform team set it (gh {grant.kind} set {grant.name} "
                f"--org {desired.organisation} --visibility selected)",
            )


def _secret_limit(
    desired: DesiredState, organisation: OrganisationState
) -> Iterator[PreflightFault]:
    """GitHub shows a workflow the first hundred of the organisation's secrets by name alone."""
    granted = {one.name for one in desired.grants if one.kind == "secret"}
    seen = sorted(
        name
        for name, visible in organisation.secrets.items()
        if visible != "selected" or name in granted
    )
    unseen = [name for name in seen[_MOST_SECRETS:] if name in granted]
    if unseen:
        yield PreflightFault(
            f"a repository sees {_MOST_SECRETS} secrets of its organisation and "
            f"{', '.join(unseen)} would come after them",
            "limit other secrets of the organisation to selected repositories",
        )


def _properties(desired: DesiredState, organisation: OrganisationState) -> Iterator[PreflightFault]:
    known = organisation.properties or {}
    missing = [name for name in desired.properties if name not in known]
    if missing:
        yield PreflightFault(
            f"{desired.organisation} does not define the custom properties {', '.join(missing)}",
            "have an owner of the organisation define them, see docs/create.md",
        )
    for name in desired.ownership.properties.values():
        told = known.get(name, {})
        if told.get("values_editable_by") == "org_and_repo_actors" or told.get("default_value"):
            yield PreflightFault(
                f"the custom property {name} proves nothing: repositories may set it, or have "
                "it by default",
                "have an owner of the organisation switch both off in its definition",
            )
    for name, value in desired.properties.items():
        allowed = known.get(name, {}).get("allowed_values")
        if allowed and value not in allowed:
            yield PreflightFault(
                f"the custom property {name} does not allow {value!r}",
                "have an owner of the organisation allow it",
            )
