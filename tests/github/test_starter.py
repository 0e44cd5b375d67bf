"""The template-repository way: a starter becomes a project, by what a workflow's token may do."""

import itertools
import json
import subprocess

import pytest
import yaml

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.cli.main import main
from modelwright.operations.new.new import render_project
from modelwright.operations.start.starters import starter_files
from modelwright.operations.start.starters import starters as wanted_starters
from modelwright.paths import PLATFORM_BUNDLE, START_WORKFLOW, WORKFLOWS_FOLDER
from tests.github.asking import ask
from tests.github.organisation import APP_TOKEN
from tests.github.standing import standing
from tests.github.starting import RELEASE
from tests.platforms import ROOT, change_policy, platform_copy, release

USE_CASES = ("fraud-scoring", "mix", "next-best-offer-of-the-day")
TEXTS = ("Scores payments", 'says "$(touch x)" and `id`')


def of_brand(platform, brand):
    return [one for one, told in platform.policy["teams"].items() if brand in told["brands"]]


@pytest.mark.parametrize(
    ("brand", "archetype", "team"),
    list(wanted_starters(locate_platform(str(ROOT)).policy)),
    ids=str,
)
def test_a_render_leaves_the_starters_workflows_as_they_are(brand, archetype, team):
    platform = locate_platform(str(ROOT))
    starter = starter_files(platform, brand, archetype, team)
    kept = {
        path: file.content
        for path, file in starter.items()
        if path.startswith(f"{WORKFLOWS_FOLDER}/") and path != START_WORKFLOW
    }

    answers = itertools.product(of_brand(platform, brand), ("none", "personal"))
    for (owner, personal), use_case, text in zip(
        answers, itertools.cycle(USE_CASES), itertools.cycle(TEXTS), strict=False
    ):
        given = {"team": owner, "brand": brand, "use_case": use_case}
        given |= {"personal_data": personal, "description": text}
        files = render_project(platform, archetype, given)[1]
        found = {
            path: one.content
            for path, one in files.items()
            if path.startswith(f"{WORKFLOWS_FOLDER}/")
        }
        assert found == kept, given


def published(fake, folder, capsys, tag):
    """Publish the starters of a release and return what was renewed."""
    release(folder / "platform", tag)
    where = [f"--platform={folder / 'platform'}@{tag}", f"--api={fake.url}", "--json"]
    code = main(["platform", "starter", str(folder / tag), "--publish", *where])
    said = capsys.readouterr()
    assert code == 0, said.err
    return json.loads(said.out)["published"]


def test_each_release_renews_the_template_repositories(
    fake, organisation, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("GH_TOKEN", APP_TOKEN)
    platform_copy(tmp_path / "platform")

    first = published(fake, tmp_path, capsys, "v0.1.0")
    change_policy(tmp_path / "platform", (tmp_path / "platform/platform.yml").read_text() + "\n")
    second = published(fake, tmp_path, capsys, "v0.2.0")

    assert len(first) == len(second) == 9
    found = fake.repository("halden-retail/starter-norda-serve")
    assert found.settings["is_template"]
    start = ["git", "-C", found.git, "show", f"main:{START_WORKFLOW}"]
    assert "platform.bundle@v0.2.0" in subprocess.check_output(start, text=True)
    count = ["git", "-C", found.git, "rev-list", "--count", "main"]
    assert subprocess.check_output(count, text=True).strip() == "2"


def test_a_repository_that_is_no_template_is_left_alone(
    fake, organisation, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("GH_TOKEN", APP_TOKEN)
    platform_copy(tmp_path / "platform")
    release(tmp_path / "platform", "v0.1.0")
    body = {"name": "starter-norda-batch", "private": True, "visibility": "private"}
    body["custom_properties"] = {"project": "starter-norda-batch"}
    ask(fake, APP_TOKEN, "POST", "/orgs/halden-retail/repos", body)

    where = [f"--platform={tmp_path / 'platform'}@v0.1.0", f"--api={fake.url}"]
    code = main(["platform", "starter", str(tmp_path / "out"), "--publish", *where])

    assert code == 3
    assert "is no template repository" in capsys.readouterr().err


@pytest.mark.parametrize("mark", [{}, {"project": "starter-norda-serve"}])
def test_a_template_that_somebody_else_made_is_left_alone(
    fake, organisation, tmp_path, monkeypatch, capsys, mark
):
    """Every project made from it would be theirs."""
    monkeypatch.setenv("GH_TOKEN", APP_TOKEN)
    platform_copy(tmp_path / "platform")
    release(tmp_path / "platform", "v0.1.0")
    name = "starter-norda-batch"
    body = {"name": name, "private": True, "visibility": "private", "is_template": True}
    ask(fake, APP_TOKEN, "POST", "/orgs/halden-retail/repos", {**body, "custom_properties": mark})

    where = [f"--platform={tmp_path / 'platform'}@v0.1.0", f"--api={fake.url}"]
    code = main(["platform", "starter", str(tmp_path / "out"), "--publish", *where])

    assert code == 3
    assert "modelwright did not make it" in capsys.readouterr().err
    assert not list((fake.repository(f"halden-retail/{name}").git / "refs/heads").iterdir())


def test_a_mark_that_anybody_may_set_publishes_nothing(
    fake, organisation, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("GH_TOKEN", APP_TOKEN)
    organisation.properties["project"]["values_editable_by"] = "org_and_repo_actors"
    platform_copy(tmp_path / "platform")
    release(tmp_path / "platform", "v0.1.0")

    where = [f"--platform={tmp_path / 'platform'}@v0.1.0", f"--api={fake.url}"]
    code = main(["platform", "starter", str(tmp_path / "out"), "--publish", *where])

    assert code == 3
    assert "proves nothing" in capsys.readouterr().err
    assert fake.state.repositories == {}


def test_starters_are_written_once(place, capsys):
    platform = place.parent / "platform"

    code = main(["platform", "starter", str(place), f"--platform={platform}@{RELEASE}"])

    assert code == 3
    assert "name a new folder" in capsys.readouterr().err


def test_a_starter_becomes_the_project_that_its_name_says(fake, use_template):
    made, code, said, summary = use_template(
        "starter-kitto-serve", "kitto-mail-timing-serve", description="Says when to send"
    )

    assert code == 0, said
    files = made.git("ls-tree", "-r", "--name-only", "main").split()
    assert "src/mail_timing/train.py" in files
    assert PLATFORM_BUNDLE not in files
    answers = yaml.safe_load(made.git("show", "main:.copier-answers.yml"))
    assert answers["team"] == "kitto-marketing"
    assert answers["description"] == "Says when to send"
    assert answers["_commit"] == RELEASE
    assert answers["_src_path"] == "https://github.com/halden-retail/modelwright"
    assert made.git("diff", "--name-only", "main~1", "main", "--", f"{WORKFLOWS_FOLDER}/") == ""
    assert {"modelwright", "waiver"} <= set(made.found.labels)
    assert made.found.dispatches == [{"workflow": "ci.yml", "ref": "main"}]
    told = summary.read_text()
    assert "grants the organisation's secret KITTO_PROD_CLIENT_SECRET" in told
    assert "guards the default branch" in told


@pytest.mark.parametrize(
    ("starter", "name", "told", "words"),
    [
        ("starter-kitto-serve", "mail-timing", {}, "does not read as {brand}-{use_case}-{suffix}"),
        ("starter-norda-serve", "norda-fraud-scoring-serve", {}, "which team of norda owns it"),
        ("starter-kitto-serve", "kitto-mail-timing-batch", {}, "of another brand or pattern"),
        ("starter-kitto-serve", "kitto-test-serve", {}, "NAM003"),
        (
            "starter-norda-serve",
            "norda-fraud-scoring-serve",
            {"custom_properties": {"team": "velora-search"}},
            "velora-search",
        ),
        (
            "starter-kitto-serve",
            "kitto-mail-timing-serve",
            {"custom_properties": {"brand": "norda"}},
            "is taken",
        ),
    ],
    ids=["no name", "no team", "other starter", "reserved", "other brand's team", "marked"],
)
def test_what_cannot_be_started_is_refused_with_its_reason(
    use_template, starter, name, told, words
):
    made, code, said, _ = use_template(starter, name, **told)

    assert code == 3
    assert words in said
    assert "next:" in said
    assert made.git("rev-list", "--count", "main").strip() == "1"


def test_a_team_among_several_is_taken_from_the_property(use_template):
    made, code, said, _ = use_template(
        "starter-norda-serve",
        "norda-fraud-scoring-serve",
        custom_properties={"team": "group-personalisation"},
    )

    assert code == 0, said
    answers = yaml.safe_load(made.git("show", "main:.copier-answers.yml"))
    assert answers["team"] == "group-personalisation"


def test_a_team_among_several_is_taken_from_a_topic(use_template):
    made, code, said, _ = use_template(
        "starter-norda-serve", "norda-fraud-scoring-serve", topics=["ml", "norda-forecasting"]
    )

    assert code == 0, said
    answers = yaml.safe_load(made.git("show", "main:.copier-answers.yml"))
    assert answers["team"] == "norda-forecasting"


def test_the_button_completes_what_a_starter_began(fake, begun, create):
    code = begun.git("rev-parse", "main")

    refused, resumed, again = create(), create("--resume"), create()

    assert (refused.code, resumed.code, again.code) == (3, 0, 0), resumed.err + again.err
    assert "--resume" in refused.err
    told = standing(fake, begun.full_name)
    assert told["teams"] == {"kitto-marketing": "push"}
    assert told["collaborators"] == {}
    assert set(told["environments"]) == {"dev", "staging", "prod"}
    assert "KITTO_PROD_CLIENT_SECRET" in told["granted"]
    assert "nothing was sent" in again.out
    assert begun.git("rev-parse", "main") == code


def test_what_a_starter_began_is_never_deleted(fake, begun, create):
    before = standing(fake, begun.full_name)
    alone = create("--undo")
    create("--resume")

    undone = create("--undo")
    create("--resume")
    create.journal.unlink()
    from_elsewhere = create("--undo")

    assert (alone.code, undone.code, from_elsewhere.code) == (3, 0, 3), undone.err
    assert fake.repository(begun.full_name)
    assert before["code"] == standing(fake, begun.full_name)["code"]
