"""What a stream promises of its worker, by the project's own long proofs."""

import pytest

from tests.nightly import nightly
from tests.templates.green import Green, made

pytestmark = [
    pytest.mark.slow, nightly("minutes each"), pytest.mark.xdist_group("stream proofs")
]  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Green:
    return made(tmp_path_factory.mktemp("proofs"), archetype="streaming-recommendation")


def test_fifty_kills_over_200_000_events_lose_nothing_and_count_nothing_twice(project):
    told = project.succeeds("poe", "kill")

    assert "50 kills over 200000 events" in told
    assert "as after a straight fold: True" in told


def test_the_worker_takes_no_more_memory_after_five_million_events(project):
    assert "| 5,000,000 |" in project.succeeds("poe", "memory")


def test_the_demo_keeps_up_with_5_000_events_a_second(project):
    project.succeeds("poe", "demo", "--rate", "5000")
