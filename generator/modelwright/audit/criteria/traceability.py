"""Section 2.2: from a running version back to its code, data and environment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from modelwright.audit.criteria.infrastructure import BUILDING, deployments
from modelwright.audit.criteria.monitoring import alerts
from modelwright.audit.evidence import Evidence, Judged
from modelwright.audit.facts.documents import headings, section_evidence
from modelwright.audit.facts.project import Facts
from modelwright.audit.facts.python_code import (
    CodePlace,
    called_at,
    function,
    imports,
    mentions,
    nodes,
)
from modelwright.audit.facts.workflows import Job, jobs_on
from modelwright.audit.project import mapping_at, mappings, texts_at
from modelwright.paths import DATABRICKS_BUNDLE, LOCK_FILE, MODEL_CARD, PYPROJECT, RUNBOOK

_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+) *(?:\[[^\]]*\])? *([^;]*)")


def data_code(facts: Facts) -> Judged:
    """16: the code that makes the examples and the features."""
    for module, name in (
        ("data", facts.evidence_map.reads),
        ("features", facts.evidence_map.feature),
    ):
        yield _definition(facts, module, name)


def model_code(facts: Facts) -> Judged:
    """17: training and interface in one package."""
    yield _definition(facts, "train", "fit")
    module, name = facts.evidence_map.serves
    tree, path = facts.module(module), facts.path(module)
    imported = any(found.endswith(f".{name}") for found in imports(tree))
    yield Evidence(
        wants="what the model is used by is in the same package",
        where=facts.line(path, rf"\b{name}\b") if imported or function(tree, name) else "",
        mend=f"keep {name} beside the model, in {path}",
    )


def merge_deploys_model(facts: Facts) -> Judged:
    """19: a merge that changes the code deploys that commit: one image, or its bundle."""
    changed = facts.path("train")
    if facts.bundle:
        for environment, job in deployments(facts, changed=changed).items():
            yield Evidence(
                wants=f"a merge to main deploys that commit to {environment}",
                where=str(job or ""),
                mend="let a job on push to main deploy the bundle",
            )
        return
    builds = {job.name: job for job in jobs_on(facts.project, "push", changed)}
    for environment, job in deployments(facts, changed=changed).items():
        digest = str(job.inputs.get("digest", "")) if job else ""
        built = [
            name
            for name in (job.needs if job else ())
            if f"needs.{name}.outputs.digest" in digest
            and name in builds
            and builds[name].uses(BUILDING)
            and builds[name].inputs.get("push") is True
        ]
        yield Evidence(
            wants=f"a merge to main deploys the image of that commit to {environment}",
            where=str(job) if built else "",
            mend=f"hand the digest of the job that calls {BUILDING} to the deployment",
        )


def reproducible(facts: Facts) -> Judged:
    """20: a lock file in step with its project, and an image built from it."""
    lock = facts.toml(LOCK_FILE)
    name = mapping_at(facts.toml(PYPROJECT), "project").get("name")
    own: Mapping[str, Any] = next(
        (found for _, found in mappings(lock, "package") if found.get("name") == name), {}
    )
    locked = {
        (str(entry.get("name")), _bounds(str(entry.get("specifier", ""))))
        for _, entry in mappings(mapping_at(own, "metadata"), "requires-dist")
    }
    requirements = set(_requirements(facts.toml(PYPROJECT)))
    yield Evidence(
        wants="uv.lock locks what pyproject.toml asks for",
        where=facts.line(LOCK_FILE, f'^name = "{re.escape(str(name))}"')
        if locked and locked == requirements
        else "",
        mend="run `uv lock` and commit uv.lock",
    )
    place, command = (DATABRICKS_BUNDLE, "uv export") if facts.bundle else ("Dockerfile", "uv sync")
    yield Evidence(
        wants="what is deployed is built from the lock file",
        where=facts.line(place, rf"{command}\b.* --(locked|frozen)\b"),
        mend=f"install with `{command} --locked` in {place}",
    )


def same_code(facts: Facts) -> Judged:
    """21: one image for every environment, and no code that asks where it runs."""
    jobs = deployments(facts)
    one = {_deployment_pins(facts, job) for job in jobs.values()}
    yield Evidence(
        wants="every environment gets the same digest, or the same bundle",
        where=str(next(iter(jobs.values()), None) or "") if len(one - {""}) == 1 else "",
        mend="build once, and hand the same digest to every deployment",
    )
    branch = next(_branches(facts), None)
    yield Evidence(
        wants="no code but the settings asks in which environment it runs",
        where="" if branch else f"{facts.path('runtime/settings')}:1",
        mend=f"turn the difference into a setting ({branch})",
    )


def _deployment_pins(facts: Facts, job: Job | None) -> str:
    if job is None:
        return ""
    return str(job.body.get("uses") if facts.bundle else job.inputs.get("digest", ""))


def _branches(facts: Facts) -> Iterator[CodePlace]:
    names = set(facts.project.policy["environments"])
    for path, tree in facts.modules():
        if path == facts.path("runtime/settings"):
            continue
        for node in nodes(tree):
            compared = isinstance(node, ast.Compare | ast.MatchValue)
            if compared and names & mentions(node):
                yield CodePlace(path, node)


def to_commit(facts: Facts) -> Judged:
    """22: a version knows its commit."""
    return _in_lineage_record(facts, "commit")


def to_infrastructure(facts: Facts) -> Judged:
    """23: a version knows on what it was trained."""
    return _in_lineage_record(facts, "infrastructure")


def to_software(facts: Facts) -> Judged:
    """24: a version knows its lock file."""
    return _in_lineage_record(facts, "lock_sha256")


def to_data(facts: Facts) -> Judged:
    """26: a version knows its training data."""
    yield Evidence(
        wants="training fingerprints the data that the model saw",
        where=called_at(
            facts.path("runtime/training"),
            facts.module("runtime/training"),
            facts.evidence_map.fingerprint,
        ),
        mend=f"hand {facts.evidence_map.fingerprint}(...) to the lineage record",
    )


def retraining(facts: Facts) -> Judged:
    """27: when it is trained again, and why then."""
    yield from section_evidence(facts, MODEL_CARD, "Retraining")
    yield Evidence(
        wants="something says that the time has come",
        where=next((str(a) for a in alerts(facts) if facts.evidence_map.age in a.expression), ""),
        mend="add an alert on the age of the model",
    )


def roll_back(facts: Facts) -> Judged:
    """28: one command goes back, it is tested, and the runbook says when."""
    tasks = mapping_at(facts.toml(PYPROJECT), "tool", "poe", "tasks")
    yield Evidence(
        wants="one command goes back",
        where=facts.line(PYPROJECT, r"^rollback *=") if "rollback" in tasks else "",
        mend=f"give {PYPROJECT} the task rollback",
    )
    code = function(facts.module("runtime/training"), "rollback")
    test = next((test for test in facts.tests if "rollback" in mentions(test.node)), None)
    yield Evidence(
        wants="a test goes back",
        where=str(test) if code and test else "",
        mend="test training.rollback",
    )
    line = headings(facts.project.files.get(RUNBOOK, "")).get("roll-back")
    yield Evidence(
        wants="the runbook says when and how",
        where=f"{RUNBOOK}:{line}" if line else "",
        mend=f'write a section "Roll back" in {RUNBOOK}',
    )


def _definition(facts: Facts, module: str, name: str) -> Evidence:
    found = function(facts.module(module), name)
    return Evidence(
        wants=f"{name} is code of this repository",
        where=str(CodePlace(facts.path(module), found)) if found else "",
        mend=f"define {name} in {facts.path(module)}",
    )


def _in_lineage_record(facts: Facts, field: str) -> Judged:
    """Yield whether every version carries a field, and the gate refuses one without it."""
    tree, path = facts.module("runtime/model"), facts.path("runtime/model")
    issue = function(tree, "issue_passport")
    yield Evidence(
        wants=f"every version's lineage record holds {field}",
        where=str(CodePlace(path, issue)) if issue and field in mentions(issue) else "",
        mend=f"write {field} into the lineage record",
    )
    required = (
        node
        for node in tree.body
        if isinstance(node, ast.Assign) and {"REQUIRED", field} <= mentions(node)
    )
    found = next(required, None)
    yield Evidence(
        wants=f"the gate refuses a version without {field}",
        where=str(CodePlace(path, found)) if found else "",
        mend=f"add {field} to what a lineage record must hold",
    )


def _requirements(pyproject: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    for text in texts_at(mapping_at(pyproject, "project"), "dependencies"):
        if match := _REQUIREMENT.match(str(text)):
            name = re.sub(r"[-_.]+", "-", match[1]).lower()
            yield name, _bounds(match[2])


def _bounds(specifier: str) -> frozenset[str]:
    return frozenset(part.replace(" ", "") for part in specifier.split(",") if part.strip())
