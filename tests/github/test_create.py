"""One command makes the repository whole; the second time it has nothing to do."""

import subprocess

from tests.github.asking import ask
from tests.github.creating import FULL_NAME, NAME, writes
from tests.github.fake import faults
from tests.github.organisation import APP_TOKEN, LOGIN, PERSON_TOKEN, REQUESTER, secret
from tests.github.standing import granted, orphans, standing, twice


def test_a_plan_is_only_printed(fake, create):
    ran = create("--plan")

    assert ran.code == 0, ran.err
    assert writes(fake.exchanges) == []
    assert f"POST   /orgs/{LOGIN}/repos" in ran.out
    assert "rulesets" in ran.out
    assert fake.repository(FULL_NAME) is None


def test_the_repository_stands_whole(fake, create, organisation):
    ran = create()

    assert ran.code == 0, ran.err
    told = standing(fake, FULL_NAME)
    assert told["settings"]["visibility"] == "private"
    assert told["settings"]["description"] == create.answers["description"]
    assert told["settings"]["default_branch"] == "main"
    assert told["properties"]["team"] == "norda-fraud"
    assert told["properties"]["cost-centre"] == "CC-4100"
    assert told["teams"] == {"norda-fraud": "push"}
    assert told["collaborators"] == {}
    assert told["vulnerability_alerts"] is True
    assert set(told["environments"]) == {"dev", "staging", "prod"}
    assert set(told["code"]) == {"main"}
    assert told["secrets"] == ["SERVICE_API_KEYS", "SERVICE_MASKING_KEY"]
    assert twice(fake) == []


def test_the_rules_guard_the_default_branch(fake, create):
    create()

    (ruleset,) = standing(fake, FULL_NAME)["rulesets"]
    rules = {rule["type"]: rule.get("parameters", {}) for rule in ruleset["rules"]}
    assert ruleset["enforcement"] == "active"
    assert ruleset["bypass_actors"] == []
    assert {"deletion", "non_fast_forward", "required_linear_history"} < set(rules)
    assert rules["pull_request"]["require_code_owner_review"] is True
    assert rules["pull_request"]["required_approving_review_count"] == 1
    checks = rules["required_status_checks"]["required_status_checks"]
    assert {check["integration_id"] for check in checks} == {15368}


def test_rules_stand_before_the_team_may_write(fake, create):
    create()

    order = writes(fake.exchanges)
    grants = [
        place
        for place, found in enumerate(fake.writes)
        if found.signature == f"PUT /orgs/{LOGIN}/teams/norda-fraud/repos/{FULL_NAME}"
        and found.call.body["permission"] != "pull"
    ]
    made = next(
        place
        for place, found in enumerate(fake.writes)
        if found.signature == f"POST /repos/{FULL_NAME}/rulesets"
    )
    assert len(grants) == 1
    assert made < grants[0]
    assert order[0] == f"POST /orgs/{LOGIN}/repos"


def test_nobody_but_the_team_gets_in(fake, create, monkeypatch):
    monkeypatch.setenv("GH_TOKEN", PERSON_TOKEN)

    ran = create()

    assert ran.code == 0, ran.err
    found = fake.repository(FULL_NAME)
    assert REQUESTER not in found.collaborators
    assert "admin" not in found.teams.values()


def test_production_is_reviewed_by_people(fake, create, organisation):
    create()

    places = fake.repository(FULL_NAME).environments
    team = organisation.teams["norda-fraud"].id
    assert [entry["id"] for entry in places["prod"].reviewers] == [team]
    for environment in places.values():
        names = [policy["name"] for policy in environment.branch_policies.values()]
        assert names == ["main"]


def test_secrets_are_granted_by_reference(fake, create, organisation):
    create.answers |= {"team": "kitto-marketing", "use_case": "mail-timing"}

    ran = create()

    assert ran.code == 0, ran.err
    found = fake.repository(f"{LOGIN}/kitto-mail-timing-serve")
    names = granted(fake, LOGIN, found.id)
    assert "KITTO_PROD_CLIENT_SECRET" in names
    assert "KITTO_REGISTRY_TOKEN" in names
    assert not [name for name in names if not name.startswith("KITTO_")]


def test_a_second_run_plans_nothing(fake, create):
    create()
    mark = len(fake.exchanges)

    again, plan = create(), create("--plan")

    assert (again.code, plan.code) == (0, 0), again.err + plan.err
    assert writes(create.sent_since(mark)) == []


def test_undo_removes_all_of_it(fake, create):
    create()

    ran = create("--undo")

    assert ran.code == 0, ran.err
    assert fake.repository(FULL_NAME) is None
    assert orphans(fake) == []


def test_undo_from_a_fresh_machine_removes_all_of_it(fake, create):
    create()
    create.journal.unlink()

    ran = create("--undo")

    assert ran.code == 0, ran.err
    assert fake.repository(FULL_NAME) is None
    assert orphans(fake) == []


def test_a_fresh_machine_goes_on_where_another_stopped(fake, create, monkeypatch, tmp_path):
    fake.fail(f"POST /repos/{FULL_NAME}/rulesets", faults.UNPROCESSABLE)
    stopped = create()
    create.journal.unlink()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "fresh"))
    monkeypatch.setenv("GITHUB_ACTOR", "ben-colleague")
    fake.team(LOGIN, "norda-fraud").members.add("ben-colleague")

    ran = create("--resume")

    assert (stopped.code, ran.code) == (4, 0), ran.err
    assert standing(fake, FULL_NAME)["teams"] == {"norda-fraud": "push"}
    assert twice(fake) == []


def test_what_was_undone_can_be_made_again(fake, create):
    create()
    create("--undo")

    ran = create()

    assert ran.code == 0, ran.err
    assert standing(fake, FULL_NAME)["code"]


def test_the_pushed_project_can_be_cloned(fake, create, tmp_path):
    create()
    clone = tmp_path / "clone"

    subprocess.run(["git", "clone", "-q", fake.repository(FULL_NAME).git, clone], check=True)

    assert (clone / ".copier-answers.yml").exists()
    assert (clone / ".github" / "workflows").is_dir()
    assert not (clone / ".env").exists()


def drift(found):
    found.settings |= {"has_wiki": True, "allow_merge_commit": True}
    found.teams["norda-fraud"] = "pull"
    found.vulnerability_alerts = False
    found.properties["cost-centre"] = "CC-0000"
    del found.properties["managed-by"]
    next(iter(found.rulesets.values()))["rules"].pop()
    found.environments["prod"].reviewers = []
    found.environments["prod"].prevent_self_review = False


def test_drift_is_shown_and_mended(fake, create):
    create()
    before = standing(fake, FULL_NAME)
    drift(fake.repository(FULL_NAME))

    plan = create("--plan")
    mended = create()

    assert plan.code == 0, plan.err
    assert "has_wiki" in plan.out
    assert mended.code == 0, mended.err
    assert standing(fake, FULL_NAME) == before


def test_undo_of_a_mending_takes_back_the_mending_alone(fake, create):
    create()
    drift(fake.repository(FULL_NAME))
    drifted = standing(fake, FULL_NAME)

    mended, undone = create(), create("--undo")

    assert (mended.code, undone.code) == (0, 0), mended.err + undone.err
    assert standing(fake, FULL_NAME) == drifted


def test_github_enterprise_server_is_spoken_to_below_its_path(fake, create):
    ran = create(f"--api={fake.url}/api/v3")

    assert ran.code == 0, ran.err
    assert fake.repository(FULL_NAME)


def test_an_app_makes_its_own_token(fake, create, organisation, tmp_path, monkeypatch):
    from tests.github.fake.proof import new_app
    from tests.github.organisation import APP_PERMISSIONS

    key = new_app(fake.state, "4711", APP_PERMISSIONS)
    monkeypatch.delenv("GH_TOKEN")
    monkeypatch.setenv("MODELWRIGHT_APP_ID", "4711")
    monkeypatch.setenv("MODELWRIGHT_APP_KEY", key)

    ran = create()

    assert ran.code == 0, ran.err
    assert "PRIVATE KEY" not in "".join(create.output)


def test_a_token_of_gh_is_taken(fake, create, tmp_path, monkeypatch):
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho {APP_TOKEN}\n")
    program.chmod(0o755)
    monkeypatch.delenv("GH_TOKEN")
    monkeypatch.setenv("PATH", f"{program.parent}:{__import__('os').environ['PATH']}")

    assert create("--plan").code == 0


def test_lists_of_many_pages_are_read_to_the_end(fake, create, organisation):
    create.answers |= {"team": "kitto-marketing", "use_case": "mail-timing"}
    for place in range(230):
        secret(organisation, f"AAA_{place:03}", "selected")

    ran = create()

    assert ran.code == 0, ran.err
    pages = [
        exchange.call.query.get("page", "1")
        for exchange in fake.exchanges
        if exchange.call.path == f"/orgs/{LOGIN}/actions/secrets"
    ]
    assert {"1", "2", "3"} <= set(pages)


def test_a_repository_that_was_there_before_is_left_alone(fake, create):
    body = {"name": NAME, "private": True, "visibility": "private"}
    ask(fake, APP_TOKEN, "POST", f"/orgs/{LOGIN}/repos", body)
    before, mark = standing(fake, FULL_NAME), len(fake.exchanges)

    made, undone = create(), create("--undo")

    assert (made.code, undone.code) == (3, 3), made.err + undone.err
    assert standing(fake, FULL_NAME) == before
    assert writes(create.sent_since(mark)) == []
