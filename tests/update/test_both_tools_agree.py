"""A project that one tool updated is current for the other; the two can take turns."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platforms import change_policy, git, platform_copy, release
from tests.update.engines import Ours, Stock
from tests.update.evolutions import HERS, SKIPPED, evolved, first_template
from tests.update.files import Change
from tests.update.histories import append_version, tag_of, write_history
from tests.update.platform_history import platform_at, project
from tests.update.projects import commit_all, make_project, read_files, snapshot, stored_answers
from tests.update.stories import ANSWERS, rendered

pytestmark = pytest.mark.filterwarnings("ignore")
BIN = Path(sys.executable).parent
TURNS = {
    "ours first": (Ours(), Stock(), Ours(), Stock()),
    "stock first": (Stock(), Ours(), Stock(), Ours()),
}
STRICTER = Change("stricter_for_the_new", 1, 7)
CHANGES = (
    (Change("edit", 1, 3), Change("add", 0, 3), Change("mode", 2)),
    (Change("rename", 3, 1), Change("new_question", 3), Change("binary", 0, 3)),
    (Change("delete", 2), Change("unended", 3), STRICTER),
    (Change("move_folder", 1, 0), Change("insert", 4, 2), Change("removed_question", 1)),
)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def agree_that_it_is_current(folder, version):
    """Check that each tool calls the project current, and that each update changes nothing."""
    commit_all(folder)
    before = snapshot(folder)
    assert stored_answers(folder)["_commit"] == version
    code, told = run(BIN / "copier", "check-update", "--output-format", "json", folder)
    assert code == 0, told
    assert json.loads(told.splitlines()[-1])["update_available"] is False
    code, told = run(BIN / "modelwright", "status", folder, "--exit-code")
    assert code == 0, told
    for engine in (Ours(), Stock()):
        assert engine(folder, version).code == 0
        assert snapshot(folder) == before, engine.name


def template_files(files):
    own = ("README.md", "own.md", SKIPPED, HERS)
    return {path: entry for path, entry in files.items() if not path.startswith(own)}


@pytest.mark.parametrize(
    ("first", "dialect"), [("ours first", True), ("stock first", True), ("stock first", False)]
)
def test_they_agree_over_five_versions_of_a_template(first, dialect, tmp_path):
    versions = [first_template(dialect=dialect)]
    source = write_history(tmp_path / "template.git", versions)
    folder = make_project(
        tmp_path / "project", rendered(versions, 0, ANSWERS, source, born=tag_of(0), fresh=True)
    )
    readme = (folder / "README.md").read_text()
    (folder / "README.md").write_text(f"mine\n{readme}")
    (folder / "own.md").write_text("mine\n")
    commit_all(folder)
    for number, (changes, engine) in enumerate(zip(CHANGES, TURNS[first], strict=True), 1):
        template = versions[-1]
        # A template of any other kind does not keep when a project was born: its rule binds all.
        fitting = [change for change in changes if dialect or change != STRICTER]
        for step, change in enumerate(fitting):
            template = evolved(template, change, (number, step))
        versions.append(template)
        append_version(source, template, number)

        assert engine(folder, tag_of(number)).code == 0

        agree_that_it_is_current(folder, tag_of(number))
        stored = stored_answers(folder)
        fresh = rendered(versions, number, stored, source, born=tag_of(0))
        assert template_files(read_files(folder)) == template_files(fresh)
        assert (folder / "README.md").read_text().startswith("mine\n")


def test_they_agree_over_five_versions_of_the_platform(tmp_path):
    platform = platform_copy(tmp_path / "platform")
    release(platform, "v1.0.0")
    made = project(platform_at(platform, "v1.0.0"), "online-serving")
    folder = make_project(tmp_path / "project", made)
    for number, engine in enumerate(TURNS["ours first"], 1):
        change_platform(platform, number)
        release(platform, f"v1.{number}.0")

        assert engine(folder, f"v1.{number}.0").code == 0

        agree_that_it_is_current(folder, f"v1.{number}.0")


def change_platform(platform, number):
    policy = (platform / "platform.yml").read_text()
    if number == 1:
        change_policy(platform, policy.replace("cost_centre: CC-4100", "cost_centre: CC-4199"))
        return
    folder = next(platform.glob("templates/online-serving/*/project.yaml")).parent
    name = {2: "README.md", 3: "main.py", 4: "pyproject.toml"}[number]
    with (folder / name).open("a") as file:
        file.write(f"# version {number}\n")
    if number == 3:
        git(platform, "mv", folder / "main.py", folder / "main_entry.py")
    if number == 4:
        (folder / "docs/later.md").write_text("{{ cookiecutter.repo_name }}\n")
