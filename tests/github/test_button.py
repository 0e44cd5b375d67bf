"""The button: `new-project.yml` run by act, with the fake for GitHub."""

import json
import subprocess

import pytest

from tests.github.creating import ANSWERS, FULL_NAME, writes
from tests.github.fake.proof import new_app
from tests.github.organisation import APP_PERMISSIONS, CANARY, REQUESTER, WORKFLOW_TOKEN
from tests.github.standing import orphans, standing, twice
from tests.github.starting import from_template, starters
from tests.github.summaries import is_shown, summary_of
from tests.templates.real_tools.pipelines import act
from tests.templates.rendering import REPOSITORY

pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.xdist_group("act")]

FORM = {
    "archetype": "online-serving",
    "brand": "the team's own",
    "what": "create",
    "transfer_from": "nobody",
    **ANSWERS,
}


@pytest.fixture
def press(fake, organisation, tmp_path):
    """Press the button as a person, with an App's key for a secret of its environment."""
    fake.limits.writes_a_minute = 10**6
    button = tmp_path / "modelwright"
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, button], check=True)
    key = new_app(fake.state, "4711", APP_PERMISSIONS)
    # One line in quotes, as act reads secrets.
    (tmp_path / "secrets").write_text('MODELWRIGHT_APP_KEY="{}"\n'.format(key.replace("\n", "\\n")))
    pressed = []

    def press(who=REQUESTER, **changed):
        event = tmp_path / f"event-{len(pressed)}.json"
        event.write_text(json.dumps({"inputs": FORM | changed}))
        ran = act(
            button,
            "workflow_dispatch",
            "new-project.yml",
            f"--eventpath={event}",
            f"--actor={who}",
            f"--env=GITHUB_API_URL={fake.url}",
            f"--env=GITHUB_ACTOR={who}",
            "--var=MODELWRIGHT_APP_ID=4711",
            f"--secret-file={tmp_path / 'secrets'}",
            stubs=tmp_path / "stubs",
        )
        pressed.append(ran)
        assert "PRIVATE KEY" not in ran.log
        assert CANARY not in ran.log
        return ran

    return press


def test_the_button_makes_the_repository(fake, press, tmp_path):
    ran = press()

    assert ran.code == 0, ran.log[-6000:]
    told = standing(fake, FULL_NAME)
    assert told["settings"]["description"] == ANSWERS["description"]
    assert told["teams"] == {"norda-fraud": "push"}
    assert twice(fake) == []
    is_shown("button", summary_of(ran))
    _pull_request_is_green(fake, tmp_path)


def _pull_request_is_green(fake, tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", fake.repository(FULL_NAME).git, clone], check=True)
    assert (clone / "uv.lock").exists()
    ran = act(clone, "pull_request", "ci.yml", stubs=tmp_path / "stubs")
    assert ran.failed == [], ran.log[-4000:]
    assert ran.code == 0


def test_the_button_refuses_who_is_not_in_the_team(fake, press):
    ran = press(who="sam-stranger")

    assert ran.code != 0
    assert "sam-stranger" in ran.log
    assert writes(fake.exchanges) == [
        name
        for name in writes(fake.exchanges)
        if name.endswith(("/access_tokens", "/installation/token"))
    ]
    assert fake.repository(FULL_NAME) is None


def test_the_button_takes_back_what_it_made(fake, press):
    assert press().code == 0

    ran = press(what="undo")

    assert ran.code == 0, ran.log[-6000:]
    assert fake.repository(FULL_NAME) is None
    assert orphans(fake) == []


def test_what_is_typed_into_the_form_is_only_text(fake, press, tmp_path):
    text = '"; touch pwned; " $(touch pwned) ${{ github.token }}'

    press(description=text)
    made = fake.repository(FULL_NAME)
    everywhere = press(**dict.fromkeys(FORM, f"{text}\n{text}"))

    assert everywhere.code != 0
    assert list(tmp_path.rglob("pwned")) == []
    if made:
        assert made.settings["description"] == text


def test_a_starters_own_workflow_makes_its_project(fake, organisation, tmp_path):
    place = starters(tmp_path)
    (tmp_path / "clones").mkdir()
    made = from_template(
        fake,
        place / "starter-kitto-serve",
        "kitto-mail-timing-serve",
        tmp_path / "clones",
        description="Says when to send",
    )
    url = f"https://github.com/{made.full_name}.git"
    subprocess.run(["git", "-C", made.clone, "remote", "set-url", "origin", url], check=True)

    ran = act(
        made.clone,
        "push",
        "start.yml",
        f"--actor={REQUESTER}",
        f"--env=GITHUB_API_URL={fake.url}",
        f"--secret=GITHUB_TOKEN={WORKFLOW_TOKEN}",
        stubs=tmp_path / "stubs",
    )

    assert ran.code == 0, ran.log[-6000:]
    assert WORKFLOW_TOKEN not in ran.log
    files = made.git("ls-tree", "-r", "--name-only", "main").split()
    assert "uv.lock" in files
    assert made.git("diff", "--name-only", "main~1", "main", "--", ".github/workflows") == ""
    assert made.found.dispatches
    is_shown("starter", summary_of(ran))
