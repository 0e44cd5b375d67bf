"""The answer log: who was shown what, by which version, and what came of it.

It is an SQLite file in the data folder. The service hands records to a thread and
never waits for the disk; a graceful stop writes what is left. Users stand under their key alone.
With `log_lines` each answer is a line of standard output too, for the collector of a cluster.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from pydantic_core import from_json, to_json

from . import ProjectError, UseCase, state
from .events import Mask
from .monitoring import Metrics
from .settings import Settings

__all__ = ["AnswerLog", "Arm", "Record", "Settled", "Shown", "Store", "feedback"]

TABLES = """
CREATE TABLE IF NOT EXISTS answers (
    request_id TEXT, at REAL, experiment TEXT, arm TEXT, version TEXT, user TEXT, items TEXT,
    fallback TEXT, latency_ms REAL, hit TEXT
);
CREATE INDEX IF NOT EXISTS answers_id ON answers (request_id);
CREATE INDEX IF NOT EXISTS answers_at ON answers (at);
CREATE INDEX IF NOT EXISTS answers_user ON answers (user);
CREATE INDEX IF NOT EXISTS answers_arm ON answers (experiment, arm, user, hit);
CREATE INDEX IF NOT EXISTS answers_open ON answers (hit) WHERE hit IS NULL;
"""
COLUMNS = (
    *("request_id", "at", "experiment", "arm", "version", "user", "items"),
    *("fallback", "latency_ms", "hit"),
)
PLACES = f"({','.join('?' * len(COLUMNS))})"
MAGIC = b"SQLite format 3\0"
LINES = logging.getLogger("answers")
BATCH = 64
PAUSE = 0.05
HOUR = 3600.0
MINUTE = 60.0
WAIT_FOR_LOCK = 30.0
AT_ONCE = 1000
NEWEST = 1000
NO_HIT = ""


class Record(NamedTuple):
    """One answer, as the service hands it over.

    Attributes:
        at: Seconds since the Unix epoch (UTC).
        experiment: Name of the one that was on; empty where everybody meets the champion.
        arm: champion or challenger.
        version: Whose answer it was; empty where no version was loaded.
        user: The key under which the user is known; empty where nobody was asked for.
        items: What was shown, best first.
        fallback: Why the answer knows less than it might; empty where it does not.
        latency: Seconds.
    """

    request_id: str
    at: float
    experiment: str
    arm: str
    version: str
    user: str
    items: Sequence[str]
    fallback: str
    latency: float


class Arm(NamedTuple):
    """What one arm of an experiment came to.

    Attributes:
        users: Users whom it answered: the units that were drawn.
        converted: Those of them who clicked something that it showed them.
        answers: Answers that it gave.
        hits: Answers of which something was clicked.
        mean_ms: Mean time to answer, in milliseconds.
        p99_ms: Time within which 99 of 100 answers were there, in milliseconds.
        fallbacks: Share of the answers that were a fallback, in [0, 1].
        coverage: Different items among the newest answers, as many of each arm.
        versions: All that answered under its name.
    """

    users: int = 0
    converted: int = 0
    answers: int = 0
    hits: int = 0
    mean_ms: float = 0.0
    p99_ms: float = 0.0
    fallbacks: float = 0.0
    coverage: int = 0
    versions: tuple[str, ...] = ()


class Shown(NamedTuple):
    """What a user was shown: the answer's id, its time in seconds, the user's key, the items."""

    request_id: str
    at: float
    user: str
    items: list[str]


class Settled(NamedTuple):
    """What a run of `feedback` found: answers by what became of them."""

    hits: int
    misses: int
    waiting: int


class Line(msgspec.Struct):
    """What a line of standard output says of an answer: all that is logged, or its hit alone."""

    answer: dict[str, Any]


class Store:
    """The log's file: what is written, read, deleted; one object per thread."""

    def __init__(self, settings: Settings, path: Path | str = "") -> None:
        path = path or settings.environment.data / "answers.db"
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._mask = Mask(settings)
        self._retention = settings.privacy.retention_days * 86_400.0
        self._lines = settings.service.log_lines
        self._open = sqlite3.connect(path, timeout=WAIT_FOR_LOCK)
        self._open.execute("PRAGMA journal_mode = WAL")
        self._open.execute("PRAGMA synchronous = NORMAL")
        self._open.execute("PRAGMA secure_delete = ON")
        self._open.executescript(TABLES)

    def write(self, records: Sequence[Record]) -> None:
        """Append records in one transaction.

        One statement takes many rows: SQLite works without Python's lock until it is done.
        """
        with self._open:
            for start in range(0, len(records), BATCH):
                rows = [_row(record) for record in records[start : start + BATCH]]
                places = ",".join([PLACES] * len(rows))
                values = list(chain.from_iterable(rows))
                self._open.execute("INSERT INTO answers VALUES " + places, values)
        for record in records if self._lines else ():
            row = dict(zip(COLUMNS, _row(record), strict=True))
            _tell(row | {"items": list(record.items)})

    def take(self, path: Path) -> None:
        """Add what other services logged; what is taken later replaces.

        Args:
            path: A copy of a service's file, or what services wrote to standard output.

        Raises:
            ProjectError: The file is neither.
        """
        try:
            with path.open("rb") as file:
                copied = file.read(len(MAGIC)) == MAGIC
            rows = _of_file(path) if copied else _of_lines(path)
        except (OSError, sqlite3.Error, ValueError) as error:
            raise ProjectError(
                f"{path} is no log of answers: {error}",
                next_step="name copies of services' answers.db, or what they wrote by `log_lines`",
                code=3,
            ) from error
        with self._open:
            self._open.executemany(
                "DELETE FROM answers WHERE request_id = ?", [row[:1] for row in rows]
            )
            self._open.executemany("INSERT INTO answers VALUES " + PLACES, rows)

    def unsettled(self, before: float) -> Iterator[list[Shown]]:
        """Give what was shown until then and is not settled, in parts, oldest first."""
        last = 0
        query = (
            "SELECT rowid, request_id, at, user, items FROM answers"
            " WHERE hit IS NULL AND rowid > ? AND at < ? ORDER BY rowid LIMIT ?"
        )
        while rows := self._open.execute(query, (last, before, AT_ONCE)).fetchall():
            yield [Shown(one, at, user, from_json(items)) for _, one, at, user, items in rows]
            last = rows[-1][0]

    def settle(self, found: Iterable[tuple[str, str | None]]) -> int:
        """Write which item of an answer was clicked, by request id; None for none of them."""
        rows = [(item or NO_HIT, request_id) for request_id, item in found]
        with self._open:
            query = "UPDATE answers SET hit = ? WHERE request_id = ?"
            count = self._open.executemany(query, rows).rowcount
        for hit, request_id in rows if self._lines else ():
            _tell({"request_id": request_id, "hit": hit})
        return count

    def users(self, experiment: str) -> dict[str, int]:
        """Return how many users each arm of an experiment answered."""
        query = "SELECT arm, count(DISTINCT user) FROM answers WHERE experiment = ? GROUP BY arm"
        return dict(self._open.execute(query, (experiment,)).fetchall())

    def arms(self, experiment: str = "") -> dict[str, Arm]:
        """Return what each arm came to; without a name, what was answered outside experiments."""
        rows = self._open.execute(
            "SELECT arm, count(DISTINCT user), count(DISTINCT iif(hit != '', user, NULL)),"
            " count(*), total(hit != ''), avg(latency_ms), avg(fallback != ''),"
            " group_concat(DISTINCT version)"
            " FROM answers WHERE experiment = ? AND user != '' GROUP BY arm",
            (experiment,),
        ).fetchall()
        newest = min([NEWEST, *(row[3] for row in rows)])
        return {
            arm: Arm(
                users,
                converted,
                answers,
                int(hits),
                mean,
                self._p99(experiment, arm, answers),
                fallbacks,
                self._coverage(experiment, arm, newest),
                tuple(sorted(versions.split(","))),
            )
            for arm, users, converted, answers, hits, mean, fallbacks, versions in rows
        }

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        """Return columns of every answer, oldest first."""
        query = f"SELECT {', '.join(columns)} FROM answers ORDER BY at"
        return self._open.execute(query).fetchall()

    def count(self) -> int:
        """Return how many answers there are."""
        return int(self._open.execute("SELECT count(*) FROM answers").fetchone()[0])

    def delete_person(self, user: str) -> int:
        """Delete every answer to one person, named as callers do; returns how many."""
        return self._delete("user = ?", self._mask.text(user))

    def delete_old(self, *, now: float) -> int:
        """Delete what is older than the configured retention; returns how many answers."""
        return self._delete("at < ?", now - self._retention)

    def close(self) -> None:
        """Close the file."""
        self._open.close()

    def _p99(self, experiment: str, arm: str, answers: int) -> float:
        found = self._open.execute(
            "SELECT latency_ms FROM answers WHERE experiment = ? AND arm = ? AND user != ''"
            " ORDER BY latency_ms LIMIT 1 OFFSET ?",
            (experiment, arm, int(0.99 * answers)),
        ).fetchone()
        return float(found[0])

    def _coverage(self, experiment: str, arm: str, newest: int) -> int:
        rows = self._open.execute(
            "SELECT items FROM answers WHERE experiment = ? AND arm = ? AND user != ''"
            " ORDER BY at DESC LIMIT ?",
            (experiment, arm, newest),
        )
        return len({item for (items,) in rows for item in from_json(items)})

    def _delete(self, which: str, value: str | float) -> int:
        with self._open:
            gone = self._open.execute("DELETE FROM answers WHERE " + which, (value,))
        self._open.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone.rowcount


def _row(record: Record) -> tuple[object, ...]:
    return (
        record.request_id,
        record.at,
        record.experiment,
        record.arm,
        record.version,
        record.user,
        to_json(record.items).decode(),
        record.fallback,
        record.latency * 1000.0,
        None if record.user and record.items else NO_HIT,
    )


def _tell(answer: Mapping[str, object]) -> None:
    LINES.info("answer", extra={"fields": {"answer": answer}})


def _of_file(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as other:
        return other.execute("SELECT * FROM answers").fetchall()


def _of_lines(path: Path) -> list[tuple[Any, ...]]:
    """Return the answers among the lines of services, whatever else stands there."""
    answers: dict[str, dict[str, Any]] = {}
    hits: dict[str, Any] = {}
    with path.open("rb") as lines:
        for line in lines:
            with suppress(msgspec.MsgspecError):
                told = msgspec.json.decode(line, type=Line).answer
                if told.keys() == {*COLUMNS}:
                    answers[told["request_id"]] = told | {"items": to_json(told["items"]).decode()}
                elif told.keys() == {"request_id", "hit"}:
                    hits[told["request_id"]] = told["hit"]
    if not answers:
        raise ValueError("no line of it tells of an answer")
    settled = (one | {"hit": hits.get(name, one["hit"])} for name, one in answers.items())
    return [tuple(one[column] for column in COLUMNS) for one in settled]


class AnswerLog:
    """Takes records from the service at once and writes them from a thread."""

{% include 'templates/_shared/answer-log.py' %}

def feedback(
    settings: Settings,
    use_case: UseCase[Any, Any],
    states: state.Store,
    log: Store,
    *,
    now: float | None = None,
    closed: bool = False,
) -> Settled:
    """Join clicks to what was shown: a hit is an event about a shown item, soon after the answer.

    A state holds a user's newest events only: a click that fell out of it before is no hit. The
    service itself settles every answer once, when its time is up.

    Args:
        settings: Says how soon is soon.
        use_case: Reads states.
        states: Where the worker keeps them.
        log: Where the answers are.
        now: Seconds since the Unix epoch; the present where not given.
        closed: Only answers to which no hit can come any more.

    Raises:
        StoreError: The states cannot be read; what was settled before stays settled.
    """
    now = time.time() if now is None else now
    window = settings.service.click_minutes * MINUTE
    hits = misses = waiting = 0
    for shown in log.unsettled(now - window if closed else now):
        found = states.get_many(sorted({one.user for one in shown}))
        recent = {key: use_case.state_type.load(kept).recent for key, kept in found.items()}
        known: list[tuple[str, str | None]] = []
        for one in shown:
            hit = _hit(one, recent.get(one.user, ()), window, settings.weights)
            if hit is None and one.at + window > now:
                waiting += 1
            else:
                known.append((one.request_id, hit))
                hits += hit is not None
                misses += hit is None
        log.settle(known)
    return Settled(hits, misses, waiting)


def _hit(
    shown: Shown,
    recent: Sequence[Sequence[Any]],
    window: float,
    weights: Mapping[str, float],
) -> str | None:
    """Return the shown item that an event which counts is about, at most `window` s afterwards."""
    for at, _, item, kind, *_ in recent:
        soon = shown.at < at / 1000.0 <= shown.at + window
        if soon and item in shown.items and weights.get(kind, 0.0) > 0:
            return str(item)
    return None
