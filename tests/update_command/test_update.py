"""`modelwright update` on a small project: every kind of change, and what is left to a person."""

import json

import pytest
import yaml

from tests.platforms import git
from tests.update_command.small import COPIER, FIRST, run

pytestmark = pytest.mark.filterwarnings("ignore")

README = FIRST["project/README.md"]
MORE = README + "\n## More\n"


def test_a_change_of_the_template_comes_in_staged_and_one_command_takes_it_back(story, capsys):
    story.release("v1.1.0", {"project/README.md": MORE, "project/new.txt": "new\n"})

    assert run("update", story.project) == 0

    assert story.staged() == {".copier-answers.yml": "M ", "README.md": "M ", "new.txt": "A "}
    assert (story.project / "README.md").read_text().endswith("## More\n")
    undo = capsys.readouterr().out.split("take it all back: ")[1].split()
    assert run(*undo[1:]) == 0
    assert story.staged() == {}
    assert not (story.project / "new.txt").exists()


def test_lines_of_both_meet_in_one_file(story):
    story.edit({"README.md": README.replace("line 1\n", "mine\n").replace("{{ name }}", "demo")})
    story.release("v1.1.0", {"project/README.md": MORE})

    assert run("update", story.project) == 0

    text = (story.project / "README.md").read_text()
    assert "mine\n" in text
    assert "## More\n" in text


def test_the_same_line_of_both_is_a_conflict_with_all_three_versions(story, capsys):
    story.edit({"app.py": FIRST["project/app.py"].replace("value_3 = 3", "value_3 = 'mine'")})
    changed = FIRST["project/app.py"].replace("value_3 = 3", "value_3 = 'theirs'")
    story.release("v1.1.0", {"project/app.py": changed})

    assert run("update", story.project) == 1

    text = (story.project / "app.py").read_text()
    order = ["<<<<<<< yours", "'mine'", "|||||||", "value_3 = 3", "=======", "'theirs'"]
    assert [text.index(mark) for mark in order] == sorted(text.index(mark) for mark in order)
    assert ">>>>>>> v1.1.0" in text
    assert story.staged()["app.py"] == "UU"
    assert "git add app.py" in capsys.readouterr().out


def test_an_edit_follows_a_file_that_the_template_renames(story):
    story.edit({"app.py": FIRST["project/app.py"] + "mine = True\n"})
    story.release(
        "v1.1.0", {"project/app.py": None, "project/src/main.py": FIRST["project/app.py"]}
    )

    assert run("update", story.project) == 0

    assert "mine = True" in (story.project / "src/main.py").read_text()
    assert not (story.project / "app.py").exists()


def test_a_file_that_she_renamed_takes_the_templates_change(story):
    (story.project / "app.py").rename(story.project / "mine.py")
    story.commit()
    story.release("v1.1.0", {"project/app.py": "first = 1\n" + FIRST["project/app.py"]})

    assert run("update", story.project) == 0

    assert (story.project / "mine.py").read_text().startswith("first = 1\n")
    assert not (story.project / "app.py").exists()


def test_what_she_deleted_stays_deleted_and_is_named(story, capsys):
    story.edit({"old.txt": None})
    story.release("v1.1.0", {"project/old.txt": "quite another\n"})

    assert run("update", story.project) == 0

    assert not (story.project / "old.txt").exists()
    assert "left out old.txt" in capsys.readouterr().out


def test_what_the_template_deletes_and_she_edited_is_hers_to_decide(story):
    story.edit({"old.txt": FIRST["project/old.txt"] + "mine\n"})
    story.release("v1.1.0", {"project/old.txt": None})

    assert run("update", story.project) == 1

    assert (story.project / "old.txt").read_text().endswith("mine\n")
    assert story.staged()["old.txt"] == "UD"


def test_two_versions_of_a_picture_stand_side_by_side(story):
    mine, theirs = b"\x89PNG\0mine", b"\x89PNG\0theirs"
    story.edit({"logo.png": mine})
    story.release("v1.1.0", {"project/logo.png": theirs})

    assert run("update", story.project) == 1

    assert (story.project / "logo.png").read_bytes() == mine
    assert (story.project / "logo.png.template").read_bytes() == theirs


def test_an_untouched_picture_is_brought(story):
    story.release("v1.1.0", {"project/logo.png": b"\x89PNG\0theirs"})

    assert run("update", story.project) == 0

    assert (story.project / "logo.png").read_bytes() == b"\x89PNG\0theirs"


@pytest.mark.parametrize("ignored", [True, False])
def test_a_file_that_git_does_not_know_is_never_overwritten(story, ignored):
    if ignored:
        story.edit({".gitignore": "new.txt\n"})
    (story.project / "new.txt").write_text("mine\n")
    story.release("v1.1.0", {"project/new.txt": "theirs\n"})

    assert run("update", story.project) == 1

    assert (story.project / "new.txt").read_text() == "mine\n"
    assert (story.project / "new.txt.template").read_text() == "theirs\n"


def test_a_file_that_is_skipped_where_it_exists_is_left_alone_and_made_where_it_is_missing(story):
    story.release("v1.1.0", {"project/settings.toml": "another = true\n"})

    assert run("update", story.project) == 0
    assert (story.project / "settings.toml").read_text() == 'size = "small"\n'

    story.commit()
    story.edit({"settings.toml": None})
    story.release("v1.2.0", {"project/README.md": MORE})
    assert run("update", story.project) == 0
    assert (story.project / "settings.toml").read_text() == "another = true\n"


def test_an_import_of_a_module_that_moved_is_told(story, capsys):
    story.edit({"own.py": "import os\nimport app\n"})
    story.release("v1.1.0", {"project/app.py": None, "project/main.py": FIRST["project/app.py"]})

    assert run("update", story.project) == 0

    assert "own.py:2 imports app" in capsys.readouterr().err


def test_a_plan_changes_nothing_and_says_everything(story, capsys):
    story.release(
        "v1.1.0",
        {
            "project/README.md": MORE,
            "CHANGELOG.md": "# Changelog\n\n## v1.1.0\n\n- More.\n\n## v1.0.0\n\n- First.\n",
        },
    )
    before = git(story.project, "count-objects")

    assert run("update", story.project, "--dry-run", "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "planned"
    assert (told["from"], told["to"]) == ("v1.0.0", "v1.1.0")
    assert told["files"]["changed"] == [".copier-answers.yml", "README.md"]
    assert told["changelog"] == ["## v1.1.0", "- More."]
    assert story.staged() == {}
    assert git(story.project, "count-objects") == before
    assert not (story.project / ".git/modelwright").exists()


def test_an_answer_changes_when_it_is_asked_to_and_is_shown_before_and_after(story, capsys):
    story.release("v1.1.0", {"project/README.md": MORE})

    assert run("update", story.project, "--data", "name=another") == 0

    assert "answer name: 'demo' -> 'another'" in capsys.readouterr().out
    assert (story.project / "README.md").read_text().startswith("# another\n")


def test_an_answer_can_be_changed_within_one_version(story):
    assert run("update", story.project, "--data", "name=another") == 0

    assert (story.project / "README.md").read_text().startswith("# another\n")


def test_a_new_question_with_a_default_is_answered_and_shown(story, capsys):
    story.release("v1.1.0", {"copier.yml": COPIER + "colour: {type: str, default: red}\n"})

    assert run("update", story.project) == 0

    assert "answer colour: (none) -> 'red'" in capsys.readouterr().out


def test_a_project_that_is_current_is_left_alone(story, capsys):
    assert run("update", story.project) == 0

    assert "nothing to do" in capsys.readouterr().out
    assert story.staged() == {}


def test_one_command_takes_back_conflicts_and_what_was_put_aside(story, capsys):
    mine = FIRST["project/app.py"].replace("value_3 = 3", "value_3 = 'mine'")
    story.edit({"app.py": mine, "logo.png": b"\x89PNG\0mine"})
    theirs = FIRST["project/app.py"].replace("value_3 = 3", "value_3 = 'theirs'")
    story.release("v1.1.0", {"project/app.py": theirs, "project/logo.png": b"\x89PNG\0theirs"})
    assert run("update", story.project) == 1
    assert (story.project / "logo.png.template").exists()

    undo = capsys.readouterr().out.split("take it all back: ")[1].split()
    assert run(*undo[1:]) == 0

    assert story.staged() == {}
    assert (story.project / "app.py").read_text() == mine
    assert not (story.project / "logo.png.template").exists()


@pytest.mark.parametrize(
    ("question", "answer"),
    [("{type: int, default: 3}", 3), ("{type: bool, default: true}", True)],
)
def test_an_answer_keeps_its_meaning_when_its_question_changes_type(story, question, answer):
    stored = str(answer).lower()
    story.release("v1.1.0", {"copier.yml": COPIER + f'more: {{type: str, default: "{stored}"}}\n'})
    assert run("update", story.project) == 0
    story.commit()
    story.release("v1.2.0", {"copier.yml": COPIER + f"more: {question}\n"})

    assert run("update", story.project) == 0

    answers = yaml.safe_load((story.project / ".copier-answers.yml").read_text())
    assert answers["more"] == answer


def managed(story, path):
    """Let the template be one of a platform that owns a path."""
    answers = "archetype: {type: str, default: thing}\n"
    catalogue = (
        "makes: a thing\nscale_out: no\nsample: {}\nleft_out: []\n"
        f"owners: {{managed: [{path}], yours: []}}\n"
    )
    story.release(
        "v1.0.1", {"copier.yml": COPIER + answers, "templates/thing/archetype.yml": catalogue}
    )
    assert run("update", story.project) == 0
    story.commit()


def test_a_managed_file_follows_the_template_and_her_version_is_kept_beside_it(story, capsys):
    managed(story, "app.py")
    mine = FIRST["project/app.py"] + "mine = True\n"
    story.edit({"app.py": mine})
    theirs = FIRST["project/app.py"] + "theirs = True\n"
    story.release("v1.1.0", {"project/app.py": theirs})

    assert run("update", story.project) == 1

    assert (story.project / "app.py").read_text() == theirs
    assert (story.project / "app.py.yours").read_text() == mine
    assert "app.py.yours" in capsys.readouterr().out


def test_a_managed_file_that_she_did_not_touch_is_no_conflict(story):
    managed(story, "app.py")
    story.release("v1.1.0", {"project/app.py": "theirs = True\n"})

    assert run("update", story.project) == 0

    assert (story.project / "app.py").read_text() == "theirs = True\n"


def test_a_managed_folder_goes_where_her_file_stood(story):
    managed(story, "deploy/**")
    story.edit({"deploy": "mine\n"})
    story.release("v1.1.0", {"project/deploy/base.yaml": "theirs: true\n"})

    assert run("update", story.project) == 1

    assert (story.project / "deploy/base.yaml").read_text() == "theirs: true\n"
    assert (story.project / "deploy.yours").read_text() == "mine\n"


def test_a_managed_file_does_not_replace_her_folder(story):
    managed(story, "deploy")
    story.edit({"deploy/mine.yaml": "mine\n"})
    story.release("v1.1.0", {"project/deploy": "theirs\n"})

    assert run("update", story.project) == 1

    assert (story.project / "deploy/mine.yaml").read_text() == "mine\n"
    assert (story.project / "deploy.template").read_text() == "theirs\n"
