"""Random histories, and something that comes in between at a random moment: nothing is ever lost.

`uv run pytest -n 2 --hypothesis-profile nightly tests/update/test_interference.py` tells ten times
as many stories.
"""

import os
import random
import shutil
import signal
from contextlib import contextmanager

import pytest

from modelwright.adapters.git import project
from tests.update.engines import Ours
from tests.update.projects import git, read_files, snapshot
from tests.update.telling import CASES, lived_through

MARK = b"interference-9-9; came in between\n"
MOMENTS = 14


@contextmanager
def at_moment(number, action):
    """Do something just before git is run in the project for the nth time."""
    real, seen = project.output, [0]

    def output(*arguments, **options):
        if seen[0] == number:
            seen[0] += 1
            action()
        seen[0] += 1
        return real(*arguments, **options)

    project.output = output
    try:
        yield
    finally:
        project.output = real


class Disturbed(Ours):
    """`modelwright update` of a copy of the project that is disturbed, then of the project."""

    def __init__(self, disturb):
        self.disturb = disturb

    def __call__(self, project, to, **given):
        copy = project.with_name(f"{project.name}-disturbed")
        shutil.copytree(project, copy, symlinks=True)
        git(copy, "status", "--porcelain")  # lets the index know the copy's files
        before = snapshot(copy)
        rolls = random.Random(f"{to}{sorted(before.files)}")

        def run(*options):
            return Ours.__call__(self, copy, to, *options, **given)

        self.disturb(copy, before, rolls, run)
        shutil.rmtree(copy)
        return super().__call__(project, to, **given)


def tracked_texts(before):
    """Return the tracked files that a line can be added to."""
    loose = {path for path, code in before.status.items() if code in ("??", "!!")}
    return sorted(path for path, e in before.files.items() if not e.link and path not in loose)


def add_mark(project, path):
    with (project / path).open("ab") as file:
        file.write(MARK)


def is_kept(project, before, path, ended):
    """Check that the line is there, and that what an error says is true."""
    after = read_files(project)
    assert any(MARK in entry.content for entry in after.values()), ended.said
    if ended.code == 4:
        assert "nothing was changed" in ended.said
        assert {p: e for p, e in after.items() if p != path} == {
            p: e for p, e in before.files.items() if p != path
        }
        assert after[path].content == before.files[path].content + MARK
    else:
        assert ended.code in (0, 1, 3), ended.said
    assert not (project / ".git/index.lock").exists()


def saved(project, before, rolls, run):
    path = rolls.choice(tracked_texts(before))
    came = []

    def save():
        add_mark(project, path)
        came.append(path)

    with at_moment(rolls.randrange(MOMENTS), save):
        ended = run()
    if came:
        is_kept(project, before, path, ended)


def hidden(project, before, rolls, run):
    path = rolls.choice(tracked_texts(before))
    flag = rolls.choice(["--assume-unchanged", "--skip-worktree"])
    git(project, "update-index", flag, path)
    add_mark(project, path)
    is_kept(project, before, path, run())


def locked(project, before, rolls, run):
    lock = project / ".git/index.lock"
    with at_moment(rolls.randrange(MOMENTS // 2), lock.touch):
        ended = run()
    if lock.exists():
        assert ended.code in (0, 3, 4)
        lock.unlink()
        assert ended.code == 0 or snapshot(project) == before


def undone(project, before, rolls, run):
    if run().code in (0, 1) and list((project / ".git/modelwright/done").glob("*")):
        ended = Ours()(project, "", "--undo")
        assert ended.code == 0, ended.said
    assert snapshot(project) == before


def killed(project, before, rolls, run):
    undo, edit = rolls.random() < 0.5, rolls.random() < 0.5
    child = os.fork()
    if child == 0:
        try:
            with at_moment(rolls.randrange(MOMENTS), lambda: os.kill(os.getpid(), signal.SIGKILL)):
                run()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    begun = (project / ".git/modelwright/update.json").exists()
    path = rolls.choice([p for p in tracked_texts(before) if (project / p).is_file()] or [""])
    if begun and edit and path:
        add_mark(project, path)
    if not begun:
        return
    ended = Ours()(project, "", "--undo") if undo else run()
    assert ended.code in (0, 1, 4), ended.said
    files = read_files(project)
    if edit and path:
        assert any(MARK in entry.content for entry in files.values()), ended.said
    elif undo:
        assert snapshot(project) == before
    assert not (project / ".git/index.lock").exists()


@pytest.mark.parametrize("disturb", [saved, hidden, locked, undone, killed])
def test_whatever_comes_in_between_nothing_is_lost(disturb):
    lived_through(max(CASES // 25, 1), 40 + len(disturb.__name__), Disturbed(disturb))
