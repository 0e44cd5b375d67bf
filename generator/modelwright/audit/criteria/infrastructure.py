"""Sections 2.1 and 3.1: infrastructure as code, and the way to production."""

from __future__ import annotations

from typing import Final

from modelwright.audit.evidence import Evidence, Judged
from modelwright.audit.facts.deployments import JOB, WORKLOADS, DeployedEnvironment
from modelwright.audit.facts.project import Facts
from modelwright.audit.facts.workflows import Job, first, jobs_on

DEPLOYING: Final = ("deploy-kubernetes.yml", "deploy-databricks.yml")
BUILDING: Final = "build-image.yml"
JUDGING: Final = "poe scale-out"
CHECKING: Final = "modelwright-check"
# Nobody is paged for an environment without callers.
OPTIONAL: Final = ("PrometheusRule",)


def as_code(facts: Facts) -> Judged:
    """9: every environment has its workload as code."""
    declared = {environment.name: environment for environment in facts.environments}
    for name in facts.project.policy["environments"]:
        workloads = declared[name].of(*WORKLOADS, JOB) if name in declared else ()
        yield Evidence(
            wants=f"{name} runs a workload that is declared",
            where=workloads[0].where if workloads else "",
            mend=f"declare it in an overlay {name} below deploy/k8s/overlays/, or a target {name}",
        )


def in_version_control(facts: Facts) -> Judged:
    """10: what is applied stands in the repository, whole."""
    for environment in facts.environments:
        lost = ", ".join(environment.lost)
        yield Evidence(
            wants=f"all that {environment.root} applies stands in the repository",
            where="" if lost else f"{environment.root}:1",
            mend=f"commit {lost}",
        )
    if not facts.environments:
        yield Evidence(wants="an overlay for each environment", where="", mend="commit one")


def merge_deploys(facts: Facts) -> Judged:
    """12: a merge that changes the infrastructure deploys it everywhere."""
    declared = (found for place in facts.environments for found in place.of(*WORKLOADS, JOB))
    changed = next((found.where.rpartition(":")[0] for found in declared), "deploy/")
    for environment, job in deployments(facts, changed=changed).items():
        yield Evidence(
            wants=f"a merge to main deploys {changed} to {environment}",
            where=str(job or ""),
            mend=f"let a job on push to main call {' or '.join(DEPLOYING)} for it",
        )


def deployments(facts: Facts, *, changed: str = "") -> dict[str, Job | None]:
    """Return the job that a merge starts for each environment.

    Args:
        facts: The project.
        changed: What the merge changes; empty for a merge that changes everything.
    """
    jobs = [job for job in jobs_on(facts.project, "push", changed) if any(map(job.uses, DEPLOYING))]
    return {
        name: next((job for job in jobs if job.inputs.get("environment") == name), None)
        for name in facts.project.policy["environments"]
    }


def equal_environments(facts: Facts) -> Judged:
    """14: at least two environments, with the same objects and the same settings."""
    shapes = {found.name: _outline(found) for found in facts.environments}
    for found in facts.environments:
        others = [other for name, other in shapes.items() if name != found.name]
        yield Evidence(
            wants=f"{found.name} has the objects and settings of another environment",
            where=f"{found.root}:1" if shapes[found.name] in others else "",
            mend="declare the same objects and the same keys in every overlay",
        )
    if not shapes:
        yield Evidence(wants="two environments", where="", mend="declare an overlay for each")


def _outline(environment: DeployedEnvironment) -> tuple[frozenset[str], frozenset[str]]:
    titles = {found.title for found in environment.objects if found.kind not in OPTIONAL}
    return frozenset(titles), environment.settings


def validation(facts: Facts) -> Judged:
    """29: a pull request validates the configuration and builds what is deployed."""
    jobs = jobs_on(facts.project, "pull_request")
    yield Evidence(
        wants="a pull request is checked against the policy: manifests, tags, secrets, pins",
        where=first(jobs, using=CHECKING),
        mend=f"add a job that uses the action {CHECKING}",
    )
    yield _runs_validation(jobs, bundle=facts.bundle)
    yield Evidence(
        wants="a pull request runs the tests",
        where=first(jobs, running="pytest"),
        mend="add a job that calls python-ci.yml",
    )


def _runs_validation(jobs: tuple[Job, ...], *, bundle: bool) -> Evidence:
    if bundle:
        return Evidence(
            wants="a pull request judges the bundle",
            where=first(jobs, running=JUDGING),
            mend=f"run `{JUDGING}` in a job",
        )
    return Evidence(
        wants="a pull request builds and starts the image",
        where=first(jobs, using=BUILDING),
        mend=f"add a job that calls {BUILDING}",
    )
