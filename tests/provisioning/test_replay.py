"""A journal is a claim: only calls that a plan for this very repository needs are ever sent."""

import pytest

from modelwright.provisioning import journal
from modelwright.provisioning.journal import may_be_sent
from modelwright.provisioning.plan_changes import Call
from tests.provisioning.test_plan import desired  # noqa: F401 -- a fixture

ORG, R = "/orgs/halden-retail", "/repos/halden-retail/kitto-mail-timing-serve"
TEAM = f"{ORG}/teams/kitto-marketing{R}"


@pytest.mark.parametrize(
    "call",
    [
        Call("DELETE", R),
        Call("DELETE", "/repos/halden-retail/payroll"),
        Call("PUT", "/repos/halden-retail/payroll/topics", {"names": []}),
        Call("PUT", f"{R}-other/topics", {"names": []}),
        Call("PUT", f"{R}/../payroll/topics", {"names": []}),
        Call("PUT", f"{R}/collaborators/mallory", {"permission": "admin"}),
        Call("PUT", TEAM, {"permission": "admin"}),
        Call("PUT", f"{ORG}/teams/norda-fraud{R}", {"permission": "push"}),
        Call("PUT", f"{ORG}/actions/secrets/KITTO_PROD_CLIENT_SECRET/repositories/7"),
        Call("DELETE", f"{ORG}/actions/secrets/KITTO_PROD_CLIENT_SECRET/repositories/8"),
        Call("DELETE", f"{ORG}/actions/secrets/KITTO_PROD_CLIENT_SECRET"),
        Call("PATCH", R, {"visibility": "public"}),
        Call("PATCH", R, {"private": False}),
        Call("PATCH", R, {"name": "other"}),
        Call("PATCH", R, {}),
        Call(
            "PATCH",
            f"{R}/properties/values",
            {"properties": [{"property_name": "team", "value": "x"}]},
        ),
        Call(
            "PATCH",
            f"{R}/properties/values",
            {"properties": [{"property_name": "x", "value": "x"}]},
        ),
        Call("PATCH", f"{R}/properties/values", {"properties": "team"}),
        Call("POST", f"{R}/hooks", {}),
        Call("POST", f"{R}/keys", {}),
        Call("PUT", f"{R}/actions/secrets/SERVICE_API_KEYS", {}),
        Call("PUT", f"{R}/environments/other", {}),
        Call("DELETE", ORG),
        Call("DELETE", ""),
    ],
    ids=str,
)
def test_no_other_call_is_sent(desired, call):  # noqa: F811
    assert not may_be_sent(call, desired, 7)


@pytest.mark.parametrize(
    "call",
    [
        Call("PATCH", R, {"has_wiki": True, "description": "before"}),
        Call(
            "PATCH",
            f"{R}/properties/values",
            {
                "properties": [
                    {"property_name": "cost-centre", "value": "x"},
                    {"property_name": "team", "value": None},
                ]
            },
        ),
        Call("PUT", f"{R}/topics", {"names": ["a"]}),
        Call("DELETE", f"{R}/vulnerability-alerts"),
        Call("DELETE", f"{R}/labels/waiver"),
        Call("PUT", f"{R}/actions/permissions/workflow", {}),
        Call("DELETE", f"{R}/environments/dev"),
        Call("DELETE", f"{R}/environments/dev/deployment-branch-policies/4"),
        Call("PUT", f"{R}/rulesets/9", {}),
        Call("PUT", TEAM, {"permission": "pull"}),
        Call("DELETE", TEAM),
        Call("DELETE", f"{ORG}/actions/secrets/KITTO_PROD_CLIENT_SECRET/repositories/7"),
    ],
    ids=str,
)
def test_what_takes_a_change_back_is_sent(desired, call):  # noqa: F811
    assert may_be_sent(call, desired, 7)


@pytest.mark.parametrize(
    "line",
    [
        "3", "[]", "null", '"a"', "{}", '{"state": "begun"}', '{"state": "begun", "run": 3}',
        '{"state": "done", "run": "a", "call": "x", "undo": null}',
        '{"state": "done", "run": "a", "call": 1}', "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_line_of_a_journal_is_left_out(line):
    assert journal.entries([line]) == []
    assert not journal.is_journal([line])


@pytest.mark.parametrize("undo", [3, "x", {"method": 1, "path": "x"}, {"path": "x"}, {"a": "b"}])
def test_what_is_no_call_takes_nothing_back(undo):
    import json

    row = {"state": "done", "run": "a", "call": 1, "undo": undo}

    assert journal.to_undo(journal.entries([json.dumps(row)])) == []
