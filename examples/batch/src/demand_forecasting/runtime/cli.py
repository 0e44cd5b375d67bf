"""The project's verbs. Everything that a person can mend ends in one line that says how."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final

from .. import data, decide, evaluate, features, schemas, train
from . import ProjectError, UseCase, backtest, demo, monitoring, scoring, training
from .log import Gauges, Progress, set_up
from .model import read_passport
from .registry import Registry
from .scoring import Written
from .settings import Settings
from .settings import load as configured
from .training import CHAMPION

__all__ = ["USE_CASE", "main", "trace"]

CLOSED_PIPE = 141  # what a shell says of a command whose reader went away
Option = tuple[str, dict[str, Any]]


class Yours:
    """Your six modules, as the machinery sees them."""

    contract = schemas.CONTRACT
    read = staticmethod(data.read)
    features = staticmethod(features.features)
    fit = staticmethod(train.fit)
    evaluate = staticmethod(evaluate.evaluate)
    decide = staticmethod(decide.decide)


USE_CASE: Final[UseCase] = Yours()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb.

    Returns:
        0 done; 1 findings, a person must look; 2 wrong usage; 3 refused by a rule; 4 the
        surroundings failed; 141 the reader of a pipe went away.
    """
    asked = _parser().parse_args(arguments)
    try:
        code = _run(asked)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end, which nobody could catch.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    return code


def _run(asked: argparse.Namespace) -> int:
    try:
        return int(asked.run(asked, load()) or 0)
    except ProjectError as error:
        print(f"error: {error}; next: {error.next_step}", file=sys.stderr)
        return error.code
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        # A full disk or a missing right shows wherever something is written.
        step = "make room or give the right, then run it again"
        print(f"error: {error}; next: {step}", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 130


def load() -> Settings:
    """Read the configuration; from here on SIGTERM ends a run as any error does."""
    settings = configured()
    set_up(machine=settings.environment.name != "local")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stopped)
    return settings


def _stopped(number: int, frame: object) -> None:
    raise ProjectError(
        f"stopped by {signal.Signals(number).name}",
        next_step="run the same command again; nothing is half-written",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py", description="The verbs of this project.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    verb = partial(_verb, verbs)
    version: Option = ("version", {"help": "a version of the registry, or `latest`"})
    day: Option = ("--as-of", {"type": _day, "help": "run date, YYYY-MM-DD"})
    verb("demo", _demo, "Everything once, on a sample of its own.")
    verb(
        "train",
        _train,
        "Train, backtest and register a version.",
        day,
        ("--seed", {"type": int, "help": "of the fit"}),
        ("--promote", {"action": "store_true", "help": "let it be champion, past the gate"}),
    )
    verb("score", _score, "Forecast with the champion and write a partition.", day)
    verb(
        "backfill",
        _backfill,
        "Write the partitions of past run dates, each as of its own day.",
        ("--from", {"type": _day, "required": True, "dest": "first", "help": "YYYY-MM-DD"}),
        ("--to", {"type": _day, "required": True, "dest": "last", "help": "YYYY-MM-DD"}),
    )
    verb("promote", _promote, "Let a version be champion, past the gate.", version, *WHO)
    verb("rollback", _rollback, "Swap champion and previous.", *WHO)
    verb("trace", _trace, "Say where a version came from.", version)
    verb("ready", _ready, "Say whether configuration and registry are sound; changes nothing.")
    verb("drift", _drift, "Compare the newest days with the training data.", day)
    verb("feedback", _feedback, "Join what turned out to be true, and measure.")
    verb(
        "freshness",
        _freshness,
        "Say whether forecasts and panel are recent.",
        ("--now", {"type": datetime.fromisoformat, "help": "another time than the clock's"}),
    )
    series: Option = ("--series", {"type": int, "default": 1000, "help": "how many"})
    verb("bench", _bench, "Time fit and forecast, with the memory they took.", series)
    return parser


def _verb(
    verbs: Any,
    name: str,
    run: Callable[[Any, Settings], int | None],
    say: str,
    *options: Option,
) -> None:
    made = verbs.add_parser(name, help=say, description=say)
    made.set_defaults(run=run)
    for flags, details in options:
        made.add_argument(flags, **details)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as 2026-03-01") from None


def _demo(asked: argparse.Namespace, settings: Settings) -> None:
    demo.demo(settings, USE_CASE, print)


def _train(asked: argparse.Namespace, settings: Settings) -> None:
    registry, gauges = Registry(settings), Gauges(settings, "train")
    progress = Progress(settings.backtest.windows + 3)
    version = training.train(
        settings,
        USE_CASE,
        registry,
        as_of=asked.as_of,
        seed=asked.seed,
        progress=progress,
    )
    progress.end()
    metrics = read_passport(registry.files(version))["metrics"]
    print(f"registered {registry.model} version {version}")
    for name, value in metrics.items():
        if "/" not in name:
            print(f"  {name:<30} {value:.4f}")
    gauges.write()
    if not asked.promote:
        print(f"next: uv run poe promote {version}")
        return
    try:
        verdict = training.promote(settings, USE_CASE, registry, version)
        print(f"version {version} is champion: {verdict.reason}")
    except ProjectError as refused:
        # The gate did its work: the champion of today stays, which is no failure of the run.
        if refused.code != 3 or registry.version_of(CHAMPION) is None:
            raise
        print(f"champion {registry.version_of(CHAMPION)} stays: {refused}")


def _score(asked: argparse.Namespace, settings: Settings) -> None:
    gauges, registry = Gauges(settings, "score"), Registry(settings)
    written = scoring.score(settings, USE_CASE, registry, asked.as_of)
    _say(written)
    gauges.set("batch_rows", "Forecasts in the partition.", written.rows, verb="score")
    for rule, count in {"all": sum(written.bad.values()), **written.bad}.items():
        gauges.set("batch_quarantined_rows", "Rows put aside.", count, rule=rule)
    papers = read_passport(registry.files(written.version))
    born = datetime.fromisoformat(papers["created_at"]).timestamp()
    gauges.set("batch_model_created_timestamp_seconds", "When the champion was trained.", born)
    for name, value in papers["metrics"].items():
        if "/" not in name:
            gauges.set("batch_backtest", "The champion's, in its backtest.", value, metric=name)
    gauges.write()


def _backfill(asked: argparse.Namespace, settings: Settings) -> None:
    progress = Progress((asked.last - asked.first).days + 1)
    days = scoring.backfill(settings, USE_CASE, Registry(settings), asked.first, asked.last)
    for written in days:
        progress.end()
        _say(written)
        progress.say(f"after {written.run_date}")
    progress.end()


def _say(written: Written) -> None:
    how = "written" if written.changed else "unchanged"
    print(f"{written.run_date}: {written.rows} forecasts by version {written.version}, {how}")
    if written.bad:
        rules = ", ".join(f"{rule} {count}" for rule, count in written.bad.items())
        print(f"  rows put aside: {rules}")


def _promote(asked: argparse.Namespace, settings: Settings) -> None:
    registry = Registry(settings)
    version = registry.latest() if asked.version == "latest" else asked.version
    before = registry.version_of(CHAMPION)
    verdict = training.promote(settings, USE_CASE, registry, version)
    print(f"version {version} is champion: {verdict.reason}")
    _moved(asked, registry, CHAMPION, before)


def _rollback(asked: argparse.Namespace, settings: Settings) -> None:
    registry = Registry(settings)
    before = registry.version_of(CHAMPION)
    aliases = training.rollback(registry)
    print(f"version {aliases[CHAMPION]} is champion again; {aliases['previous']} is previous")
    _moved(asked, registry, CHAMPION, before)


def _line(text: str) -> str:
    """Take one line of at most 250 characters, as a registry's tag does."""
    if not text.isprintable() or len(text) > 250:
        raise argparse.ArgumentTypeError("one line of at most 250 characters is taken")
    return text


WHO: tuple[Option, ...] = (
    ("--by", {"type": _line, "default": "", "help": "who asks; stored with the version"}),
    ("--why", {"type": _line, "default": "", "help": "the reason; stored with the version"}),
)


def _moved(asked: argparse.Namespace, registry: Registry, alias: str, before: str | None) -> None:
    """Store who moved an alias, why and from where, with the version that bears it now."""
    version = registry.aliases()[alias]
    facts = {"by": asked.by, "why": asked.why, "from": before or "none"}
    registry.tag(version, {f"{alias}_{name}": text for name, text in facts.items() if text})
    print(f"{alias}: {before or 'none'} -> {version}, {asked.by or 'by hand'}: {asked.why or '-'}")


def _trace(asked: argparse.Namespace, settings: Settings) -> None:
    registry = Registry(settings)
    version = registry.latest() if asked.version == "latest" else asked.version
    print(trace(registry, version))


def _ready(asked: argparse.Namespace, settings: Settings) -> None:
    champion = Registry(settings).version_of(CHAMPION)
    print(f"configuration and registry are sound; champion: {champion or 'none yet'}")


def _drift(asked: argparse.Namespace, settings: Settings) -> int:
    registry = Registry(settings)
    loaded = scoring.champion(settings, USE_CASE, registry)
    folder = registry.files(loaded.version)
    report, drifted = monitoring.drift(settings, USE_CASE, loaded, folder, asked.as_of)
    print(report, end="")
    return int(drifted)


def _feedback(asked: argparse.Namespace, settings: Settings) -> None:
    for part, values in backtest.feedback(settings, USE_CASE).items():
        print(f"{part:<16}" + "".join(f" {name} {value:.4f}" for name, value in values.items()))


def _freshness(asked: argparse.Namespace, settings: Settings) -> int:
    now = asked.now or datetime.now(UTC)
    late = scoring.freshness(settings, USE_CASE, now.replace(tzinfo=now.tzinfo or UTC))
    print("\n".join(late) or "forecasts and panel are fresh")
    return int(bool(late))


def _bench(asked: argparse.Namespace, settings: Settings) -> None:
    for line in demo.bench(settings, USE_CASE, asked.series):
        print(line)


def trace(registry: Registry, version: str) -> str:
    """Return where a version came from, what bears it and what the gate said, as JSON."""
    papers = read_passport(registry.files(version))
    bears = [alias for alias, one in registry.aliases().items() if one == version]
    tags = registry.tags_of(version)
    return json.dumps({"version": version, "aliases": bears, **papers, "tags": tags}, indent=2)


if __name__ == "__main__":
    sys.exit(main())
