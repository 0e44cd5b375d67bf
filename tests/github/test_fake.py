"""The fake bites where GitHub bites."""

import http.client
import time

import pytest

from tests.github.asking import a_commit, ask, push
from tests.github.fake import faults
from tests.github.organisation import (
    APP_TOKEN,
    LOGIN,
    PERSON_TOKEN,
    REQUESTER,
    WORKFLOW_TOKEN,
    secret,
)

NAME = f"{LOGIN}/norda-fraud-scoring-serve"
REPOSITORY = f"/repos/{NAME}"
RULESET = {
    "name": "modelwright",
    "target": "branch",
    "enforcement": "active",
    "bypass_actors": [],
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [
        {"type": "deletion"},
        {
            "type": "required_status_checks",
            "parameters": {
                "strict_required_status_checks_policy": True,
                "required_status_checks": [{"context": "check", "integration_id": 15368}],
            },
        },
    ],
}
BRANCHES = {"protected_branches": False, "custom_branch_policies": True}


@pytest.fixture
def repository(fake, organisation):
    body = {"name": NAME.partition("/")[2], "private": True, "visibility": "private"}
    told = ask(fake, APP_TOKEN, "POST", f"/orgs/{LOGIN}/repos", body)
    assert told.status == 201, told.body
    return fake.repository(NAME)


def test_a_repository_lives_and_dies(fake, repository):
    assert ask(fake, APP_TOKEN, "GET", REPOSITORY).body["private"] is True
    assert ask(fake, APP_TOKEN, "DELETE", REPOSITORY).status == 204
    assert ask(fake, APP_TOKEN, "GET", REPOSITORY).status == 404
    assert not repository.git.exists()


def test_a_name_is_taken_once(fake, repository):
    told = ask(fake, APP_TOKEN, "POST", f"/orgs/{LOGIN}/repos", {"name": repository.name.upper()})

    assert told.status == 422
    assert "already exists" in told.body["errors"][0]["message"]


def test_a_push_lands(fake, repository, tmp_path):
    sha = a_commit(tmp_path / "work", README="x")

    done = push(tmp_path / "work", fake, NAME, APP_TOKEN)

    assert done.returncode == 0, done.stderr
    branches = ask(fake, APP_TOKEN, "GET", f"{REPOSITORY}/branches").body
    assert [(found["name"], found["commit"]["sha"]) for found in branches] == [("main", sha)]
    assert ask(fake, APP_TOKEN, "GET", f"{REPOSITORY}/commits?per_page=2").body[0]["sha"] == sha


def test_an_empty_repository_has_no_commits(fake, repository):
    assert ask(fake, APP_TOKEN, "GET", f"{REPOSITORY}/commits").status == 409
    assert ask(fake, APP_TOKEN, "GET", f"{REPOSITORY}/branches").body == []


def test_the_token_of_a_workflow_pushes_no_workflow_file(fake, repository, tmp_path):
    fake.token(
        WORKFLOW_TOKEN, LOGIN, kind="actions", permissions={"contents": "write"}, repository=NAME
    )
    a_commit(tmp_path / "with", **{".github__workflows__ci.yml": "on: push\n"})
    a_commit(tmp_path / "without", README="x")

    refused = push(tmp_path / "with", fake, NAME, WORKFLOW_TOKEN)
    landed = push(tmp_path / "without", fake, NAME, WORKFLOW_TOKEN)

    assert refused.returncode
    assert "workflows` permission" in refused.stderr
    assert landed.returncode == 0, landed.stderr


def test_a_personal_token_needs_the_scope_of_workflows(fake, repository, tmp_path):
    fake.team(LOGIN, "norda-fraud", REQUESTER)
    repository.teams["norda-fraud"] = "push"
    fake.token("ghp_canary0narrow", REQUESTER, kind="classic", scopes=("repo",))
    a_commit(tmp_path / "work", **{".github__workflows__ci.yml": "on: push\n"})

    assert push(tmp_path / "work", fake, NAME, "ghp_canary0narrow").returncode
    assert push(tmp_path / "work", fake, NAME, PERSON_TOKEN).returncode == 0


def test_a_ruleset_binds_an_empty_repository_too(fake, repository, tmp_path):
    a_commit(tmp_path / "work", README="x")
    ask(fake, APP_TOKEN, "POST", f"{REPOSITORY}/rulesets", RULESET)

    done = push(tmp_path / "work", fake, NAME, APP_TOKEN)

    assert done.returncode
    assert "GH013" in done.stderr


def test_a_ruleset_has_a_name_of_its_own(fake, repository):
    assert ask(fake, APP_TOKEN, "POST", f"{REPOSITORY}/rulesets", RULESET).status == 201
    assert ask(fake, APP_TOKEN, "POST", f"{REPOSITORY}/rulesets", RULESET).status == 422


def test_a_free_plan_has_no_rules_in_private(fake, organisation, repository):
    organisation.plan = "free"

    assert ask(fake, APP_TOKEN, "POST", f"{REPOSITORY}/rulesets", RULESET).status == 403
    assert ask(fake, APP_TOKEN, "PUT", f"{REPOSITORY}/environments/dev", {}).status == 404


def test_a_team_plan_has_no_reviewers_in_private(fake, organisation, repository):
    organisation.plan = "team"
    repository.teams["norda-fraud"] = "pull"
    reviewers = [{"type": "Team", "id": organisation.teams["norda-fraud"].id}]
    plain = {"deployment_branch_policy": BRANCHES}

    refused = ask(
        fake, APP_TOKEN, "PUT", f"{REPOSITORY}/environments/prod", {"reviewers": reviewers}
    )
    made = ask(fake, APP_TOKEN, "PUT", f"{REPOSITORY}/environments/dev", plain)

    assert refused.status == 422
    assert made.status == 200


def test_a_reviewer_reads_the_repository(fake, organisation, repository):
    reviewers = [{"type": "Team", "id": organisation.teams["norda-fraud"].id}]
    put = ("PUT", f"{REPOSITORY}/environments/prod", {"reviewers": reviewers})

    assert ask(fake, APP_TOKEN, *put).status == 422
    team = f"/orgs/{LOGIN}/teams/norda-fraud{REPOSITORY}"
    assert ask(fake, APP_TOKEN, "PUT", team, {"permission": "pull"}).status == 204
    assert ask(fake, APP_TOKEN, *put).status == 200


def test_only_a_selected_secret_is_granted(fake, organisation, repository):
    secret(organisation, "CHOSEN")
    secret(organisation, "PRIVATE", "private")
    base, grant = f"/orgs/{LOGIN}/actions/secrets", f"repositories/{repository.id}"

    granted = ask(fake, APP_TOKEN, "PUT", f"{base}/CHOSEN/{grant}")
    conflict = ask(fake, APP_TOKEN, "PUT", f"{base}/PRIVATE/{grant}")
    seen = ask(fake, APP_TOKEN, "GET", f"{REPOSITORY}/actions/organization-secrets").body

    assert granted.status == 204
    assert conflict.status == 409
    assert [found["name"] for found in seen["secrets"]] == ["CHOSEN", "PRIVATE"]


def test_a_repository_sees_a_hundred_secrets_of_the_organisation(fake, organisation, repository):
    for place in range(120):
        secret(organisation, f"SECRET_{place:03}", "all")

    told = ask(fake, APP_TOKEN, "GET", f"{REPOSITORY}/actions/organization-secrets?per_page=100")

    assert told.body["total_count"] == 100
    assert told.body["secrets"][-1]["name"] == "SECRET_099"


def test_a_list_goes_on_by_its_link(fake, organisation, repository):
    for place in range(120):
        secret(organisation, f"SECRET_{place:03}", "all")
    path = f"/orgs/{LOGIN}/actions/secrets?per_page=100"

    first = ask(fake, APP_TOKEN, "GET", path)
    second = ask(fake, APP_TOKEN, "GET", f"{path}&page=2")

    assert 'rel="next"' in first.headers["link"]
    assert len(first.body["secrets"]) + len(second.body["secrets"]) == first.body["total_count"]


def test_a_dispatch_needs_write_access(fake, repository):
    path = f"{REPOSITORY}/actions/workflows/new-project.yml/dispatches"
    fake.token("ghp_canary0reader", "rae-reader", kind="classic", scopes=("repo",))
    repository.collaborators["rae-reader"] = "pull"

    assert ask(fake, "ghp_canary0reader", "POST", path, {"ref": "main"}).status == 403
    assert ask(fake, APP_TOKEN, "POST", path, {"ref": "main"}).status == 204


def test_what_is_private_is_hidden_from_strangers(fake, repository):
    fake.token("ghp_canary0stranger", "sam-stranger", kind="classic", scopes=("repo",))

    assert ask(fake, "ghp_canary0stranger", "GET", REPOSITORY).status == 404
    assert ask(fake, "ghp_canary0nobody", "GET", REPOSITORY).status == 401
    assert ask(fake, "", "GET", REPOSITORY).status == 401


def test_the_hour_has_so_many_calls(fake, repository):
    fake.limits.exhaust(seconds=1)

    told = ask(fake, APP_TOKEN, "GET", REPOSITORY)

    assert told.status == 403
    assert told.headers["x-ratelimit-remaining"] == "0"
    assert int(told.headers["x-ratelimit-reset"]) >= time.time() - 1


def test_a_moment_has_so_many_writes(fake, repository):
    fake.limits.writes_a_minute = 2
    topics = ("PUT", f"{REPOSITORY}/topics", {"names": ["ml"]})

    statuses = [ask(fake, APP_TOKEN, *topics).status for _ in range(3)]
    told = ask(fake, APP_TOKEN, "GET", REPOSITORY)

    assert statuses == [200, 403, 403]
    assert int(told.headers["retry-after"]) > 50


def test_what_is_known_already_costs_nothing(fake, repository):
    first = ask(fake, APP_TOKEN, "GET", REPOSITORY)
    used = fake.limits.used

    again = ask(fake, APP_TOKEN, "GET", REPOSITORY, if_none_match=first.headers["etag"])

    assert again.status == 304
    assert fake.limits.used == used


@pytest.mark.parametrize(
    ("kind", "landed"), [(faults.RESET_BEFORE, False), (faults.RESET_AFTER, True)]
)
def test_a_connection_breaks_before_and_after(fake, repository, kind, landed):
    fake.fail(f"PUT {REPOSITORY}/topics", kind)

    with pytest.raises((ConnectionError, http.client.HTTPException)):
        ask(fake, APP_TOKEN, "PUT", f"{REPOSITORY}/topics", {"names": ["ml"]})

    assert (repository.topics == ["ml"]) is landed


@pytest.mark.parametrize(
    ("kind", "status"),
    [(faults.SERVER_ERROR, 500), (faults.RATE_LIMIT, 403), (faults.UNPROCESSABLE, 422)],
)
def test_a_call_fails_as_it_is_told(fake, repository, kind, status):
    fault = fake.fail(0, kind)

    assert ask(fake, APP_TOKEN, "PUT", f"{REPOSITORY}/topics", {"names": []}).status == status
    assert ask(fake, APP_TOKEN, "PUT", f"{REPOSITORY}/topics", {"names": []}).status == 200
    assert fault.met == 1


def test_the_description_knows_a_wrong_request(fake, repository, description):
    if isinstance(description, str):
        pytest.skip(description)
    ask(fake, APP_TOKEN, "PUT", f"{REPOSITORY}/topics", {"names": [], "nams": ["x"]})
    ask(fake, APP_TOKEN, "GET", f"{REPOSITORY}/branches?pr_page=3")
    ask(fake, APP_TOKEN, "PUT", f"{REPOSITORY}/topics", {"names": "ml"})

    told = [
        fault
        for found in fake.exchanges
        if found.call.route
        for fault in description.faults(found.call, found.answer)
    ]

    assert any("no field 'nams'" in fault for fault in told)
    assert any("no query parameter 'pr_page'" in fault for fault in told)
    assert any("'ml' is not of type 'array'" in fault for fault in told)
    fake.exchanges.clear()
