"""From every released version a project reaches the newest one, for ever."""

import random

import pytest
import yaml

from modelwright.template.archetypes import pattern_matches
from tests.platforms import ROOT
from tests.update.engines import Ours
from tests.update.evolutions import ANSWERS_FILE, HERS, SKIPPED, evolved, first_template
from tests.update.files import TOKEN, Change
from tests.update.histories import tag_of, write_history
from tests.update.platform_history import platform_at, platform_history, project
from tests.update.projects import commit_all, git, make_project, read_files, snapshot
from tests.update.stories import ANSWERS, WRITING
from tests.update.stories import rendered as modelled

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no history here")
OPTIONS = (
    {},
    {"personal_data": "none", "load_test": False, "databricks": False},
    {"description": 'Says "when", \\ and where: {a} # ß'},
)


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    folder = tmp_path_factory.mktemp("platform") / "platform.git"
    return folder, platform_history(folder)


def made(history, version, folder, **given):
    """Yield a committed project of every archetype that a version has."""
    platform = platform_at(history[0], version)
    for archetype in platform.policy["archetypes"]:
        place = folder / version / archetype
        yield archetype, make_project(place, project(platform, archetype, **given))


def wanted(history, old, archetype):
    """Return the newest render with a project's answers.

    What is hers stays as it was made, and what an option leaves out now stays where an older
    version rendered it always: Copier leaves alone what a new version excludes.
    """
    platform = platform_at(history[0], history[1][-1])
    stored = yaml.safe_load(old[ANSWERS_FILE].content)
    names = platform.template.questionnaire.names
    kept = {name: value for name, value in stored.items() if name in names}
    new = project(platform, archetype, **{k: v for k, v in kept.items() if k != "archetype"})
    pattern = platform.archetype(archetype)
    left_out = [path for group in pattern.left_out for path in group.paths]
    stays = {
        path: entry
        for path, entry in old.items()
        if pattern.owner_of(path) == "yours"
        or (path not in new and any(pattern_matches(each, path) for each in left_out))
    }
    return {**{p: entry for p, entry in new.items() if pattern.owner_of(p) != "yours"}, **stays}


def without_birth(files):
    answers = yaml.safe_load(files[ANSWERS_FILE].content)
    return {**files, ANSWERS_FILE: {k: v for k, v in answers.items() if k != "born"}}


def test_there_are_versions_to_come_from(history):
    shallow = git(ROOT, "rev-parse", "--is-shallow-repository").strip() == "true"

    assert shallow or len(history[1]) > 3


@pytest.mark.parametrize("given", OPTIONS, ids=["sample", "options", "text"])
def test_an_untouched_project_becomes_a_fresh_one(history, given, tmp_path):
    newest, arrived = history[1][-1], set()
    for version in history[1]:
        for archetype, folder in made(history, version, tmp_path, **given):
            old = read_files(folder)

            ended = Ours()(folder, newest)

            if ended.code == 3:
                assert "error: " in ended.said
                assert "next: " in ended.said
                assert read_files(folder) == old
                continue
            assert ended.code == 0, (version, ended.said)
            assert without_birth(read_files(folder)) == without_birth(
                wanted(history, old, archetype)
            ), version
            arrived.add(archetype)
    assert arrived == set(platform_at(history[0], newest).policy["archetypes"])


def edit(folder, archetype, owner_of):
    """Do by hand what users do, in files of every owner; returns what was deleted."""
    files = read_files(folder)
    texts = [path for path, entry in sorted(files.items()) if entry.text and path[:4] != ".cop"]
    for number, path in enumerate(texts):
        if number % 3 == 0:
            with (folder / path).open("ab") as file:
                file.write(f"# mine-{owner_of(path)}-0-{number};\n".encode())
    deleted = [path for number, path in enumerate(texts) if number % 7 == 1]
    for path in deleted:
        (folder / path).unlink()
    hers = [path for path in texts if owner_of(path) == "yours" and path not in deleted]
    for number, path in enumerate(hers[:2]):
        (folder / path).rename(folder / f"moved_{number}.txt")
    (folder / "src").mkdir(exist_ok=True)
    (folder / "own.bin").write_bytes(b"\0mine-binary-0-1;\xff")
    (folder / "src/own.py").write_bytes(b"# mine-own-0-1;\r\nno_end = 1")
    (folder / "src/own.py").chmod(0o755)
    (folder / "own-link").symlink_to("mine-link-0-1;")
    commit_all(folder)
    (folder / "loose.txt").write_text("mine-loose-0-1;")
    (folder / ".env").write_text("mine-ignored-0-1;")
    return {*deleted, *hers[:2]}


def tokens(files):
    found = {token for entry in files.values() for token in TOKEN.findall(entry.content)}
    return {token for token in found if token.startswith(b"mine-")}


def test_what_a_user_did_survives(history, tmp_path):
    newest = history[1][-1]
    platform = platform_at(history[0], newest)
    for version in history[1]:
        for archetype, folder in made(history, version, tmp_path):
            deleted = edit(folder, archetype, platform.archetype(archetype).owner_of)
            before = snapshot(folder)

            ended = Ours()(folder, newest)

            after = snapshot(folder)
            assert ended.code in (0, 1, 3), (version, ended.said)
            assert tokens(before.files) <= tokens(after.files), version
            assert not deleted & after.files.keys(), version
            own = ("own.bin", "src/own.py", "own-link", "loose.txt", ".env")
            assert all(before.files[path] == after.files[path] for path in own), version
            assert (ended.code == 1) == bool(after.unmerged or beside(before, after)), ended.said


def beside(before, after):
    new = after.files.keys() - before.files.keys()
    return [path for path in new if path.endswith((".yours", ".template"))]


def test_stored_answers_are_valid_or_refused_with_a_reason(history, tmp_path):
    newest = history[1][-1]
    for version in history[1]:
        policy = platform_at(history[0], version).policy
        for number, (team, entry) in enumerate(policy["teams"].items()):
            given = {"team": team, "brand": entry["brands"][-1]}
            for _, folder in made(history, version, tmp_path / str(number), **given):
                before = snapshot(folder)

                ended = Ours()(folder, newest)

                after = snapshot(folder)
                stored = yaml.safe_load(after.files[ANSWERS_FILE].content)
                assert ended.code in (0, 3), (version, ended.said)
                assert {name: stored[name] for name in given} == given
                if ended.code == 3:
                    assert "error: " in ended.said
                    assert before == after


@pytest.mark.parametrize("dialect", [True, False], ids=["dialect", "any template"])
def test_every_version_of_a_long_history_reaches_the_last(dialect, tmp_path):
    rolls = random.Random(7)
    versions = [first_template(dialect=dialect)]
    for number in range(1, 30 if dialect else 6):
        template = versions[-1]
        for step in range(4):
            kind = rolls.choice([*WRITING, "new_question", "removed_question", "new_default"])
            change = Change(kind, rolls.randrange(24), rolls.randrange(16))
            template = evolved(template, change, (number, step))
        versions.append(template)
    source = write_history(tmp_path / "template.git", versions)
    last = len(versions) - 1
    for number in range(len(versions)):
        born = tag_of(number)
        answers = dict.fromkeys((*ANSWERS, *versions[number].names), "long enough")
        old = modelled(versions, number, answers, source, born=born, fresh=True)
        folder = make_project(tmp_path / str(number), old)
        stored = yaml.safe_load(old[ANSWERS_FILE].content)

        ended = Ours()(folder, tag_of(last))

        assert ended.code == 0, (number, ended.said)
        new = modelled(versions, last, stored, source, born=born)
        kept = {path: entry for path, entry in old.items() if path.startswith((HERS, "once/"))}
        assert read_files(folder) == {**new, **(kept if dialect else {SKIPPED: old[SKIPPED]})}
