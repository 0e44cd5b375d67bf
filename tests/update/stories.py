"""Histories of a template and of a project that follows it, as values, and how one is played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from tests.update.edits import AROUND, TOUCHED, TRACKED, edit_project
from tests.update.engines import Ended, Engine
from tests.update.evolutions import QUESTIONS, Template, evolved, first_template
from tests.update.files import TOKEN, Change, Entry
from tests.update.histories import tag_of, write_history
from tests.update.oracle import Update, is_side
from tests.update.projects import (
    Snapshot,
    commit_all,
    make_project,
    read_files,
    snapshot,
    stored_answers,
    write_files,
)

ANSWERS = {"package": "alpha", "audience": "friends"}
WRITING = (
    "edit", "edit", "edit", "insert", "append", "cut", "rewrite", "empty", "unended", "binary",
    "mode", "delete", "add", "add_binary", "add_agreed", "rename", "rename", "move", "move_folder",
)  # fmt: skip
BY_TEMPLATE = (*WRITING, *WRITING, *QUESTIONS)
LINKS = ("link", "linked", "add_link")
BY_USER = ("edit", "edit", "insert", "binary", "rename", *TRACKED, *AROUND, TOUCHED)


@dataclass(frozen=True)
class Chapter:
    """What the template's authors and the user do until the next update."""

    theirs: tuple[Change, ...] = ()
    mine: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Story:
    """A project's life: for each chapter both sides work, then the project is updated."""

    chapters: tuple[Chapter, ...]
    dialect: bool = True

    @property
    def versions(self) -> list[Template]:
        """Every version of the template."""
        versions = [first_template(dialect=self.dialect)]
        for number, chapter in enumerate(self.chapters, 1):
            template = versions[-1]
            for step, change in enumerate(chapter.theirs):
                template = evolved(template, change, (number, step))
            versions.append(template)
        return versions


@dataclass(frozen=True, kw_only=True)
class Played:
    """One update of a story, and how it ended."""

    chapter: Chapter
    update: Update
    ended: Ended


def play(story: Story, engine: Engine, folder: Path) -> Iterator[Played]:
    """Live a story through with one program, from version to version."""
    versions = story.versions
    source = write_history(folder / "template.git", versions)
    project = folder / "project"
    make_project(project, rendered(versions, 0, ANSWERS, source, born=tag_of(0), fresh=True))
    for number, chapter in enumerate(story.chapters, 1):
        edit_project(project, chapter.mine, number)
        before, stored = snapshot(project), stored_answers(project)
        _, refused = versions[number].answered(stored)
        answered: dict[str, str] = {}
        for data in ({}, dict.fromkeys(refused, "a_longer_answer")) if refused else ({},):
            answered.update(data)
            ended = engine(project, tag_of(number), **data)
            after = snapshot(project)
            judged = _judged(versions, number, stored, answered, source, before, after, ended.code)
            yield Played(chapter=chapter, update=judged, ended=ended)
            if after != before:
                break
        settle(project, before, after)


def _judged(versions, number, stored, given, source, before, after, code):
    _, refused = versions[number].answered({**stored, **given})
    old = [tag_of(place) for place in range(len(versions))].index(stored["_commit"])
    born = stored.get("born")
    new = {**stored, **given}
    return Update(
        base=rendered(versions, old, stored, source, born=born),
        theirs={} if refused else rendered(versions, number, new, source, born=born),
        given=tuple(given),
        owned=versions[number].dialect,
        before=before,
        after=after,
        code=code,
        refused=tuple(refused),
    )


def rendered(versions, number, stored: Mapping[str, str], source, *, born, fresh=False):
    """Return what a version renders with a project's answers."""
    template = versions[number]
    answers, _ = template.answered({**stored, "born": born} if born else stored)
    provenance = {"_src_path": str(source), "_commit": tag_of(number)}
    if template.dialect:
        provenance["born"] = born
    return template.rendered(answers, provenance, fresh=fresh)


def settle(project: Path, before: Snapshot, after: Snapshot) -> None:
    """Resolve every conflict as a hasty person does: all lines stay, what lies beside goes."""
    files = read_files(project)
    new = after.files.keys() - before.files.keys()
    resolved = {
        path: _without_markers(entry)
        for path, entry in files.items()
        if not (path in new and is_side(path))
    }
    write_files(project, files, resolved)
    commit_all(project)


def _without_markers(entry: Entry) -> Entry:
    if b"\n<<<<<<< " not in b"\n" + entry.content:
        return entry
    kept: list[bytes] = []
    of_base = False
    for line in entry.content.split(b"\n"):
        of_base = line.startswith(b"|||||||") or (of_base and not line.startswith(b"======="))
        marker = line.startswith((b"<<<<<<< ", b">>>>>>> ", b"======="))
        if not (of_base or marker or (line in kept and TOKEN.search(line))):
            kept.append(line)
    return Entry(b"\n".join(kept), entry.executable)


def changes(kinds: tuple[str, ...]) -> st.SearchStrategy[Change]:
    """Return changes of some kinds."""
    return st.builds(
        Change,
        st.sampled_from(kinds),
        pick=st.integers(0, 23),
        where=st.integers(0, 15),
    )


@st.composite
def stories(draw: st.DrawFn, *, dialect: bool = True) -> Story:
    """Return a life of one to three updates."""
    by_template = BY_TEMPLATE if dialect else BY_TEMPLATE + LINKS
    chapter = st.builds(
        Chapter,
        theirs=st.lists(changes(by_template), min_size=1, max_size=6).map(tuple),
        mine=st.lists(changes(BY_USER), max_size=6).map(tuple),
    )
    chapters = draw(st.lists(chapter, min_size=1, max_size=3))
    return Story(tuple(chapters), dialect=dialect)
