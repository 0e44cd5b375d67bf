"""Whoever made the name first, or comes in between, gets no secret."""

import pytest
import yaml

from tests.github.creating import FULL_NAME, writes
from tests.github.fake import faults
from tests.github.merging import merged
from tests.github.organisation import LOGIN, REQUESTER
from tests.github.standing import granted
from tests.github.test_ownership import ANSWERS_FILE, KITTO, record_of

EVIL = "on: {schedule: [{cron: '* * * * *'}]}\njobs: {}\n"
RULES = {"id": 7, "name": "hers", "target": "branch", "enforcement": "disabled", "rules": []}


def secrets_of(fake, full_name) -> list[str]:
    found = fake.repository(full_name)
    return [*found.secrets, *(one for one in granted(fake, LOGIN, found.id) if "SECRET" in one)]


WAYS = {
    "an administrator": (lambda found: found.collaborators.update(mallory="admin"), "mallory"),
    "a collaborator": (lambda found: found.collaborators.update(mallory="pull"), "mallory"),
    "another team": (lambda found: found.teams.update({"velora-search": "push"}), "velora-search"),
    "a deploy key": (lambda found: found.keys.append("her key"), "her key"),
    "a webhook": (lambda found: found.hooks.append("https://evil.example"), "webhooks"),
    "an invitation": (lambda found: found.invitations.append("mallory"), "invitations"),
    "a runner": (lambda found: found.runners.append("ubuntu-24.04"), "runners"),
    "other rules": (lambda found: found.rulesets.update({7: RULES}), "hers"),
}


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_a_starter_began_gets_no_secret_where_more_leads_into_it(fake, begun, create, way):
    put, word = WAYS[way]
    put(begun.found)
    mark = len(fake.exchanges)

    plan, ran = create("--plan"), create("--resume")

    assert plan.code == 0, plan.err
    assert word in plan.out
    assert ran.code == 3, ran.err
    assert word in ran.err
    assert writes(create.sent_since(mark)) == []
    assert secrets_of(fake, begun.full_name) == []


@pytest.mark.parametrize(
    ("branch", "texts", "word"),
    [
        ("main", {".github__workflows__x.yml": EVIL}, "x.yml"),
        ("main", {".github__workflows__ci.yml": EVIL}, "ci.yml"),
        ("main", {".github__workflows__start.yml": EVIL}, "start.yml"),
        ("main", {"src__mail_timing__train.py": "import os\n"}, "train.py"),
        ("main", {"README.md": None}, "README.md"),
        ("theirs", {"x": "x"}, "theirs"),
    ],
)
def test_what_a_starter_began_is_what_the_platform_renders(
    fake,
    begun,
    create,
    tmp_path,
    branch,
    texts,
    word,
):
    merged(fake, tmp_path, begun.full_name, branch=branch, **texts)
    mark = len(fake.exchanges)

    ran = create("--resume")

    assert ran.code == 3, ran.err
    assert word in ran.err
    assert writes(create.sent_since(mark)) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"_src_path": "https://evil.example/platform"},
        {"_commit": "v1\n  evil: true"},
        {"more": "answers"},
    ],
)
def test_a_record_that_is_not_the_platforms_own_is_named(fake, begun, create, tmp_path, changed):
    record = yaml.safe_dump(record_of(fake, begun.full_name) | changed)
    merged(fake, tmp_path, begun.full_name, **{ANSWERS_FILE: record})

    ran = create("--resume")

    assert ran.code == 3, ran.err
    assert secrets_of(fake, begun.full_name) == []


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_who_comes_while_the_rights_are_narrowed_gets_no_secret(fake, begun, create, way):
    put, word = WAYS[way]

    def comes(call):
        if call.method == "POST" and call.path.endswith("/rulesets"):
            put(begun.found)
        return False

    fake.fail(comes, faults.SERVER_ERROR)

    ran = create("--resume")

    assert ran.code == 3, ran.err
    assert word in ran.err
    assert secrets_of(fake, begun.full_name) == []


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_complete_one_gets_no_further_secret_where_more_leads_into_it(
    fake, create, organisation, way
):
    create.answers |= KITTO
    assert create().code == 0
    full_name = f"{LOGIN}/kitto-mail-timing-serve"
    found = fake.repository(full_name)
    organisation.secrets["KITTO_PROD_CLIENT_SECRET"].repositories.clear()
    put, word = WAYS[way]
    put(found)
    mark = len(fake.exchanges)

    ran = create()

    assert ran.code == 3, ran.err
    assert word in ran.err
    assert writes(create.sent_since(mark)) == []


def test_a_complete_one_that_needs_no_secret_is_mended_all_the_same(fake, create):
    create()
    found = fake.repository(FULL_NAME)
    found.hooks.append("https://chat.example")
    found.vulnerability_alerts = False

    assert create().code == 0
    assert found.vulnerability_alerts


def test_who_made_it_leaves_before_the_first_secret(fake, begun, create):
    assert begun.found.collaborators == {REQUESTER: "admin"}

    assert create("--resume").code == 0

    order = writes(fake.exchanges)
    leaves = next(n for n, one in enumerate(order) if one.endswith(f"/collaborators/{REQUESTER}"))
    first = next(n for n, one in enumerate(order) if "/actions/secrets/" in one)
    assert leaves < first


def test_webhooks_that_cannot_be_read_are_not_taken_to_be_absent(fake, begun, create):
    fake.fail(lambda call: call.path.endswith("/hooks"), faults.UNPROCESSABLE)

    ran = create("--resume")

    assert ran.code == 4, ran.err
    assert secrets_of(fake, begun.full_name) == []
