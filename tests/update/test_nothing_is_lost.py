"""No line of the user's is lost by an update, whatever she and the template's authors did.

`uv run pytest -n 2 --hypothesis-profile nightly tests/update/test_nothing_is_lost.py` tells ten
times as many stories, other ones each night.
"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import note

from tests.update.engines import Ours
from tests.update.oracle import faults
from tests.update.projects import git, snapshot
from tests.update.stories import play
from tests.update.telling import CASES, lived_through, told

SHARDS, OTHER_SHARDS = 8, 4


def nothing_is_lost(story):
    with tempfile.TemporaryDirectory() as folder:
        for played in play(story, Ours(), Path(folder)):
            note(played.ended.said)
            assert faults(played.update) == []


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_story_of_a_platform_loses_a_thing(shard):
    told(CASES // SHARDS, shard, nothing_is_lost)


@pytest.mark.parametrize("shard", range(OTHER_SHARDS))
def test_no_story_of_any_other_template_loses_a_thing(shard):
    told(CASES // 10 // OTHER_SHARDS, shard, nothing_is_lost, dialect=False)


class Rehearsing(Ours):
    """`modelwright update` after a dry run."""

    def __call__(self, project, to, **given):
        before = snapshot(project)
        rehearsed = super().__call__(project, to, "--dry-run", **given)
        assert snapshot(project) == before
        ended = super().__call__(project, to, **given)
        assert rehearsed.code == ended.code
        return ended


def test_a_dry_run_touches_nothing():
    lived_through(CASES // 16, 20, Rehearsing())


class TakenBack(Ours):
    """`modelwright update`, taken back by one git command, and done again."""

    def __call__(self, project, to, **given):
        before = snapshot(project)
        ended = super().__call__(project, to, **given)
        updated = snapshot(project)
        git(project, "reset", "--quiet", "--hard")
        assert snapshot(project) == before
        assert super().__call__(project, to, **given).code == ended.code
        assert snapshot(project) == updated
        return ended


def test_one_git_command_takes_an_update_back():
    lived_through(CASES // 16, 21, TakenBack())
