"""What stands against a creation is said in one report, and nothing is made."""

import json

import pytest

from tests.github.asking import a_commit, ask, push
from tests.github.creating import FULL_NAME, NAME, writes
from tests.github.fake import faults
from tests.github.organisation import (
    APP_PERMISSIONS,
    APP_TOKEN,
    LOGIN,
    PERSON_TOKEN,
    REQUESTER,
    secret,
)
from tests.github.standing import orphans, standing

MAKE = f"POST /orgs/{LOGIN}/repos"


def nothing_was_made(fake, ran, code, *words):
    assert ran.code == code, ran.err + ran.out
    assert ran.err.count("error:") == 1, ran.err
    assert "next:" in ran.err
    for word in words:
        assert word in ran.err
    assert writes(fake.exchanges) == []
    assert fake.repository(FULL_NAME) is None


def test_only_the_teams_members_create(fake, create, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTOR", "sam-stranger")

    nothing_was_made(fake, create(), 3, "sam-stranger", "norda-fraud")


def test_an_invitation_is_no_membership(fake, create, organisation, monkeypatch):
    organisation.teams["norda-fraud"].members.add("ivy-invited (pending)")
    monkeypatch.setenv("GITHUB_ACTOR", "ivy-invited")

    nothing_was_made(fake, create(), 3, "ivy-invited")


def test_who_runs_a_workflow_again_is_asked_too(fake, create, monkeypatch):
    monkeypatch.setenv("GITHUB_TRIGGERING_ACTOR", "sam-stranger")

    nothing_was_made(fake, create(), 3, "sam-stranger")


def test_a_person_cannot_name_another_as_requester(fake, create, organisation, monkeypatch):
    organisation.teams["norda-fraud"].members.discard(REQUESTER)
    monkeypatch.setenv("GH_TOKEN", PERSON_TOKEN)
    monkeypatch.setenv("GITHUB_ACTOR", "olga-owner")
    organisation.teams["norda-fraud"].members.add("olga-owner")

    nothing_was_made(fake, create(), 3, REQUESTER)


def test_a_name_of_others_is_taken(fake, create, tmp_path):
    body = {"name": NAME, "private": True, "visibility": "private"}
    ask(fake, APP_TOKEN, "POST", f"/orgs/{LOGIN}/repos", body)
    mark = len(fake.exchanges)

    ran = create()

    assert ran.code == 3
    assert "did not make it" in ran.err
    assert "refused without --plan" in create("--plan").out
    assert writes(create.sent_since(mark)) == []


def test_half_made_by_oneself_offers_to_resume(fake, create):
    fake.fail(f"PUT /repos/{FULL_NAME}/topics", faults.UNPROCESSABLE)
    broken = create()
    fake.mend()

    refused, resumed = create(), create("--resume")

    assert broken.code == 4
    assert "--resume" in broken.err
    assert "--undo" in broken.err
    assert refused.code == 3
    assert "--resume" in refused.err
    assert resumed.code == 0, resumed.err


def test_a_missing_secret_is_named(fake, create, organisation):
    create.answers |= {"team": "kitto-marketing", "use_case": "mail-timing"}
    del organisation.secrets["KITTO_PROD_CLIENT_SECRET"]

    nothing_was_made(fake, create(), 4, "KITTO_PROD_CLIENT_SECRET")


def test_the_hundred_and_first_secret_is_seen_before_it_is_missed(fake, create, organisation):
    create.answers |= {"team": "kitto-marketing", "use_case": "mail-timing"}
    for place in range(110):
        secret(organisation, f"AAA_{place:03}", "all")

    nothing_was_made(fake, create(), 4, "100", "KITTO_REGISTRY_TOKEN")


def test_a_team_that_is_gone_is_named(fake, create, organisation):
    del organisation.teams["norda-fraud"]

    nothing_was_made(fake, create(), 4, "norda-fraud")


def test_a_team_that_goes_in_the_middle_leaves_nothing_unsaid(fake, create, organisation):
    def goes(call):
        if call.path.endswith("/rulesets") and "norda-fraud" in organisation.teams:
            fake.remove_team(LOGIN, "norda-fraud")
        return False

    fake.fail(goes, faults.SERVER_ERROR)

    ran = create()
    undone = create("--undo")

    assert ran.code == 4, ran.err
    assert "--undo" in ran.err
    assert undone.code == 0, undone.err
    assert fake.repository(FULL_NAME) is None
    assert orphans(fake) == []


@pytest.mark.parametrize("token", [APP_TOKEN, PERSON_TOKEN])
def test_an_organisation_may_forbid_private_repositories(
    fake, create, organisation, token, monkeypatch
):
    organisation.private_repositories = False
    monkeypatch.setenv("GH_TOKEN", token)

    ran = create()

    assert ran.code == 4, ran.err
    assert "private" in ran.err
    assert "next:" in ran.err
    assert fake.repository(FULL_NAME) is None


def test_a_small_plan_says_what_is_lost(fake, create, organisation):
    organisation.plan = "free"

    nothing_was_made(fake, create(), 4, "free", "rules", "environments")


def test_a_team_plan_says_what_is_lost(fake, create, organisation):
    organisation.plan = "team"

    nothing_was_made(fake, create(), 4, "team", "reviewers")


def test_all_faults_come_in_one_report(fake, create, organisation, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTOR", "sam-stranger")
    organisation.plan = "free"
    del organisation.variables["NORDA_DEV_CLIENT_ID"]
    del organisation.properties["cost-centre"]

    ran = create()

    words = ("sam-stranger", "free", "NORDA_DEV_CLIENT_ID", "cost-centre")
    nothing_was_made(fake, ran, ran.code, *words)
    assert ran.code in {3, 4}


@pytest.mark.parametrize("token", ["canary0\ntoken", "canary0\u00f6token", "canary0 token"])
def test_what_cannot_be_a_token_is_not_quoted(fake, create, monkeypatch, token):
    monkeypatch.setenv("GH_TOKEN", token)

    ran = create()

    nothing_was_made(fake, ran, 4, "GH_TOKEN")
    assert "canary0" not in ran.err


def test_what_cannot_be_a_key_is_named(fake, create, monkeypatch):
    monkeypatch.setenv("MODELWRIGHT_APP_ID", "1")
    monkeypatch.setenv("MODELWRIGHT_APP_KEY", "canary0")

    ran = create()

    nothing_was_made(fake, ran, 4, "MODELWRIGHT_APP_KEY")
    assert "canary0" not in ran.err


def test_an_expired_token_is_said_to_be(fake, create):
    fake.state.tokens[APP_TOKEN].expired = True

    nothing_was_made(fake, create(), 4, "token")


@pytest.mark.parametrize("left", [18, 30, 45])
def test_a_token_that_expires_in_the_middle_leaves_no_orphan(fake, create, left):
    fake.state.tokens[APP_TOKEN].calls_left = left

    broken = create()
    fake.state.tokens[APP_TOKEN].calls_left = None
    resumed = create("--resume") if fake.repository(FULL_NAME) else create()

    assert broken.code == 4, broken.err
    assert "token" in broken.err
    assert resumed.code == 0, resumed.err
    assert standing(fake, FULL_NAME)["settings"]["description"] == create.answers["description"]


def test_a_token_with_too_few_rights_is_told_which(fake, create, monkeypatch):
    fake.token("ghp_canary0few", REQUESTER, kind="classic", scopes=("repo",))
    monkeypatch.setenv("GH_TOKEN", "ghp_canary0few")

    nothing_was_made(fake, create(), 4, "admin:org", "workflow")


def test_the_token_of_a_workflow_is_refused_before_anything_is_made(fake, create, monkeypatch):
    fake.token(
        "ghs_canary0workflow",
        LOGIN,
        kind="actions",
        permissions={"contents": "write"},
        repository=f"{LOGIN}/button",
    )
    monkeypatch.delenv("GH_TOKEN")
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_canary0workflow")

    ran = create()

    assert ran.code in {3, 4}
    assert fake.repository(FULL_NAME) is None


@pytest.mark.parametrize("lacks", ["workflows", "organization_secrets", "administration"])
def test_an_app_with_too_few_rights_leaves_no_orphan(fake, create, lacks):
    fake.state.tokens[APP_TOKEN].permissions = {
        name: level for name, level in APP_PERMISSIONS.items() if name != lacks
    }

    ran = create()

    assert ran.code == 4, ran.err
    if fake.repository(FULL_NAME):
        assert "--undo" in ran.err
        fake.state.tokens[APP_TOKEN].permissions = dict(APP_PERMISSIONS)
        assert create("--undo").code == 0
    assert fake.repository(FULL_NAME) is None
    assert orphans(fake) == []


def test_a_ruleset_with_our_name_is_taken_over(fake, create):
    create()
    found = fake.repository(FULL_NAME)
    (identifier,) = found.rulesets
    found.rulesets[identifier]["rules"] = []

    assert create().code == 0
    assert list(found.rulesets) == [identifier]
    assert found.rulesets[identifier]["rules"]


def test_an_archived_repository_is_refused(fake, create):
    create()
    fake.repository(FULL_NAME).settings["archived"] = True
    mark = len(fake.exchanges)

    ran = create()

    assert ran.code == 3, ran.err
    assert "archived" in ran.err
    assert writes(create.sent_since(mark)) == []


@pytest.mark.parametrize(
    "text",
    [
        'says "$(touch x)" and `id`',
        "${{ github.token }} {{ 7*7 }} {% raw %}",
        "back\\slash 'quote' # hash",
        "\u202ertl \U0001f4b3 naïve",
        "[modelwright: being created, run 0123456789abcdef] mine",
        "a" * 349,
    ],
)
def test_a_hostile_description_is_the_same_text_or_refused(fake, create, text):
    create.answers["description"] = text

    ran = create()

    if ran.code == 0:
        assert standing(fake, FULL_NAME)["settings"]["description"] == text
        mark = len(fake.exchanges)
        assert create().code == 0
        assert writes(create.sent_since(mark)) == []
    else:
        nothing_was_made(fake, ran, 3)


def test_no_network_is_one_error(create):
    ran = create("--api=http://127.0.0.1:9")

    assert ran.code == 4
    assert ran.err.count("error:") == 1
    assert "next:" in ran.err


def test_a_failure_is_one_document(fake, create, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTOR", "sam-stranger")

    ran = create("--json")

    told = json.loads(ran.out)
    assert set(told) >= {"error", "where", "next_step", "exit_code"}
    assert told["exit_code"] == ran.code == 3


def test_no_token_goes_to_a_stranger(create):
    ran = create("--api=http://example.com")

    assert ran.code == 2


def test_commits_of_others_are_not_undone(fake, create, tmp_path):
    create()
    fake.repository(FULL_NAME).rulesets.clear()
    a_commit(tmp_path / "other", README="theirs")
    done = push(tmp_path / "other", fake, FULL_NAME, APP_TOKEN, "HEAD:refs/heads/theirs")
    assert done.returncode == 0, done.stderr

    refused = create("--undo")
    kept = fake.repository(FULL_NAME)
    confirmed = create("--undo", "--yes-delete-commits-of-others")

    assert refused.code == 3
    assert kept is not None
    assert confirmed.code == 0, confirmed.err
    assert fake.repository(FULL_NAME) is None


def test_undo_of_nothing_is_nothing(fake, create):
    ran = create("--undo")

    assert ran.code in {0, 3}
    assert writes(fake.exchanges) == []


def test_a_mended_repository_is_never_deleted_by_undo_of_the_mending(fake, create):
    create()
    create.journal.unlink()
    found = fake.repository(FULL_NAME)
    found.variables.pop("MODELWRIGHT_CREATION")

    ran = create("--undo")

    assert ran.code == 3, ran.err
    assert fake.repository(FULL_NAME) is found


@pytest.mark.parametrize(
    "path",
    [
        "/apps/github-actions",
        f"/orgs/{LOGIN}/actions/permissions",
        f"/orgs/{LOGIN}/teams/norda-fraud",
        f"/orgs/{LOGIN}/teams/norda-fraud/memberships/{REQUESTER}",
        f"/orgs/{LOGIN}/actions/variables/NORDA_DEV_CLIENT_ID",
    ],
)
def test_what_cannot_be_read_is_not_taken_to_be_absent(fake, create, path):
    fake.fail(lambda call: call.path == path, faults.UNPROCESSABLE)

    nothing_was_made(fake, create(), 4, "the token may not read")
