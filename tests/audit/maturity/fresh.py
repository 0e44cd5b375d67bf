"""A fresh project in memory, with the lock file that its first `uv run` makes."""

import dataclasses
import datetime
import functools
import json
import re
import tomllib
from pathlib import Path

import yaml

from modelwright.adapters.disk.tree import FolderTree
from modelwright.audit.criteria.catalogue import assess
from modelwright.audit.project import Project
from modelwright.operations.judge.audit import evidence_of
from modelwright.operations.new.new import render_project
from modelwright.paths import ANSWERS_FILE
from modelwright.template.platform import Platform

ROOT = Path(__file__).parents[3]
TODAY = datetime.date(2026, 11, 22)
SAMPLES = {
    "online-serving": {
        "team": "norda-fraud",
        "use_case": "fraud-scoring",
        "description": "Scores card payments while the customer waits",
    },
    "batch": {
        "team": "norda-fraud",
        "use_case": "demand-forecasting",
        "description": "Forecasts the demand of every product in every store, every night",
    },
    "streaming-recommendation": {
        "team": "norda-fraud",
        "use_case": "recommendations",
        "description": "Recommends products while the customer looks at others",
    },
}


@functools.cache
def project(archetype="online-serving", **given):
    """Return a project made with the sample's answers and some of one's own."""
    platform = Platform(tree=FolderTree(ROOT), source="https://example.com/p", version="v1.0.0")
    _, files = render_project(platform, archetype, {**SAMPLES[archetype], **given})
    texts = {path: file.content.decode() for path, file in files.items()}
    texts.setdefault("uv.lock", lock(texts["pyproject.toml"]))
    answers = yaml.safe_load(texts[ANSWERS_FILE])
    return Project(
        files=texts,
        answers=answers,
        folder=tomllib.loads(texts["pyproject.toml"])["project"]["name"],
        policy=platform.policy,
        pin=json.loads((ROOT / "templates/_shared/workflows.json").read_text()),
        today=TODAY,
        evidence=evidence_of(platform, archetype),
    )


def lock(pyproject):
    """Return what a lock file says of the project itself."""
    about = tomllib.loads(pyproject)["project"]
    entries = [
        '    {{ name = "{}", specifier = "{}" }},'.format(
            *re.fullmatch(r"([\w-]+)(?:\[.*\])?(.*)", text).groups()
        )
        for text in about["dependencies"]
    ]
    return "\n".join(
        [
            f'requires-python = "{about["requires-python"]}"',
            "",
            "[[package]]",
            f'name = "{about["name"]}"',
            "[package.metadata]",
            "requires-dist = [",
            *entries,
            "]",
            "",
        ]
    )


def changed(base, changes):
    """Return a project with other texts; None deletes a file."""
    texts = {**base.files, **changes}
    kept = {path: text for path, text in texts.items() if text is not None}
    return dataclasses.replace(base, files=kept)


def outcomes(judged, fresh):
    """Return the outcome of every criterion by its number."""
    return {result.number: result.outcome for result in assess(judged, fresh.files)}
