"""Sections 2.1 and 3.1: infrastructure as code, and the way to production."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Final

from modelwright.audit.kustomize import WITH_TEMPLATE, Built, build, roots
from modelwright.audit.maturity.facts import Facts
from modelwright.audit.maturity.result import Judged, Piece
from modelwright.audit.maturity.workflows import Job, first, jobs_on

DEPLOYING: Final = "deploy-kubernetes.yml"
BUILDING: Final = "build-image.yml"
CHECKING: Final = "modelwright-check"
WORKLOADS: Final = WITH_TEMPLATE | {"CronJob"}


def environments(facts: Facts) -> Mapping[str, Built]:
    """Return what would be applied, by the path of each environment's kustomization."""
    known = facts.project.policy["environments"]
    return {
        root: build(facts.project, root)
        for root in roots(facts.project)
        if posixpath.basename(posixpath.dirname(root)) in known
    }


def as_code(facts: Facts) -> Judged:
    """9: every environment has its workload as code."""
    built = environments(facts)
    for name in facts.project.policy["environments"]:
        resources = [
            resource
            for root, found in built.items()
            if posixpath.basename(posixpath.dirname(root)) == name
            for resource in found.resources
            if resource.body.get("kind") in WORKLOADS
        ]
        yield Piece(
            wants=f"{name} runs a workload that is declared",
            where=resources[0].where if resources else "",
            mend=f"declare it in an overlay {name} below deploy/k8s/overlays/",
        )


def in_version_control(facts: Facts) -> Judged:
    """10: what is applied stands in the repository, whole."""
    built = environments(facts)
    for root, found in built.items():
        lost = [entry for _, entry in found.lost]
        yield Piece(
            wants=f"all that {root} applies stands in the repository",
            where="" if lost else f"{root}:1",
            mend=f"commit {', '.join(lost)}",
        )
    if not built:
        yield Piece(wants="an overlay for each environment", where="", mend="commit one")


def merge_deploys(facts: Facts) -> Judged:
    """12: a merge that changes the infrastructure deploys it everywhere."""
    for environment, job in deployments(facts, changed="deploy/k8s/base/deployment.yaml").items():
        yield Piece(
            wants=f"a merge to main deploys deploy/ to {environment}",
            where=str(job or ""),
            mend=f"let a job on push to main call {DEPLOYING} for it",
        )


def deployments(facts: Facts, *, changed: str) -> dict[str, Job | None]:
    """Return the job that a merge starts for each environment.

    Args:
        facts: The project.
        changed: What the merge changes.
    """
    jobs = [job for job in jobs_on(facts.project, "push", changed) if job.uses(DEPLOYING)]
    return {
        name: next((job for job in jobs if job.inputs.get("environment") == name), None)
        for name in facts.project.policy["environments"]
    }


def equal_environments(facts: Facts) -> Judged:
    """14: at least two environments, with the same objects and the same settings."""
    shapes = {
        root: (
            frozenset(resource.title for resource in found.resources) - _optional(found),
            frozenset(_settings(facts, root)),
        )
        for root, found in environments(facts).items()
    }
    for root, shape in shapes.items():
        yield Piece(
            wants=f"{root} has the objects and settings of the others",
            where=f"{root}:1" if len(shapes) > 1 and shape in _others(shapes, root) else "",
            mend="declare the same objects and the same keys in every overlay",
        )
    if not shapes:
        yield Piece(wants="two environments", where="", mend="declare an overlay for each")


def _others(shapes: Mapping[str, object], root: str) -> list[object]:
    return [shape for other, shape in shapes.items() if other != root]


def _optional(built: Built) -> frozenset[str]:
    """Return the objects that one environment may have for itself: nobody is paged for dev."""
    kinds = ("PrometheusRule",)
    return frozenset(r.title for r in built.resources if r.body.get("kind") in kinds)


def _settings(facts: Facts, root: str) -> list[str]:
    generators = facts.project.document(root).mapping.get("configMapGenerator") or ()
    literals = [entry for one in generators for entry in one.get("literals") or ()]
    return [str(entry).partition("=")[0] for entry in literals]


def validated(facts: Facts) -> Judged:
    """29: a pull request validates the configuration and builds what is deployed."""
    jobs = jobs_on(facts.project, "pull_request")
    yield Piece(
        wants="a pull request is checked against the policy: manifests, tags, secrets, pins",
        where=first(jobs, using=CHECKING),
        mend=f"add a job that uses the action {CHECKING}",
    )
    yield Piece(
        wants="a pull request builds and starts the image",
        where=first(jobs, using=BUILDING),
        mend=f"add a job that calls {BUILDING}",
    )
    yield Piece(
        wants="a pull request runs the tests",
        where=first(jobs, running="pytest"),
        mend="add a job that calls python-ci.yml",
    )
