"""What is sent follows from what differs, and stands in an order that is never unsafe."""

from dataclasses import replace

import pytest

from modelwright.provisioning.actual_state import ActualState, description_with_mark, run_of
from modelwright.provisioning.desired_state import desired_state
from modelwright.provisioning.organisation_state import OrganisationState
from modelwright.provisioning.plan import plan
from modelwright.provisioning.plan_changes import PUSH, Phase
from modelwright.provisioning.preflight import preflight_faults, unsupported_by_plan
from modelwright.provisioning.repository_claims import name_faults, owner_faults
from modelwright.provisioning.secret_values import fill_values, missing_values
from tests.policies import plain

RUN = "0123456789abcdef"
ANSWERS = {
    "archetype": "online-serving", "team": "kitto-marketing", "brand": "kitto",
    "use_case": "mail-timing", "description": "Sends mail when it is read",
    "personal_data": "none", "cost_centre": "", "allocation_key": "",
}  # fmt: skip
OWNERS = {".github/CODEOWNERS": "# @halden-retail/nobody\n* @halden-retail/kitto-marketing\n"}


@pytest.fixture
def desired():
    return desired_state(plain(), ANSWERS, OWNERS, ["Python / Tests"])


@pytest.fixture
def found(desired):
    return OrganisationState(
        requesters=("ada",),
        members=("ada",),
        teams={"kitto-marketing": 7},
        secrets={one.name: "selected" for one in desired.grants if one.kind == "secret"},
        variables={one.name: "all" for one in desired.grants if one.kind == "variable"},
        properties={name: {} for name in desired.properties},
        integration=15368,
        plan="enterprise",
    )


def test_a_repository_that_is_not_there_is_made_marked_and_finished(desired, found):
    changes = plan(desired, ActualState(), found, RUN)

    assert run_of(changes[0].call.body["description"]) == RUN
    assert changes[-1].call.body["description"] == ANSWERS["description"]


def test_rules_come_after_the_code_and_before_the_right_to_write(desired, found):
    changes = plan(desired, ActualState(), found, RUN)
    calls = [change.call for change in changes]
    code = next(n for n, call in enumerate(calls) if call.method == PUSH)
    rules = next(n for n, call in enumerate(calls) if call.path.endswith("/rulesets"))
    writing = next(
        n for n, call in enumerate(calls) if call.body and call.body.get("permission") == "push"
    )

    assert code < rules < writing
    assert [change.phase for change in changes] == sorted(change.phase for change in changes)


def test_only_what_is_limited_to_selected_repositories_is_granted(desired, found):
    granted = [
        change.call.path.split("/")[5]
        for change in plan(desired, ActualState(), found, RUN)
        if "/repositories/" in change.call.path
    ]

    assert sorted(granted) == sorted(found.secrets)


def test_no_value_of_a_secret_stands_in_a_plan(desired, found):
    sealed = [change for change in plan(desired, ActualState(), found, RUN) if change.seal]

    assert {change.seal for change in sealed} == {"SERVICE_API_KEYS", "SERVICE_MASKING_KEY"}
    assert [change.call.body for change in sealed] == [None, None]


def test_the_requester_is_left_no_administrator(desired, found):
    changes = plan(desired, ActualState(), replace(found, admin="ada"), RUN)
    (leaving,) = [change for change in changes if change.phase is Phase.LEAVE]

    assert leaving.call.method == "DELETE"
    assert leaving.call.path.endswith("/collaborators/ada")


def test_secrets_come_when_all_else_stands(desired, found):
    changes = plan(desired, ActualState(), replace(found, admin="ada"), RUN)
    secret = [
        place
        for place, change in enumerate(changes)
        if change.seal or "/actions/secrets/" in change.call.path
    ]

    after = {change.phase for change in changes[secret[-1] + 1 :]}
    assert after == {Phase.FINISH}
    assert list(range(secret[0], secret[-1] + 1)) == secret


def test_only_the_checks_of_github_actions_count(desired, found):
    (rules,) = [
        change.call.body
        for change in plan(desired, ActualState(), found, RUN)
        if change.phase is Phase.RULES
    ]
    checks = rules["rules"][-1]["parameters"]["required_status_checks"]

    assert checks == [{"context": "Python / Tests", "integration_id": 15368}]


@pytest.mark.parametrize(
    ("plan_name", "gone"),
    [("free", 3), ("team", 1), ("enterprise", 0), ("zzz", 3), ("Free", 3), ("business", 3)],
)
def test_what_a_plan_of_github_lacks_is_known(desired, found, plan_name, gone):
    poorer = replace(found, plan=plan_name)

    assert len(unsupported_by_plan(desired, poorer)) == gone
    assert len(preflight_faults(desired, poorer)) == min(gone, 1)


def test_what_the_plan_lacks_is_left_out_where_the_policy_says_so(desired, found):
    poorer = replace(found, plan="free")
    content = replace(desired, without_plan="continue")
    paths = [change.call.path for change in plan(content, ActualState(), poorer, RUN)]

    assert preflight_faults(content, poorer) == []
    assert not [path for path in paths if "rulesets" in path or "environments" in path]


def test_a_secret_beyond_the_hundredth_is_found(desired, found):
    many = {f"A_{number:03}": "all" for number in range(99)} | dict(found.secrets)

    (fault,) = preflight_faults(desired, replace(found, secrets=many))

    assert "KITTO_REGISTRY_TOKEN" in fault.problem
    assert not fault.refused


def test_every_fault_is_told_at_once(desired, found):
    nothing = replace(found, teams={}, secrets={}, variables={}, properties=None)

    assert len(preflight_faults(desired, nothing)) > len(desired.grants)


@pytest.mark.parametrize(
    ("repository", "resume", "refused"),
    [
        ({"description": description_with_mark("x", RUN)}, False, "half-made"),
        ({"description": description_with_mark("x", RUN)}, True, ""),
        ({"description": "mine"}, True, "did not make it"),
        ({"description": "mine", "archived": True}, False, "archived"),
    ],
)
def test_a_name_is_had_or_refused(desired, repository, resume, refused):
    properties = {} if repository["description"] == "mine" and resume else desired.properties
    told = name_faults(
        desired, ActualState(repository=repository, properties=properties), resume=resume
    )

    assert [refused in one.problem for one in told] == ([True] if refused else [])


def test_a_marked_description_keeps_to_github_s_length():
    assert len(description_with_mark("x" * 350, RUN)) <= 350
    assert run_of(description_with_mark("x" * 350, RUN)) == RUN


def test_a_value_of_the_platform_must_be_given_and_one_of_the_team_is_made_up():
    policy = plain()
    policy["secrets"].append(
        {
            "name": "INDEX_TOKEN", "purpose": "reads packages", "kind": "secret",
            "level": "repository", "owner": "platform", "rotated_by": "platform",
        }
    )  # fmt: skip
    policy["secrets"].append(
        {
            "name": "{ENVIRONMENT}_ZONE", "purpose": "names the zone", "kind": "variable",
            "level": "environment", "owner": "platform", "rotated_by": "platform",
        }
    )  # fmt: skip
    desired = desired_state(policy, ANSWERS, OWNERS, [])
    zones = {f"{name}_ZONE": "a" for name in ("DEV", "STAGING", "PROD")}

    assert missing_values(desired, ActualState(), {}) == sorted(["INDEX_TOKEN", *zones])
    assert missing_values(fill_values(desired, zones), ActualState(), {"INDEX_TOKEN": "x"}) == []


def test_a_team_that_the_policy_renamed_has_handed_over():
    """The platform team agreed for both: no record has to change first."""
    policy = plain()
    renamed = {**policy["teams"]["kitto-marketing"], "github": "kitto-growth"}
    policy["teams"]["kitto-growth"] = renamed
    policy["teams"]["kitto-marketing"]["renamed_to"] = "kitto-growth"
    old = desired_state(policy, ANSWERS, OWNERS, [])
    new = desired_state(policy, ANSWERS | {"team": "kitto-growth"}, OWNERS, [])
    actual = ActualState(
        repository={"id": 7, "description": "x"},
        branches={"main": ""},
        properties=old.properties,
        record=ANSWERS,
        teams={"kitto-marketing": "push"},
    )
    found = OrganisationState(teams={"kitto-growth": 8}, plan="enterprise")

    changes = plan(new, actual, found, RUN)

    assert owner_faults(new, actual) == []
    assert owner_faults(old, replace(actual, properties=new.properties)) != []
    sent = [(change.call.method, change.call.path, change.phase) for change in changes]
    access = f"/orgs/halden-retail/teams/kitto-marketing{new.path}"
    assert ("DELETE", access, Phase.LEAVE) in sent
    assert ("PATCH", f"{new.path}/properties/values", Phase.FINISH) in sent
