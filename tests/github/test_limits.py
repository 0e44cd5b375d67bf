"""GitHub's limits are obeyed, and the figures of a creation are as the documents say."""

import time

import pytest

from tests.github.creating import FULL_NAME, writes
from tests.github.fake import faults
from tests.github.organisation import LOGIN, secret
from tests.github.standing import standing, twice


def test_the_hours_limit_is_waited_for(fake, create):
    fake.fail(f"PUT /repos/{FULL_NAME}/topics", faults.RATE_LIMIT)
    fake.limits.exhaust(seconds=2)

    ran = create()

    assert ran.code == 0, ran.err
    assert twice(fake) == []
    assert fake.limits.calls_while_blocked <= 8


def test_a_long_limit_is_said_and_not_waited_for(fake, create):
    fake.limits.exhaust(seconds=3000)
    started = time.monotonic()

    ran = create()

    assert ran.code == 4
    assert "minutes" in ran.err
    assert time.monotonic() - started < 60
    assert fake.repository(FULL_NAME) is None


def test_the_limit_of_a_moment_is_obeyed(fake, create):
    fake.limits.retry_after, fake.limits.writes_a_minute = 1, 12

    def calm(call):
        if fake.limits.blocked_until and time.time() >= fake.limits.blocked_until:
            fake.limits.writes_a_minute = 80
        return False

    fake.fail(calm, faults.SERVER_ERROR)

    ran = create()

    assert ran.code == 0, ran.err
    assert twice(fake) == []
    # What was in flight when the limit struck arrives within it; nothing begins afterwards.
    assert fake.limits.calls_while_blocked <= 8


def test_few_calls_are_in_flight_together(fake, create):
    fake.latency = 0.02

    ran = create()

    assert ran.code == 0, ran.err
    assert 2 <= fake.limits.most_under_way <= 8


@pytest.mark.parametrize(
    ("kind", "calls"),
    [(faults.SERVER_ERROR, 2), (faults.RESET_BEFORE, 2), (faults.RESET_AFTER, 2)],
)
def test_an_idempotent_call_is_tried_again(fake, create, kind, calls):
    topics = f"PUT /repos/{FULL_NAME}/topics"
    fake.fail(topics, kind)

    ran = create()

    assert ran.code == 0, ran.err
    assert fake.calls.count(topics) == calls
    assert fake.repository(FULL_NAME).topics


@pytest.mark.parametrize("kind", [faults.SERVER_ERROR, faults.RESET_BEFORE, faults.RESET_AFTER])
def test_what_is_not_idempotent_is_read_before_it_is_sent_again(fake, create, kind):
    make = f"POST /repos/{FULL_NAME}/rulesets"
    fault = fake.fail(make, kind)

    ran = create()

    assert ran.code == 0, ran.err
    assert fault.met == 1
    assert fake.calls.count(make) == (1 if kind == faults.RESET_AFTER else 2)
    assert len(fake.repository(FULL_NAME).rulesets) == 1
    assert twice(fake) == []


def test_a_slow_github_is_not_waited_for_forever(fake, create, monkeypatch):
    monkeypatch.setenv("MODELWRIGHT_GITHUB_TIMEOUT", "0.5")
    fake.fail(lambda call: call.path == f"/orgs/{LOGIN}", faults.TIMEOUT, times=-1)

    ran = create()

    assert ran.code == 4
    assert fake.repository(FULL_NAME) is None


def calls_of(fake, create, *arguments) -> list:
    mark = len(fake.exchanges)
    ran = create(*arguments)
    assert ran.code == 0, ran.err
    return [found for found in create.sent_since(mark) if not found.is_git]


def test_the_number_of_calls_keeps_its_formula(fake, create, organisation, capsys):
    first = calls_of(fake, create)
    second = calls_of(fake, create)
    create.answers |= {"team": "kitto-marketing", "use_case": "mail-timing"}
    other_first = calls_of(fake, create)
    other_second = calls_of(fake, create)

    print(len(first), len(second), len(other_first), len(other_second))
    assert len(second) == expected(organisations=7, environments=3, variables=3)
    assert writes(second) == []
    assert len(other_second) == expected(organisations=7, environments=3, variables=3)


def expected(*, organisations: int, environments: int, variables: int) -> int:
    """Calls of an empty second run: constant + per environment + per variable."""
    return organisations + variables + 19 + 2 * environments


def test_a_creation_is_quick(fake, create):
    """20 ms in every answer; the time of GitHub's calls, without rendering, is what is measured."""
    fake.latency = 0.02
    started = time.monotonic()

    ran = create()

    whole = time.monotonic() - started
    assert ran.code == 0, ran.err
    print(f"{whole:.2f} s for {len(fake.exchanges)} calls")
    assert standing(fake, FULL_NAME)
    assert secret is not None
