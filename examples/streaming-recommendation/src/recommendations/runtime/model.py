"""A version: neighbours of items, which prove themselves before they are used, and its passport.

`passport.json` says where a version came from: code, environment, data, metrics.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import msgspec

from . import Event, Neighbours, ProjectError, Shelf, UseCase
from .monitoring import read_references

__all__ = [
    "GOLDEN_ROWS",
    "REQUIRED",
    "Model",
    "fingerprint",
    "golden_rows",
    "issue_passport",
    "load",
    "missing",
    "read_passport",
    "shelf",
    "write_neighbours",
]

GOLDEN_ROWS = 20
GOLDEN_COUNT = 10
EXACT = 1e-9
REQUIRED = (
    "model",
    "run_id",
    "created_at",
    "commit",
    "template_version",
    "lock_sha256",
    "data_sha256",
    "data_rows",
    "seed",
    "features",
    "metrics",
    "parameters",
    "infrastructure",
    "packages",
)
PACKAGES = ("confluent-kafka", "msgspec", "numpy", "pydantic")
UNKNOWN = "unknown"
REVISION = "SERVICE_REVISION"
Kept = dict[str, list[tuple[str, float]]]


class Model:
    """One version in memory. It never changes, so any thread may use it.

    Attributes:
        version: As the registry numbers it.
        neighbours: Of each item, others with their strength, strongest first.
        popular: Items by how much they were looked at in training, most first.
        items: How many items there are.
        references: How popularity and histories were distributed in training.
        created: Seconds since the Unix epoch (UTC).
    """

    def __init__(self, version: str, folder: Path) -> None:
        self.version = version
        self.passport: dict[str, Any] = read_passport(folder)
        self.created = datetime.fromisoformat(self.passport["created_at"]).timestamp()
        self.references = read_references(folder / "reference.json")
        path = folder / "neighbours.msgpack"
        try:
            self.neighbours: Neighbours = msgspec.msgpack.decode(path.read_bytes(), type=Kept)
            self.popular: Sequence[str] = json.loads(
                (folder / "popular.json").read_text(encoding="utf-8")
            )
        except (OSError, ValueError, msgspec.DecodeError) as error:
            raise ProjectError(
                f"the files of version {version} are damaged: {error}",
                next_step="promote another version, or train this one again",
            ) from error
        self.items = len(self.popular)


def shelf(
    recent: Sequence[Sequence[Any]],
    neighbours: Neighbours,
    popular: Sequence[str],
    *,
    count: int,
    now: int,
    rules: Mapping[str, Any],
) -> Shelf:
    """Return what a decision sees where nothing trends and nothing is hidden."""
    return Shelf(recent, neighbours, popular, frozenset(), count, now, rules)


def write_neighbours(folder: Path, neighbours: Neighbours, popular: Sequence[str]) -> None:
    """Write what `Model` reads."""
    (folder / "neighbours.msgpack").write_bytes(msgspec.msgpack.encode(neighbours))
    (folder / "popular.json").write_text(json.dumps(popular), encoding="utf-8")


def golden_rows(
    use_case: UseCase[Any, Any],
    histories: Sequence[Sequence[Sequence[Any]]],
    neighbours: Neighbours,
    popular: Sequence[str],
    rules: Mapping[str, Any],
) -> str:
    """Return histories with what is recommended for them, as JSON without anybody's identity."""
    rows = []
    for history in histories[:GOLDEN_ROWS]:
        recent = [list(event) for event in history[-GOLDEN_COUNT:]]
        seen = shelf(
            recent, neighbours, popular, count=GOLDEN_COUNT, now=recent[-1][0], rules=rules
        )
        rows.append({"recent": recent, "rules": dict(rules), "items": use_case.decide(seen)})
    return json.dumps(rows)


def load(version: str, folder: Path, use_case: UseCase[Any, Any]) -> Model:
    """Load a version and let it prove that it still recommends what it did after training.

    Raises:
        ProjectError: A golden row gets other recommendations: the version was trained for other
            code than this; or a file is damaged.
    """
    model = Model(version, folder)
    for golden in json.loads((folder / "golden.json").read_text(encoding="utf-8")):
        recent = golden["recent"]
        seen = shelf(
            recent,
            model.neighbours,
            model.popular,
            count=GOLDEN_COUNT,
            now=recent[-1][0],
            rules=golden["rules"],
        )
        then, now = golden["items"], use_case.decide(seen)
        same = [item for item, _ in then] == [item for item, _ in now]
        if not same or any(abs(a[1] - b[1]) > EXACT for a, b in zip(then, now, strict=True)):
            raise ProjectError(
                f"version {version} no longer recommends what it did after its training",
                next_step="train a new version with this code, or run the code of the passport's"
                f" commit {model.passport['commit'][:12]}",
                code=3,
            )
    return model


def fingerprint(histories: Sequence[Sequence[Event]]) -> str:
    """Return the SHA-256 of the training data as the model saw it."""
    digest = hashlib.sha256()
    for history in histories:
        digest.update(msgspec.json.encode(history))
    return digest.hexdigest()


def issue_passport(root: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the passport of a version trained now, from the working tree in `root`.

    Args:
        root: The project's folder.
        facts: What only training knows: model, run_id, data, seed, features, metrics, parameters.
    """
    return {
        **facts,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(root),
        "dirty": bool(_git(root, "status", "--porcelain")),
        "template_version": _template_version(root),
        "lock_sha256": _lock(root),
        "infrastructure": {
            "host": os.environ.get("HOSTNAME") or platform.node(),
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "image": os.environ.get("IMAGE_DIGEST", "none"),
            "job": _first("DATABRICKS_JOB_ID", "GITHUB_WORKFLOW"),
            "run": _first("DATABRICKS_RUN_ID", "GITHUB_RUN_ID"),
            "cluster": _first("DATABRICKS_CLUSTER_ID", "DB_CLUSTER_ID"),
        },
        "packages": {"python": platform.python_version()} | {n: installed(n) for n in PACKAGES},
    }


def missing(passport: Mapping[str, Any], *, strict: bool) -> list[str]:
    """Return what a passport lacks.

    Args:
        passport: As read from the version's files.
        strict: Also ask for a clean commit and a lock file, as a strict environment does.
    """
    lacking = [name for name in REQUIRED if passport.get(name) in (None, "", {}, [])]
    if strict:
        lacking += [n for n in ("commit", "lock_sha256") if passport.get(n) == UNKNOWN]
        lacking += ["a clean working tree"] if passport.get("dirty", True) else []
    return lacking


def read_passport(folder: Path) -> dict[str, Any]:
    """Return the passport among a version's files."""
    return dict(json.loads((folder / "passport.json").read_text(encoding="utf-8")))


def _first(*names: str) -> str:
    """Return the first of these variables that has a value."""
    return next((os.environ[name] for name in names if os.environ.get(name)), "none")


def commit(root: Path) -> str:
    """Return the commit that runs, or `unknown`."""
    return os.environ.get("GIT_COMMIT") or _revision() or _git(root, "rev-parse", "HEAD") or UNKNOWN


def _revision() -> str:
    """Return the commit that the image was built from, where this is an image."""
    told = os.environ.get(REVISION, "")
    return "" if told == UNKNOWN else told


def _git(root: Path, *arguments: str) -> str:
    try:
        ran = subprocess.run(
            ("git", "-C", str(root), *arguments), capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _template_version(root: Path) -> str:
    try:
        answers = (root / ".copier-answers.yml").read_text(encoding="utf-8")
    except OSError:
        return UNKNOWN
    found = re.search(r"^_commit:\s*['\"]?([^'\"\s]+)", answers, re.MULTILINE)
    return found[1] if found else UNKNOWN


def _lock(root: Path) -> str:
    try:
        return hashlib.sha256((root / "uv.lock").read_bytes()).hexdigest()
    except OSError:
        return UNKNOWN
