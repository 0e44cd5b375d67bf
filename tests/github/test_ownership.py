"""A repository belongs to the team that its mark and its own record name, and to nobody else."""

import json
import subprocess

import pytest
import yaml

from tests.github.asking import ask
from tests.github.creating import FULL_NAME, NAME, writes
from tests.github.fake import faults
from tests.github.merging import merged
from tests.github.organisation import APP_TOKEN, LOGIN, REQUESTER
from tests.github.standing import granted, standing

ANSWERS_FILE = ".copier-answers.yml"
OTHER = {"team": "norda-forecasting"}
KITTO = {"team": "kitto-marketing", "use_case": "mail-timing"}
KITTO_NAME = f"{LOGIN}/kitto-mail-timing-serve"
RUN = "MODELWRIGHT_CREATION"


def record_of(fake, full_name=FULL_NAME) -> dict:
    command = ["git", "-C", fake.repository(full_name).git, "show", f"main:{ANSWERS_FILE}"]
    return yaml.safe_load(subprocess.check_output(command))


def refused(fake, create, ran, mark, *words):
    assert ran.code == 3, ran.err + ran.out
    for word in words:
        assert word in ran.err
    assert writes(create.sent_since(mark)) == []


@pytest.mark.parametrize("what", [(), ("--resume",), ("--undo",), ("--plan",)], ids=str)
def test_another_team_of_the_brand_does_not_touch_a_repository(fake, create, what):
    create()
    before, mark = standing(fake, FULL_NAME), len(fake.exchanges)
    create.answers |= OTHER

    refused(fake, create, create(*what), mark, "is taken by norda-fraud")

    assert standing(fake, FULL_NAME) == before


@pytest.mark.parametrize("broken", ["/topics", "/rulesets"])
@pytest.mark.parametrize("what", [(), ("--resume",), ("--undo",)], ids=str)
def test_another_team_does_not_touch_a_half_made_one(fake, create, broken, what):
    fake.fail(lambda call: call.path.endswith(broken), faults.UNPROCESSABLE)
    assert create().code == 4
    fake.mend()
    mark = len(fake.exchanges)
    create.answers |= OTHER

    refused(fake, create, create(*what), mark, "is taken by norda-fraud")


def squatted(fake, **body):
    made = {"name": NAME, "private": True, "visibility": "private", **body}
    assert ask(fake, APP_TOKEN, "POST", f"/orgs/{LOGIN}/repos", made).status == 201
    found = fake.repository(FULL_NAME)
    found.collaborators["mallory"] = "admin"
    return found


@pytest.mark.parametrize("what", [(), ("--resume",), ("--undo",)], ids=str)
@pytest.mark.parametrize("forged", ["variable", "description", "trailer", "all"])
def test_what_who_may_write_can_write_proves_nothing(fake, create, forged, what, tmp_path):
    run = "deadbeefdeadbeef"
    found = squatted(fake)
    if forged in {"variable", "all"}:
        found.variables[RUN] = run
    if forged in {"description", "all"}:
        found.settings["description"] = f"[modelwright: being created, run {run}] hers"
    if forged in {"trailer", "all"}:
        merged(fake, tmp_path, README=f"Modelwright-Run: {run}")
    mark = len(fake.exchanges)

    refused(fake, create, create(*what), mark, "did not make it")


def test_who_may_write_cannot_write_the_mark(fake, create, organisation):
    create()
    organisation.members["mallory"] = "member"
    fake.repository(FULL_NAME).collaborators["mallory"] = "admin"
    fake.token("ghp_mallory", "mallory", kind="classic", scopes=("repo", "admin:org"))
    forged = {"properties": [{"property_name": "team", "value": "norda-forecasting"}]}
    path = f"/repos/{FULL_NAME}/properties/values"

    assert ask(fake, "ghp_mallory", "PATCH", path, forged).status == 403
    assert ask(fake, APP_TOKEN, "PATCH", path, forged).status == 204


@pytest.mark.parametrize(
    "definition", [{"values_editable_by": "org_and_repo_actors"}, {"default_value": "norda-fraud"}]
)
def test_a_mark_that_proves_nothing_is_told_before_anything_is_made(
    fake, create, organisation, definition
):
    organisation.properties["team"] |= definition

    ran = create()

    assert ran.code == 4, ran.err
    assert "custom property team proves nothing" in ran.err
    assert writes(fake.exchanges) == []


def test_a_record_that_was_edited_hands_nothing_over(fake, create, tmp_path):
    create()
    record = yaml.safe_dump(record_of(fake) | OTHER)
    merged(fake, tmp_path, **{ANSWERS_FILE: record})
    mark = len(fake.exchanges)

    own = create()
    create.answers |= OTHER
    other = create()

    refused(fake, create, own, mark, "is taken by norda-forecasting", "--transfer-from")
    refused(fake, create, other, mark, "is taken by norda-fraud", "--transfer-from")


@pytest.mark.parametrize(
    "text",
    [
        *(None, "team: [", "[" * 50_000, "team: {a: 1}\nbrand: 3\n", "- a"),
        *('team: !!int ""', "team: !!bool x", "team: !!timestamp x", f"team: 0x{'f' * 6000}"),
        f"team: 1:{'00:' * 200}00.0",
    ],
    ids=range(10),
)
def test_a_repository_without_a_sound_record_is_nobodys(fake, create, tmp_path, text):
    create()
    merged(fake, tmp_path, **{ANSWERS_FILE: text})
    mark = len(fake.exchanges)

    refused(fake, create, create(), mark, "does not say whose it is")


def test_a_team_named_by_hostile_text_is_not_repeated(fake, create, tmp_path):
    create()
    hostile = {"team": "a\n::add-mask::b", "brand": "norda", "archetype": "online-serving"}
    merged(fake, tmp_path, **{ANSWERS_FILE: yaml.safe_dump(record_of(fake) | hostile)})

    ran = create()

    assert ran.code == 3
    assert "is taken by another team" in ran.err
    assert "add-mask" not in ran.err


# A lawful change of owner.


def handed_over(fake, create, folder, **to):
    """The project's own team has merged the new owner's record."""
    merged(fake, folder, **{ANSWERS_FILE: yaml.safe_dump(record_of(fake) | to)})
    create.answers |= to


def test_a_team_takes_over_what_its_owners_hand_over(fake, create, organisation, tmp_path):
    create()
    found = fake.repository(FULL_NAME)
    found.collaborators["helga"] = "push"
    handed_over(fake, create, tmp_path, **OTHER)

    plan = create("--plan", "--transfer-from=norda-fraud")
    ran = create("--transfer-from=norda-fraud")
    again = create()

    assert (plan.code, ran.code, again.code) == (0, 0, 0), plan.err + ran.err + again.err
    assert "takes the team norda-fraud its access" in plan.out
    assert "nothing was sent" in again.out
    told = standing(fake, FULL_NAME)
    assert told["teams"] == {"norda-forecasting": "push"}
    assert told["collaborators"] == {}
    assert told["properties"]["team"] == "norda-forecasting"
    assert told["properties"]["cost-centre"] == "CC-4110"
    assert "norda-fraud" not in told["topics"]
    reviewers = [one["id"] for one in told["environments"]["prod"]["reviewers"]]
    assert reviewers == [organisation.teams["norda-forecasting"].id]


def test_what_was_handed_over_is_no_longer_its_first_teams(fake, create, tmp_path):
    create()
    handed_over(fake, create, tmp_path, **OTHER)
    assert create("--transfer-from=norda-fraud").code == 0
    mark = len(fake.exchanges)
    create.answers |= {"team": "norda-fraud"}

    refused(fake, create, create(), mark, "is taken by norda-forecasting")


@pytest.mark.parametrize(
    ("agreed", "by"), [(False, "norda-fraud"), (True, "velora-search"), (True, "norda-forecasting")]
)
def test_nobody_takes_over_what_is_not_handed_over(fake, create, tmp_path, agreed, by):
    create()
    if agreed:
        handed_over(fake, create, tmp_path, **OTHER)
    create.answers |= OTHER
    mark = len(fake.exchanges)

    refused(fake, create, create(f"--transfer-from={by}"), mark, "is taken by norda-fraud")


def test_only_members_of_the_new_team_take_over(fake, create, organisation, tmp_path):
    create()
    handed_over(fake, create, tmp_path, **OTHER)
    organisation.teams["norda-forecasting"].members.discard(REQUESTER)
    mark = len(fake.exchanges)

    refused(fake, create, create("--transfer-from=norda-fraud"), mark, REQUESTER)


def test_grants_follow_the_new_owner(fake, create, organisation, tmp_path):
    """A sold brand: the repository was renamed, and what the old brand lent is withdrawn."""
    create.answers |= KITTO
    assert create().code == 0
    found = fake.repository(KITTO_NAME)
    assert "KITTO_PROD_CLIENT_SECRET" in granted(fake, LOGIN, found.id)
    found.name = "velora-mail-timing-serve"
    name = f"{LOGIN}/{found.name}"
    fake.state.repositories[name] = fake.state.repositories.pop(KITTO_NAME)
    to = {"team": "velora-search", "brand": "velora"}
    record = yaml.safe_dump(record_of(fake, name) | to)
    merged(fake, tmp_path, name, **{ANSWERS_FILE: record})
    create.answers |= to

    ran = create("--transfer-from=kitto-marketing")

    assert ran.code == 0, ran.err
    assert not [one for one in granted(fake, LOGIN, found.id) if one.startswith("KITTO_")]
    assert standing(fake, name)["properties"]["brand"] == "velora"


# A call whose answer is lost.


def test_the_repository_of_another_run_is_never_adopted(fake, create):
    def other_run(call):
        making = call.method == "POST" and call.path == f"/orgs/{LOGIN}/repos"
        if not making or seen:
            return False
        seen.append(call)
        properties = call.body["custom_properties"] | OTHER
        text = "[modelwright: being created, run aaaaaaaaaaaaaaaa] theirs"
        squatted(fake, description=text, custom_properties=properties)
        return True

    seen = []
    fake.fail(other_run, faults.RESET_BEFORE)

    ran = create()

    assert ran.code == 3, ran.err
    assert "the name exists" in ran.err
    assert standing(fake, FULL_NAME)["teams"] == {}
    assert [one for one in writes(fake.exchanges) if f"/repos/{FULL_NAME}" in one] == []


def test_a_name_that_comes_to_exist_is_told_as_that(fake, create):
    def meanwhile(call):
        if call.method == "POST" and call.path == f"/orgs/{LOGIN}/repos" and not seen:
            seen.append(call)
            squatted(fake)
        return False

    seen = []
    fake.fail(meanwhile, faults.SERVER_ERROR)

    ran = create()

    assert ran.code == 3, ran.err
    assert "the name exists" in ran.err


# A journal.


def claimed(run: str, method: str, path: str, body=None) -> str:
    undo = {"method": method, "path": path, "body": body}
    call = {"state": "done", "run": run, "call": 1, "is": "x", "undo": undo}
    return "".join(
        json.dumps(row) + "\n" for row in ({"state": "run", "run": run, "for": FULL_NAME}, call)
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", f"/repos/{LOGIN}/payroll", None),
        ("PUT", f"/orgs/{LOGIN}/teams/norda-fraud/repos/{FULL_NAME}", {"permission": "admin"}),
        ("PUT", f"/repos/{FULL_NAME}/collaborators/mallory", {"permission": "admin"}),
        ("PATCH", f"/repos/{FULL_NAME}", {"visibility": "public"}),
    ],
)
def test_a_forged_journal_is_not_obeyed(fake, create, method, path, body):
    create()
    with create.journal.open("a") as file:
        file.write(claimed("feedfeedfeedfeed", method, path, body))
    before, mark = standing(fake, FULL_NAME), len(fake.exchanges)

    refused(fake, create, create("--undo"), mark, "no plan for this repository makes")

    assert standing(fake, FULL_NAME) == before


@pytest.mark.parametrize("what", [(), ("--undo",)], ids=str)
def test_a_file_that_is_no_journal_is_left_as_it_is(fake, create, what):
    create()
    key = create.folder / "id_ed25519"
    key.write_text("PRIVATE\n")

    ran = create(*what, f"--journal={key}", journal=False)

    assert ran.code == 2, ran.err
    assert key.read_text() == "PRIVATE\n"


def test_a_journal_of_two_repositories_takes_back_the_one_and_is_kept(fake, create):
    assert create().code == 0
    create.answers |= {"use_case": "fraud-alerts"}
    assert create().code == 0
    other = f"{LOGIN}/norda-fraud-alerts-serve"
    create.answers |= {"use_case": "fraud-scoring"}

    undone = create("--undo")

    assert undone.code == 0, undone.err
    assert fake.repository(FULL_NAME) is None
    assert fake.repository(other)
    assert other in create.journal.read_text()
