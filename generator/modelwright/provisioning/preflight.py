"""Preflight: what stands against a creation, and what the organisation's GitHub plan lacks."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import Final

from modelwright.provisioning.actual_state import Body, run_of
from modelwright.provisioning.app_permissions import missing_rights
from modelwright.provisioning.desired_state import DesiredState, with_integration
from modelwright.provisioning.organisation_state import OrganisationState

__all__ = [
    "PreflightFault",
    "complete_organisation",
    "fit_to_plan",
    "ignores_pinning",
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
        *_description_faults(desired),
        *_token_faults(organisation),
        *_organisation_faults(desired, organisation),
        *_plan_faults(desired, organisation),
    ]
    if organisation.denied:
        # What could not be read is not known to be lacking.
        return certain
    return [
        *certain,
        *_requester_faults(desired, organisation),
        *_teams_faults(desired, organisation),
        *_grants_faults(desired, organisation),
        *_secret_limit_faults(desired, organisation),
        *_properties_faults(desired, organisation),
    ]


def teams_named(desired: DesiredState) -> list[str]:
    """Return every team that must exist, sorted."""
    return sorted({desired.team, *desired.teams, *desired.code_owners, *desired.reviewers})


def complete_organisation(desired: DesiredState) -> OrganisationState:
    """Return an organisation that has all that a repository needs, where none can be read."""
    granted = {
        kind: {grant.name: "selected" for grant in desired.grants if grant.kind == kind}
        for kind in ("secret", "variable")
    }
    return OrganisationState(
        teams=dict.fromkeys(teams_named(desired), 0),
        secrets=granted["secret"],
        variables=granted["variable"],
    )


def fit_to_plan(desired: DesiredState, organisation: OrganisationState) -> DesiredState:
    """Return the desired state without what the organisation's plan does not support."""
    missing = unsupported_by_plan(desired, organisation)
    if desired.ruleset is not None and organisation.integration:
        desired = replace(
            desired, ruleset=with_integration(desired.ruleset, organisation.integration)
        )
    if RULESET in missing:
        desired = replace(desired, ruleset=None)
    if ENVIRONMENTS in missing:
        desired = replace(desired, environments=())
    if GRANTS in missing:
        desired = replace(desired, grants=())
    private = desired.settings.get("visibility") != "public"
    if private and REVIEWERS in _unsupported(organisation):
        # GitHub refuses these fields even where they only say that there is no reviewer.
        unreviewed = tuple(
            replace(one, reviewers=(), reviewed=False) for one in desired.environments
        )
        desired = replace(desired, environments=unreviewed)
    if private and RULESET in _unsupported(organisation):
        settings = _without(desired.settings, {"allow_auto_merge"})
        desired = replace(desired, settings=settings)
    unknown = {"sha_pinning_required"} if ignores_pinning(organisation) else set()
    # GitHub refuses a repository a wider choice of actions than its organisation has.
    if organisation.actions.get("allowed_actions", "all") != "all":
        unknown.add("allowed_actions")
        desired = replace(desired, selected=None)
    return replace(desired, actions=_without(desired.actions, unknown))


def _without(body: Body, keys: Container[str]) -> Body:
    return {key: value for key, value in body.items() if key not in keys}


def unsupported_by_plan(desired: DesiredState, organisation: OrganisationState) -> list[str]:
    """Return what the desired state has and the plan does not support."""
    features = _plan_features(desired)
    return [feature for feature in _unsupported(organisation) if features[feature]]


def plan_limit(organisation: OrganisationState) -> str:
    """Return the beginning of a message that lists what a plan lacks."""
    if organisation.plan in _MISSING_FEATURES:
        return f"the plan {organisation.plan!r} has no"
    return f"the plan {organisation.plan!r} is one that modelwright does not know, and may have no"


def _is_plan_unknown(desired: DesiredState, organisation: OrganisationState) -> bool:
    """Say whether a needed feature depends on a plan that GitHub does not name."""
    return (
        not organisation.plan and not organisation.server and any(_plan_features(desired).values())
    )


def ignores_pinning(organisation: OrganisationState) -> bool:
    """Say whether a server is too old to know `sha_pinning_required`, and ignores it in silence."""
    numbers = [int(one) for one in organisation.server.split(".")[:2] if one.isdecimal()]
    return bool(numbers) and numbers < _PINNING


def _unsupported(organisation: OrganisationState) -> tuple[str, ...]:
    """Return what a plan does not support; an unknown one counts as the smallest.

    GitHub Enterprise Server has no plans: it supports everything.
    """
    if organisation.server or not organisation.plan:
        return ()
    return _MISSING_FEATURES.get(organisation.plan, _FREE_PLAN)


def _plan_features(desired: DesiredState) -> dict[str, bool]:
    """Say of each feature that depends on the plan whether a repository needs it.

    Every plan has them all for a public repository.
    """
    private = desired.settings.get("visibility") != "public"
    return {
        RULESET: private and desired.ruleset is not None,
        ENVIRONMENTS: private and bool(desired.environments),
        GRANTS: private and bool(desired.grants),
        REVIEWERS: private and bool(desired.reviewers),
    }


def _description_faults(desired: DesiredState) -> Iterator[PreflightFault]:
    if run_of(desired.description):
        yield PreflightFault(
            "the description begins with the mark of a half-made repository",
            "write what the project does",
            refused=True,
        )


def _token_faults(organisation: OrganisationState) -> Iterator[PreflightFault]:
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


def _requester_faults(
    desired: DesiredState, organisation: OrganisationState
) -> Iterator[PreflightFault]:
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


def _teams_faults(
    desired: DesiredState, organisation: OrganisationState
) -> Iterator[PreflightFault]:
    for slug in teams_named(desired):
        if slug not in organisation.teams:
            yield PreflightFault(
                f"there is no team {desired.organisation}/{slug}",
                "have an owner of the organisation make it, or correct the policy",
            )


def _organisation_faults(
    desired: DesiredState, organisation: OrganisationState
) -> Iterator[PreflightFault]:
    if organisation.may_create is False and organisation.admin:
        yield PreflightFault(
            f"{desired.organisation} does not let members create private repositories",
            "use the form, which works with an app's token",
        )
    if organisation.actions.get("enabled_repositories") == "none":
        yield PreflightFault(
            f"GitHub Actions are switched off in {desired.organisation}",
            "have an owner of the organisation switch them on",
        )


def _plan_faults(
    desired: DesiredState, organisation: OrganisationState
) -> Iterator[PreflightFault]:
    if _is_plan_unknown(desired, organisation):
        yield PreflightFault(
            f"GitHub does not say which plan {desired.organisation} has",
            "use a token that may read it: an app's, with the right organization_plan, "
            "or that of an owner of the organisation",
        )
    missing = unsupported_by_plan(desired, organisation)
    if missing and desired.without_plan == "refuse":
        yield PreflightFault(
            f"{desired.organisation}: {plan_limit(organisation)} {', no '.join(missing)} "
            "for private repositories",
            "take a larger plan, or write `github: {without_plan: continue}` into the policy to do "
            "without",
        )


def _grants_faults(
    desired: DesiredState, organisation: OrganisationState
) -> Iterator[PreflightFault]:
    for grant in desired.grants:
        if grant.name not in organisation.visibility[grant.kind]:
            yield PreflightFault(
                f"{desired.organisation} has no {grant.kind} {grant.name}",
                f"have the platform team set it (gh {grant.kind} set {grant.name} "
                f"--org {desired.organisation} --visibility selected)",
            )


def _secret_limit_faults(
    desired: DesiredState, organisation: OrganisationState
) -> Iterator[PreflightFault]:
    """GitHub shows a workflow the first hundred of the organisation's secrets by name alone."""
    granted = {one.name for one in desired.grants if one.kind == "secret"}
    visible_names = sorted(
        name
        for name, visible in organisation.secrets.items()
        if visible != "selected" or name in granted
    )
    invisible = [name for name in visible_names[_MOST_SECRETS:] if name in granted]
    if invisible:
        yield PreflightFault(
            f"a repository sees {_MOST_SECRETS} secrets of its organisation and "
            f"{', '.join(invisible)} would come after them",
            "limit other secrets of the organisation to selected repositories",
        )


def _properties_faults(
    desired: DesiredState, organisation: OrganisationState
) -> Iterator[PreflightFault]:
    known = organisation.properties or {}
    missing = [name for name in desired.properties if name not in known]
    if missing:
        yield PreflightFault(
            f"{desired.organisation} does not define the custom properties {', '.join(missing)}",
            "have an owner of the organisation define them, see docs/create.md",
        )
    for name in desired.ownership.properties.values():
        definition = known.get(name, {})
        if definition.get("values_editable_by") == "org_and_repo_actors" or definition.get(
            "default_value"
        ):
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
