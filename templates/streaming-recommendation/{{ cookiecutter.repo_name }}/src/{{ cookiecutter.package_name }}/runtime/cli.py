"""The project's verbs. Everything that a person can mend ends in one line that says how."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .. import data, decide, evaluate, features, schemas, train
from . import ProjectError, UseCase, broker, drift, erasing,{% if cookiecutter.ab_test %} experiment,{% endif %} log, training
from .model import read_passport
from .monitoring import WorkerMetrics, log_as_json
from .settings import Settings, load
from .state import open_store
from .training import CHALLENGER, CHAMPION
from .worker import Worker, stop_on_signals

if TYPE_CHECKING:  # MLflow and FastAPI take a second to import, and a worker needs neither
    from .registry import Registry

__all__ = ["USE_CASE", "main"]

CLOSED_PIPE = 141  # what a shell says of a command whose reader went away
Option = tuple[str, dict[str, Any]]


class Yours:
    """Your six modules, as the machinery sees them."""

    reads = schemas.READS
    state_type = features.State
    events = staticmethod(data.events)
    fold = staticmethod(features.fold)
    fit = staticmethod(train.fit)
    evaluate = staticmethod(evaluate.evaluate)
    decide = staticmethod(decide.decide)


USE_CASE: Final[UseCase[schemas.Event, features.State]] = Yours()


{% include 'templates/_shared/command-line.py' %}

def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py", description="The verbs of this project.")
    verb = partial(_verb, parser.add_subparsers(required=True, metavar="VERB"))
    version: Option = ("version", {"help": "a version of the registry, or `latest`"})
    many: Option = ("--events", {"type": int, "help": "number of made-up events"})
    seconds: Option = ("--seconds", {"type": float, "default": 6.0, "help": "of clicks"})
    rate: Option = ("--rate", {"type": int, "default": 1000, "help": "clicks a second"})
    verb(
        "demo",
        _demo,
        "Broker, worker and service at work, in a temporary folder.",
        seconds,
        rate,
        many,
    )
    verb("work", _work, "Fold events into state until SIGTERM.")
    verb("serve", _serve, "Answer requests until SIGTERM.", *ADDRESS)
    seed: Option = ("--seed", {"type": int, "help": "of made-up events"})
    verb("train", _train, "Train a version and register it.", seed, many)
    which = {"choices": (CHAMPION, CHALLENGER), "default": CHAMPION, "dest": "alias"}
    verb(
        "promote", _promote, "Let a version answer, past the gate.", version, ("--as", which), *WHO
    )
    verb("rollback", _rollback, "Swap champion and previous.", *WHO)
    verb("trace", _trace, "Say where a version came from.", version)
    out: Option = ("out", {"type": Path, "help": "file of JSON lines, replaced as a whole"})
    verb("precompute", _precompute, "Write everybody's recommendations, for e-mail.", out)
    verb("drift", _drift, "Compare the newest events with the training data.")
    verb("feedback", _feedback, "Join clicks to what was shown, and measure.")
{%- if cookiecutter.ab_test %}
    files: Option = ("files", {"type": Path, "nargs": "*", "help": "services' logs or their lines"})
    verb("experiment", _experiment, "Say which arm won, and how sure that is.", files)
{%- endif %}
    item: Option = ("item", {"help": "the item's id"})
    why: Option = ("--why", {"default": "out of stock", "help": "the reason, for whoever asks"})
    verb("hide", _hide, "Never show an item, from now on.", item, why)
    verb("show", _show, "Hide an item no more.", item)
    verb("dead-letters", _dead_letters, "Say what was refused, and why.")
    reason: Option = ("--reason", {"help": "only those refused for it"})
    verb("replay", _replay, "Send dead letters again, once their cause is mended.", reason)
    user: Option = ("user", {"help": "the identity, as events hold it"})
    verb("delete-person", _delete_person, "Delete everything of one person.", user)
    verb("retain", _retain, "Delete what is older than the retention.")
    check: Option = ("--check", {"action": "store_true", "help": "only say whether it differs"})
    verb("openapi", _openapi, "Write docs/openapi.json.", check)
    return parser


{% include 'templates/_shared/verb.py' %}

ADDRESS: tuple[Option, ...] = (
    ("--host", {"default": "", "help": "address; loopback where no key is set"}),
    ("--port", {"type": int, "help": "0 takes a free one"}),
)


def _demo(asked: argparse.Namespace, settings: Settings) -> None:
    from .demo import demo  # noqa: PLC0415 - what one verb needs, the others do not wait for

    demo(settings, USE_CASE, seconds=asked.seconds, rate=asked.rate, events=asked.events)


def _work(asked: argparse.Namespace, settings: Settings) -> None:
    log_as_json()
    metrics = WorkerMetrics()
    place = settings.environment
    worker = Worker(settings, USE_CASE, open_store(settings), metrics)
    stop_on_signals(worker)
    door = metrics.serve(place.host or "127.0.0.1", place.worker_port)
    logging.getLogger(__name__).info("working; health and metrics on port %d", door.server_port)
    worker.run()
    door.shutdown()


def _serve(asked: argparse.Namespace, settings: Settings) -> None:
    from . import server  # noqa: PLC0415

    server.serve(settings, USE_CASE, _registry(settings), host=asked.host, port=asked.port)


def _registry(settings: Settings) -> Registry:
    from .registry import Registry  # noqa: PLC0415

    return Registry(settings)


def _train(asked: argparse.Namespace, settings: Settings) -> None:
    registry = _registry(settings)
    version = training.train(settings, USE_CASE, registry, seed=asked.seed, events=asked.events)
    papers = read_passport(registry.files(version))
    print(f"registered {registry.model} version {version}, by {papers['parameters']['method']}")
    for name, value in papers["metrics"].items():
        print(f"  {name:<30} {value:.4f}")
    print(f"next: uv run poe promote {version}")


def _promote(asked: argparse.Namespace, settings: Settings) -> None:
    registry = _registry(settings)
    version = registry.latest() if asked.version == "latest" else asked.version
    before = registry.version_of(asked.alias)
    verdict = training.promote(settings, USE_CASE, registry, version, alias=asked.alias)
    print(f"version {version} is {asked.alias}: {verdict.reason}")
    _moved(asked, registry, asked.alias, before)


def _rollback(asked: argparse.Namespace, settings: Settings) -> None:
    registry = _registry(settings)
    before = registry.version_of(CHAMPION)
    aliases = training.rollback(registry)
    print(f"version {aliases[CHAMPION]} is champion again; {aliases['previous']} is previous")
    _moved(asked, registry, CHAMPION, before)


{% include 'templates/_shared/moved.py' %}

def _trace(asked: argparse.Namespace, settings: Settings) -> None:
    registry = _registry(settings)
    version = registry.latest() if asked.version == "latest" else asked.version
    papers = read_passport(registry.files(version))
    bears = [alias for alias, one in registry.aliases().items() if one == version]
    tags = registry.tags_of(version)
    print(json.dumps({"version": version, "aliases": bears, **papers, "tags": tags}, indent=2))


def _precompute(asked: argparse.Namespace, settings: Settings) -> None:
    from .recommending import precompute  # noqa: PLC0415

    with closing(open_store(settings)) as store:
        many = precompute(settings, USE_CASE, _registry(settings), store, asked.out)
    print(f"{many} users' recommendations in {asked.out}")


def _drift(asked: argparse.Namespace, settings: Settings) -> int:
    with closing(open_store(settings)) as store:
        report, drifted = drift.drift(settings, _registry(settings), store, USE_CASE)
    print(report, end="")
    return int(drifted)


def _feedback(asked: argparse.Namespace, settings: Settings) -> None:
    with closing(open_store(settings)) as store, closing(log.Store(settings)) as answers:
        found = log.feedback(settings, USE_CASE, store, answers)
        print(f"{found.hits} hits, {found.misses} misses, {found.waiting} may still become hits")
        for name in {{ '("", experiment.rules(settings).name)' if cookiecutter.ab_test else '("",)' }}:
            for alias, arm in answers.arms(name).items():
                told = f"{arm.users} users, {arm.converted} of them with a hit"
                print(f"{name or 'outside experiments'}, {alias}: {told}")


{% if cookiecutter.ab_test %}def _experiment(asked: argparse.Namespace, settings: Settings) -> int:
    rule = experiment.rules(settings)
    with closing(log.Store(settings, ":memory:" if asked.files else "")) as answers:
        for path in asked.files:
            answers.take(path)
        found = experiment.report(answers.arms(rule.name), rule)
    print(found.text, end="")
    return int(found.deviations > experiment.MISMATCH or bool(found.guardrail))


{% endif %}def _hide(asked: argparse.Namespace, settings: Settings) -> None:
    with closing(open_store(settings)) as store:
        store.hide(asked.item, asked.why)
    print(f"{asked.item} is hidden: {asked.why}; the services know it within a second")


def _show(asked: argparse.Namespace, settings: Settings) -> None:
    with closing(open_store(settings)) as store:
        known = store.show(asked.item)
    print(f"{asked.item} {'is shown again' if known else 'was not hidden'}")


def _dead_letters(asked: argparse.Namespace, settings: Settings) -> None:
    for line in broker.summary(settings):
        print(line)


def _replay(asked: argparse.Namespace, settings: Settings) -> None:
    sent, waiting = broker.replay(settings, USE_CASE, reason=asked.reason)
    print(f"{sent} sent again; {waiting} would be refused as before, and wait")


def _delete_person(asked: argparse.Namespace, settings: Settings) -> None:
    for line in erasing.delete_person(settings, USE_CASE, asked.user):
        print(line)


def _retain(asked: argparse.Namespace, settings: Settings) -> None:
    for line in erasing.retain(settings):
        print(line)


def _openapi(asked: argparse.Namespace, settings: Settings) -> int:
    from . import server  # noqa: PLC0415

    text = server.openapi(settings, USE_CASE)
    path = settings.root / "docs/openapi.json"
    same = path.is_file() and path.read_text(encoding="utf-8") == text
    if asked.check and not same:
        print("docs/openapi.json differs from the service; next: uv run poe openapi")
        return 1
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
