"""The project's verbs. Everything that a person can mend ends in one line that says how."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import BaseModel

from .. import data, decide, evaluate, features, schemas, train
from . import ProjectError, UseCase, monitoring, server, training
from .log import Store
from .model import read_passport
from .registry import Registry
from .settings import Settings, load
from .training import CHALLENGER, CHAMPION

__all__ = ["USE_CASE", "drift_report", "feedback", "main", "trace"]

CLOSED_PIPE = 141  # what a shell says of a command whose reader went away
Option = tuple[str, dict[str, Any]]


class Yours:
    """Your six modules, as the machinery sees them."""

    request_type = schemas.Request
    response_type = schemas.Response
    examples = staticmethod(data.examples)
    features = staticmethod(features.features)
    fit = staticmethod(train.fit)
    evaluate = staticmethod(evaluate.evaluate)
    decide = staticmethod(decide.decide)


USE_CASE: Final[UseCase[schemas.Request, schemas.Response]] = Yours()


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py", description="The verbs of this project.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    verb = partial(_verb, verbs)
    version: Option = ("version", {"help": "a version of the registry, or `latest`"})
    verb("demo", _demo, "Everything once, in a temporary folder.")
    verb(
        "train",
        _train,
        "Train a version and register it.",
        ("--seed", {"type": int, "help": "of examples and fit"}),
        ("--rows", {"type": int, "help": "number of examples"}),
    )
    verb(
        "serve",
        _serve,
        "Answer requests until SIGTERM.",
        ("--host", {"default": "", "help": "address; loopback where no key is set"}),
        ("--port", {"type": int, "help": "0 takes a free one"}),
    )
    which = {"choices": (CHAMPION, CHALLENGER), "default": CHAMPION, "dest": "alias"}
    moves = (version, ("--as", which), *WHO)
    verb("promote", _promote, "Let a version answer, past the gate.", *moves)
    verb("rollback", _rollback, "Swap champion and previous.", *WHO)
    verb("trace", _trace, "Say where a version came from.", version)
    hours: Option = ("--hours", {"type": float, "default": 24.0, "help": "how far to look back"})
    verb("drift", _drift, "Compare the log with the training data.", hours)
    labels: Option = ("labels", {"type": Path, "help": "CSV with the columns request_id, label"})
    verb("feedback", _feedback, "Join outcomes to answers and measure.", labels)
    entity: Option = ("entity", {"help": "the identity, as callers send it"})
    verb("delete-person", _delete_person, "Delete one person's records.", entity)
    verb("retain", _retain, "Delete what is older than the retention.")
    check: Option = ("--check", {"action": "store_true", "help": "only say whether it differs"})
    verb("openapi", _openapi, "Write docs/openapi.json.", check)
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


def _demo(asked: argparse.Namespace, settings: Settings) -> None:
    server.demo(settings, USE_CASE, print, partial(drift_report, hours=1.0))


def _train(asked: argparse.Namespace, settings: Settings) -> None:
    registry = Registry(settings)
    version = training.train(settings, USE_CASE, registry, seed=asked.seed, rows=asked.rows)
    metrics = read_passport(registry.files(version))["metrics"]
    print(f"registered {registry.model} version {version}")
    for name, value in metrics.items():
        print(f"  {name:<30} {value:.4f}")
    print(f"next: uv run poe promote {version}")


def _serve(asked: argparse.Namespace, settings: Settings) -> None:
    server.serve(settings, USE_CASE, Registry(settings), host=asked.host, port=asked.port)


def _promote(asked: argparse.Namespace, settings: Settings) -> None:
    registry = Registry(settings)
    version = registry.latest() if asked.version == "latest" else asked.version
    before = registry.version_of(asked.alias)
    verdict = training.promote(settings, USE_CASE, registry, version, alias=asked.alias)
    print(f"version {version} is {asked.alias}: {verdict.reason}")
    _moved(asked, registry, asked.alias, before)


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


def _drift(asked: argparse.Namespace, settings: Settings) -> int:
    report, drifted = drift_report(settings, Registry(settings), hours=asked.hours)
    print(report, end="")
    return int(drifted)


def _feedback(asked: argparse.Namespace, settings: Settings) -> None:
    for line in feedback(settings, USE_CASE, asked.labels):
        print(line)


def _delete_person(asked: argparse.Namespace, settings: Settings) -> None:
    print(f"{Store(settings).delete_person(asked.entity)} records deleted")


def _retain(asked: argparse.Namespace, settings: Settings) -> None:
    gone = Store(settings).delete_old(now=time.time())
    print(f"{gone} records older than {settings.privacy.retention_days} days deleted")


def _openapi(asked: argparse.Namespace, settings: Settings) -> int:
    text = server.openapi(settings, USE_CASE)
    path = settings.root / "docs/openapi.json"
    same = path.is_file() and path.read_text(encoding="utf-8") == text
    if asked.check and not same:
        print("docs/openapi.json differs from the service; next: uv run poe openapi")
        return 1
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return 0


def drift_report(settings: Settings, registry: Registry, *, hours: float) -> tuple[str, bool]:
    """Compare what the champion answered lately with what it was trained on.

    Args:
        settings: The project's configuration.
        registry: Where the champion's training data is described.
        hours: How far to look back.

    Returns:
        The report, also written to `drift.md` in the data folder, and whether anything drifted.
    """
    champion = registry.version_of(CHAMPION)
    if champion is None:
        raise ProjectError("there is no champion", next_step="run `uv run poe promote VERSION`")
    folder = registry.files(champion)
    with closing(Store(settings)) as store:
        found = store.scored(since=time.time() - hours * 3600.0, version=champion)
    if len(found) < settings.drift.minimum_rows:
        return f"{len(found)} answers of version {champion}: too few for a verdict\n", False
    columns = {
        name: np.array([values[name] for values, _ in found], dtype=np.float64)
        for name in read_passport(folder)["features"]
    }
    columns["score"] = np.array([score for _, score in found])
    references = monitoring.read_references(folder / "reference.json")
    findings = monitoring.compare(references, columns, limit=settings.drift.psi_limit)
    report = monitoring.markdown(findings, rows=len(found), version=champion)
    (settings.environment.data / "drift.md").write_text(report, encoding="utf-8")
    return report, any(finding.drifted for finding in findings)


def feedback(settings: Settings, use_case: UseCase[Any, BaseModel], labels: Path) -> Iterator[str]:
    """Join outcomes to the answers in the log and measure each version by them.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        labels: CSV file with the columns request_id and label.

    Yields:
        Lines for a person.
    """
    known = _labels(labels)
    with closing(Store(settings)) as store:
        yield f"{store.label(known)} of {len(known)} outcomes joined to answers"
        by_version: dict[str, list[tuple[float, float]]] = {}
        for version, score, label in store.labelled():
            by_version.setdefault(version, []).append((score, label))
    for version, rows in sorted(by_version.items()):
        scores, outcomes = np.array(rows).T
        for name, value in use_case.evaluate(outcomes, scores).items():
            yield f"version {version}, {len(rows)} outcomes: {name} {value:.4f}"


def trace(registry: Registry, version: str) -> str:
    """Return where a version came from, who met it and what the gate said, as JSON."""
    papers = read_passport(registry.files(version))
    bears = [alias for alias, one in registry.aliases().items() if one == version]
    tags = registry.tags_of(version)
    return json.dumps({"version": version, "aliases": bears, **papers, "tags": tags}, indent=2)


def _labels(path: Path) -> list[tuple[str, float]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return [(row["request_id"], float(row["label"])) for row in csv.DictReader(lines)]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ProjectError(
            f"{path} cannot be read as outcomes: {error}",
            next_step="give a CSV file with the columns request_id and label (a number)",
            code=3,
        ) from error


if __name__ == "__main__":
    sys.exit(main())
