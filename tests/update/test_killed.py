"""An update that is killed at any moment is finished or undone by the next command."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.update.edits import edit_project
from tests.update.engines import Ours
from tests.update.evolutions import evolved, first_template
from tests.update.files import Change
from tests.update.histories import tag_of, write_history
from tests.update.oracle import Update, faults
from tests.update.projects import make_project, snapshot
from tests.update.stories import ANSWERS, rendered

MINE = (
    Change("edit", 0, 3), Change("binary", 0, 1), Change("rename", 3, 1), Change("delete", 5),
    Change("edit", 1, 3), Change("mode", 2), Change("add", 0, 3), Change("ignored", 5),
    Change("untracked", 1),
)  # fmt: skip
THEIRS = (
    Change("edit", 0, 3), Change("binary", 0, 2), Change("rename", 4, 1), Change("edit", 2, 4),
    Change("add", 4, 3), Change("add", 1, 3), Change("delete", 2), Change("mode", 6),
)  # fmt: skip
WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod"}
MOMENTS = 40


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A project before an update, and after an update that nobody disturbed."""
    folder = tmp_path_factory.mktemp("scene")
    versions = [first_template()]
    template = versions[0]
    for step, change in enumerate(THEIRS):
        template = evolved(template, change, (1, step))
    versions.append(template)
    source = write_history(folder / "template.git", versions)
    base = rendered(versions, 0, ANSWERS, source, born=tag_of(0))
    made = rendered(versions, 0, ANSWERS, source, born=tag_of(0), fresh=True)
    project = make_project(folder / "project", made)
    edit_project(project, MINE, 1)
    before = snapshot(project)
    undisturbed = copied(project, folder / "undisturbed")
    ended = Ours()(undisturbed, tag_of(1))
    theirs = rendered(versions, 1, ANSWERS, source, born=tag_of(0))
    after = snapshot(undisturbed)
    update = Update(
        base=base, theirs=theirs, before=before, after=after, code=ended.code, owned=True
    )
    assert faults(update) == []
    assert ended.code == 1
    return project, before, after


def copied(project, into):
    shutil.copytree(project, into, symlinks=True)
    return into


def is_an_event(event, arguments, project):
    """Say whether a process is started or something in the project is written."""
    if event == "subprocess.Popen":
        return True
    if not any(str(project) in str(argument) for argument in arguments[:2]):
        return False
    if event == "open":
        return bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in WRITES


def updating(project, moment=None, delay=0.0):
    """Update in a child process of its own group; killed at one of its writes, or after a delay.

    Returns:
        How many writes there were, where it was not killed.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.setsid()
        seen = [0]

        def hook(event, arguments):
            if is_an_event(event, arguments, project):
                seen[0] += 1
                if seen[0] == moment and event == "subprocess.Popen":
                    threading.Timer(delay, os.killpg, (0, signal.SIGKILL)).start()
                elif seen[0] == moment:
                    os.killpg(0, signal.SIGKILL)

        try:
            sys.addaudithook(hook)
            Ours()(project, tag_of(1))
            os.write(writer, str(seen[0]).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        return int(told.read() or 0)


def comes_right(project, before, after):
    """Check that nothing is lost now and that the next update ends where it should have."""
    halfway = snapshot_of_files(project)
    loose = {path for path, code in before.status.items() if code in ("??", "!!")}
    assert all(halfway[path] == before.files[path] for path in loose)
    ended = Ours()(project, tag_of(1))
    if ended.code == 4:
        assert "commit" in ended.said, ended.said
    else:
        assert ended.code == 1, ended.said
    assert snapshot(project) == after, ended.said
    left = {path.name for path in (project / ".git").rglob("*") if path.is_file()}
    assert not left & {"index.lock", "update.json", "update.new"}


def snapshot_of_files(project):
    from tests.update.projects import read_files

    return read_files(project)


def test_a_kill_at_any_write_is_made_good(scene, tmp_path):
    project, before, after = scene
    writes = updating(copied(project, tmp_path / "counted"))
    assert writes > 10
    rolls = random.Random(3)
    early, late = range(1, writes - MOMENTS), range(writes - MOMENTS, writes + 1)
    for moment in (*rolls.sample(early, 10), *late):
        hurt = copied(project, tmp_path / str(moment))

        updating(hurt, moment, delay=rolls.random() * 0.006)

        comes_right(hurt, before, after)
        shutil.rmtree(hurt)


def test_a_kill_at_any_time_is_made_good(scene, tmp_path):
    project, before, after = scene
    rolls = random.Random(5)
    command = [sys.executable, "-m", "modelwright", "update", "--to", tag_of(1)]
    started = time.monotonic()
    subprocess.run(
        [*command, copied(project, tmp_path / "timed")], capture_output=True, check=False
    )
    takes = time.monotonic() - started
    for number in range(10):
        hurt = copied(project, tmp_path / str(number))
        process = subprocess.Popen(
            [*command, hurt], start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(takes * (0.4 + 0.6 * rolls.random()))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

        comes_right(hurt, before, after)


def test_what_is_written_after_a_kill_is_kept(scene, tmp_path):
    project, _, _ = scene
    writes = updating(copied(project, tmp_path / "counted"))
    for moment in range(writes, writes - MOMENTS, -1):
        hurt = copied(project, tmp_path / str(moment))
        updating(hurt, moment)
        if (hurt / ".git/modelwright/update.json").exists():
            (hurt / "README.md").write_text("mine-after-9-9; written after the kill\n")

            Ours()(hurt, tag_of(1))

            files = snapshot_of_files(hurt).values()
            assert any(b"mine-after-9-9;" in entry.content for entry in files), moment
