"""The judge of updates finds every loss, and raises no false alarm."""

import copier
import pytest

from tests.update.engines import Ended, Ours, Stock
from tests.update.evolutions import ANSWERS_FILE, evolved, first_template
from tests.update.files import Change, Entry
from tests.update.histories import tag_of, write_history
from tests.update.oracle import faults, losses
from tests.update.projects import git, read_files
from tests.update.stories import ANSWERS, BY_TEMPLATE, Chapter, Story, play, rendered

pytestmark = pytest.mark.filterwarnings("ignore")

LONG = dict.fromkeys(ANSWERS, "long enough now")
EDIT, DELETE, RENAME = Change("edit", 0, 3), Change("delete", 0), Change("rename", 0)
BINARY = Change("binary", 0, 1)


def only_update(mine, theirs, engine, folder, *, dialect=True):
    story = Story((Chapter(theirs=tuple(theirs), mine=tuple(mine)),), dialect=dialect)
    return next(play(story, engine, folder)).update


@pytest.mark.parametrize("dialect", [True, False], ids=["dialect", "any template"])
def test_the_model_of_a_template_renders_what_copier_renders(dialect, tmp_path):
    versions = [first_template(dialect=dialect)]
    for step, kind in enumerate(BY_TEMPLATE):
        if "without" not in kind:
            versions.append(evolved(versions[-1], Change(kind, step, step), (1, step)))
    source = write_history(tmp_path / "template.git", versions)
    for number in range(0, len(versions), 3):
        copier.run_copy(
            str(source), tmp_path / str(number), vcs_ref=tag_of(number), defaults=True, quiet=True,
            data=LONG,
        )  # fmt: skip

        made = rendered(
            versions, number, LONG, source,
            born=tag_of(number), fresh=True,
        )  # fmt: skip
        assert read_files(tmp_path / str(number)) == made


@pytest.mark.parametrize(
    ("mine", "theirs", "sort"),
    [
        ([BINARY], [EDIT], "lost"),
        ([EDIT], [RENAME], "lost"),
        ([EDIT], [DELETE], "lost"),
        ([Change("latin", 2)], [EDIT], "lost"),
        ([], [Change("stricter_validator", 1, 5)], "answer replaced"),
    ],
    ids=["a binary", "a renamed file", "a deleted file", "bytes that are no text", "an answer"],
)
def test_what_the_stock_tool_is_known_to_lose_is_seen(mine, theirs, sort, tmp_path):
    update = only_update(mine, theirs, Stock(), tmp_path)

    assert sort in {fault.sort for fault in losses(update)}
    assert update.code == 0


def test_a_conflict_that_the_stock_tool_ends_with_zero_is_a_wrong_exit_code(tmp_path):
    update = only_update([EDIT], [EDIT], Stock(), tmp_path)

    assert update.marked
    assert "exit code" in {fault.sort for fault in faults(update)}


class Sabotage:
    """Our own update, and something that a bad program might do afterwards."""

    name = "sabotage"

    def __init__(self, damage, code=0):
        self.damage, self.code = damage, code

    def __call__(self, project, to):
        Ours()(project, to)
        self.damage(project)
        return Ended(self.code, "")


def _append(path):
    def damage(project):
        with (project / path).open("a") as file:
            file.write("more\n")

    return damage


def _no_damage(project):
    pass


def _answered_anew(project):
    file = project / ANSWERS_FILE
    file.write_text(file.read_text().replace("friends", "nobody"))


def _forgotten(project):
    git(project, "reset", "--quiet", "--hard")


DAMAGE = {
    "nothing": (_no_damage, None),
    "a file of the user's": (_append("notes.md"), "touched"),
    "an ignored file": (_append("docs/extra.md"), "touched"),
    "a line": (lambda project: (project / "notes.md").write_text(""), "lost"),
    "the bit": (lambda project: (project / "notes.md").chmod(0o755), "touched"),
    "a removed file": (lambda project: (project / "conf/settings.toml").touch(), "came back"),
    "a stray file": (lambda project: (project / "leavings.orig").touch(), "stray"),
    "an answer": (_answered_anew, "answer replaced"),
    "a commit": (lambda project: git(project, "commit", "--quiet", "-m", "x"), "touched"),
    "nothing done": (_forgotten, "not brought"),
    "a file once rendered": (_append("once/settings.toml"), "touched"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_seen(name, tmp_path):
    damage, sort = DAMAGE[name]
    mine = [
        Change("add", 0, 3), Change("ignored", 1), Change("delete", 1), Change("append", 0),
    ]  # fmt: skip
    theirs = [Change("edit", 7, 3), Change("append", 7)]

    update = only_update(mine, theirs, Sabotage(damage), tmp_path)

    assert sort in ({fault.sort for fault in faults(update)} or {None})


@pytest.mark.parametrize("code", [0, 1, 4])
def test_a_wrong_exit_code_is_seen(code, tmp_path):
    update = only_update([], [EDIT], Sabotage(_no_damage, code), tmp_path)

    assert (faults(update) == []) == (code == 0)


def test_a_refused_update_that_writes_is_seen(tmp_path):
    refused = [Change("stricter_validator", 1, 5)]

    update = only_update([Change("add", 0, 3)], refused, Sabotage(_append("notes.md"), 3), tmp_path)

    assert {fault.sort for fault in faults(update)} == {"touched"}


def test_every_kind_of_change_changes_something():
    template = first_template(dialect=False)

    for kind in {*BY_TEMPLATE, "link", "linked", "add_link"}:
        assert evolved(template, Change(kind), (1, 1)) != template, kind


def test_a_line_is_no_line_of_another():
    from tests.update.files import KINDS, Author

    entries = {"a.txt": Entry(b"one\ntwo\n")}
    for kind, operation in KINDS.items():
        made = operation(entries, Change(kind), Author("mine", (1, 2)))
        tokens = [token for entry in made.values() for token in entry.tokens]
        assert len(tokens) == len(set(tokens)), kind
