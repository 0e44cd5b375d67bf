"""No line of the user's is lost by an update, whatever she and the template's authors did.

`uv run pytest -n 2 --hypothesis-profile nightly tests/update/test_nothing_is_lost.py` tells ten
times as many stories, other ones each night.
"""

import datetime
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings

from tests.update.engines import Ours
from tests.update.files import Entry
from tests.update.oracle import faults
from tests.update.projects import git, make_project, read_files, snapshot, write_files
from tests.update.stories import Story, play, stories

NIGHTLY = settings.get_current_profile_name() == "nightly"
CASES = settings().max_examples if NIGHTLY else 200
SHARDS = 8
ANY_TEMPLATE = CASES // 10
TONIGHT = datetime.datetime.now(tz=datetime.UTC).toordinal() if NIGHTLY else 0
HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def told(number, shard, tell, **kind):
    """Tell some stories, the same ones every time but in the nightly profile."""
    test = given(story=stories(**kind))(tell)
    phases = [phase for phase in Phase if phase is not Phase.explain]
    few = settings(max_examples=number, database=None, phases=phases, suppress_health_check=HEALTH)
    seed(TONIGHT * SHARDS + shard)(few(test))()


def nothing_is_lost(story: Story):
    with tempfile.TemporaryDirectory() as folder:
        for played in play(story, Ours(), Path(folder)):
            note(played.ended.said)
            assert faults(played.update) == []


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_story_of_a_platform_loses_a_thing(shard):
    told(CASES // SHARDS, shard, nothing_is_lost)


@pytest.mark.parametrize("shard", range(4))
def test_no_story_of_any_other_template_loses_a_thing(shard):
    told(ANY_TEMPLATE // 4, shard, nothing_is_lost, dialect=False)


def test_a_dry_run_touches_nothing():
    def tell(story):
        with tempfile.TemporaryDirectory() as folder:
            for _ in play(story, Rehearsing(), Path(folder)):
                pass

    told(CASES // 8, SHARDS, tell)


def test_one_git_command_undoes_an_update():
    def tell(story):
        with tempfile.TemporaryDirectory() as folder:
            for played in play(story, Ours(), Path(folder)):
                if played.ended.code not in (0, 1):
                    return
                git(Path(folder) / "project", "reset", "--quiet", "--hard")
                assert snapshot(Path(folder) / "project") == played.update.before
                return

    told(CASES // 8, SHARDS + 1, tell)


def test_a_project_in_a_folder_of_a_repository_is_no_different():
    def tell(story):
        with tempfile.TemporaryDirectory() as folder:
            for _ in play(story, Inside(), Path(folder)):
                pass

    told(CASES // 8, SHARDS + 2, tell)


class Rehearsing(Ours):
    """`modelwright update` after a dry run."""

    def __call__(self, project, to, **given):
        before = snapshot(project)
        rehearsed = super().__call__(project, to, "--dry-run", **given)
        assert snapshot(project) == before
        ended = super().__call__(project, to, **given)
        assert rehearsed.code == ended.code
        return ended


class Inside(Ours):
    """`modelwright update` of a project, and of a copy of it inside a larger repository."""

    def __call__(self, project, to, **given):
        before = snapshot(project)
        around = {"README.md": Entry(b"of the whole\n"), "apps/other.md": Entry(b"another\n")}
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder)
            inner = {f"apps/project/{path}": entry for path, entry in before.tracked.items()}
            make_project(whole, {**around, **inner})
            loose = {p: e for p, e in before.files.items() if p not in before.tracked}
            write_files(whole / "apps/project", {}, loose)
            there = super().__call__(whole / "apps/project", to, **given)
            here = super().__call__(project, to, **given)
            assert there.code == here.code, there.said
            assert read_files(whole / "apps/project") == read_files(project)
            assert {path: read_files(whole)[path] for path in around} == around
            unmerged = {f"apps/project/{path}" for path in snapshot(project).unmerged}
            assert snapshot(whole).unmerged == unmerged
        return here
