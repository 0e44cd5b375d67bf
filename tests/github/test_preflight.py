"""What is lacking is told before the first write: rights, plan, server, account."""

import shutil

import pytest

from modelwright.provisioning.app_permissions import RIGHTS, missing_rights, narrowed_rights
from tests.github.creating import FULL_NAME, writes
from tests.github.fake import faults
from tests.github.organisation import APP_PERMISSIONS, LOGIN, POLICY
from tests.github.standing import orphans, standing
from tests.platforms import ROOT, change_policy, platform_copy


@pytest.mark.parametrize("lacks", ["environments", "secrets", "members", "workflows"])
def test_a_right_that_the_app_lacks_is_told_before_anything_is_made(fake, with_app, lacks):
    create = with_app({name: one for name, one in APP_PERMISSIONS.items() if name != lacks})

    ran = create()

    assert ran.code == 4, ran.err
    assert f"{lacks}: {RIGHTS[lacks]}" in ran.err
    assert fake.repository(FULL_NAME) is None


def test_an_app_that_may_not_read_webhooks_creates_and_is_told_where_it_must(fake, with_app):
    rights = {key: one for key, one in APP_PERMISSIONS.items() if key != "repository_hooks"}
    create = with_app(rights)
    fake.fail(f"POST /repos/{FULL_NAME}/rulesets", faults.UNPROCESSABLE)

    made, resumed = create(), create("--resume")

    assert (made.code, resumed.code) == (4, 4)
    assert "/hooks" in resumed.err
    assert "repository_hooks" not in made.err


def test_a_right_to_read_is_none_to_write():
    assert missing_rights({**RIGHTS, "secrets": "read"}) == ["secrets: write"]
    assert missing_rights(RIGHTS) == []
    assert missing_rights({}) == []


def test_a_token_is_asked_for_what_is_needed_and_granted():
    granted = {**RIGHTS, "pages": "write", "members": "write", "secrets": "read"}

    assert narrowed_rights(granted) == {**RIGHTS, "secrets": "read"}
    assert narrowed_rights({"variables": "write"}) == {"variables": "write"}


def test_a_right_that_is_only_to_read_is_told_in_the_report(fake, with_app):
    ran = with_app(APP_PERMISSIONS | {"secrets": "read"})()

    assert ran.code == 4, ran.err
    assert "the app lacks the rights secrets: write" in ran.err
    assert fake.repository(FULL_NAME) is None


def test_the_rights_are_those_of_the_document_and_of_the_fake():
    assert dict(RIGHTS) == APP_PERMISSIONS
    text = (ROOT / "docs" / "create.md").read_text().partition("The app's rights.")[2]
    for name in RIGHTS:
        word = name.removeprefix("organization_").removeprefix("repository_")
        word = {"hooks": "webhooks", "actions_variables": "variables"}.get(word, word)
        assert word.replace("_", " ") in text, name


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/environments/dev"),
        ("PUT", "/topics"),
        ("PUT", "/actions/secrets/SERVICE_API_KEYS"),
        ("PUT", "/actions/secrets/KITTO_PROD_CLIENT_SECRET/repositories/"),
        ("GET", "/actions/oidc/customization/sub"),
        ("GET", "/properties/values"),
        ("POST", "/rulesets"),
    ],
)
def test_a_right_that_nobody_told_of_leaves_nothing(fake, create, method, path):
    """A token from elsewhere, whose rights GitHub does not list."""
    create.answers |= {"team": "kitto-marketing", "use_case": "mail-timing"}
    fake.fail(lambda call: call.method == method and path in call.path, faults.FORBIDDEN, times=-1)

    ran = create()

    assert ran.code == 4, ran.err
    assert "taken back" in ran.err
    assert fake.state.repositories == {}
    assert orphans(fake) == []


def test_a_repository_that_was_there_is_never_taken_back(fake, create):
    create()
    fake.repository(FULL_NAME).topics = []
    fake.fail(lambda call: call.path.endswith("/topics"), faults.FORBIDDEN)

    ran = create()

    assert ran.code == 4, ran.err
    assert fake.repository(FULL_NAME)


@pytest.mark.parametrize("plan", ["", None, 7, ["enterprise"], {"name": "enterprise"}, False])
def test_a_plan_that_cannot_be_read_is_a_fault(fake, create, organisation, plan):
    organisation.plan = plan

    ran = create()

    assert ran.code == 4, ran.err
    assert "which plan" in ran.err
    assert writes(fake.exchanges) == []
    fake.exchanges.clear()  # GitHub's description has no such answer.


@pytest.mark.parametrize("plan", ["zzz", "Enterprise", "enterprise\n::add-mask::x", "\u202efree"])
def test_a_plan_of_a_name_that_nobody_knows_is_a_fault(fake, create, organisation, plan):
    organisation.plan = plan

    ran = create()

    assert ran.code == 4, ran.err
    assert "modelwright does not know" in ran.err
    assert "next:" in ran.err
    assert "\n::" not in ran.err
    assert writes(fake.exchanges) == []


@pytest.mark.parametrize("version", ["3.17.0", "3.18.0", "3.19.0"])
def test_a_server_of_ones_own_has_no_plan_and_gets_what_it_knows(
    fake, create, organisation, version
):
    fake.state.server, organisation.plan = version, ""

    plan, ran, again = create("--plan"), create(), create()

    assert (plan.code, ran.code, again.code) == (0, 0, 0), ran.err + again.err
    knows = version == "3.19.0"
    assert ("actions may be named by tag" in plan.err) is not knows
    assert fake.repository(FULL_NAME).actions.get("sha_pinning_required", False) is knows
    assert "nothing was sent" in again.out


@pytest.mark.parametrize("plan", ["free", "team", "zzz"])
def test_what_a_plan_lacks_is_left_out_whole(fake, create, organisation, tmp_path, plan):
    """GitHub refuses these fields even with their defaults."""
    organisation.plan = plan
    folder = tmp_path / "platform"
    platform_copy(folder)
    shutil.copytree(ROOT / ".github", folder / ".github")
    text = (ROOT / "platform.yml").read_text()
    assert "github: {visibility: private," in text
    wider = text.replace("github: {", "github: {without_plan: continue, ")
    change_policy(folder, wider)

    ran, again = create(f"--platform={folder}"), create(f"--platform={folder}")

    assert (ran.code, again.code) == (0, 0), ran.err + again.err
    told = standing(fake, FULL_NAME)
    assert set(told["environments"]) == (set(POLICY["environments"]) if plan == "team" else set())
    assert "nothing was sent" in again.out


def test_a_persons_account_is_told_as_that(fake, create, organisation):
    del fake.state.organisations[LOGIN]
    fake.state.user(LOGIN)

    ran = create()

    assert ran.code == 3, ran.err
    assert "a person's account" in ran.err
