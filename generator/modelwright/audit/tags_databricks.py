"""Does everything on Databricks carry the cost tags, and serverless the budget policy?"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.audit.bundle import (
    FILE,
    BundleResource,
    bundle_resources,
    preset_tags,
    resolved,
    targets,
)
from modelwright.audit.finding import Finding
from modelwright.audit.plain import mapped
from modelwright.audit.project import Project
from modelwright.audit.tags_wanted import tag_problem
from modelwright.policy.limits import TARGETS


def check_bundle_tags(project: Project) -> Iterator[Finding]:
    """Find targets without the right preset tags, and resources with other ones (TAG103)."""
    if not project.known or FILE not in project.files:
        return
    document = project.document(FILE)
    if document.mapping and not targets(project):
        yield Finding(f"{FILE}:1", "TAG103", "the bundle has no target", "add one per environment")
    for target in targets(project):
        problem = _problem(project, target, preset_tags(project, target), _wanted(project, target))
        if problem:
            line = document.line("targets", target, "presets", "tags")
            yield _wrong(f"{FILE}:{line}", f"target {target} {problem}")
    for resource in bundle_resources(project):
        for target in _targets_of(project, resource):
            wanted = _wanted(project, target)
            kept = {key: value for key, value in wanted.items() if key in resource.tags}
            problem = _problem(project, target, dict(resource.tags), kept)
            if problem:
                yield _wrong(resource.where, f"{resource.name} in {target} {problem}")


def check_budget_policy(project: Project) -> Iterator[Finding]:
    """Find serverless resources without the policy's budget policy (TAG106).

    Serverless ignores the tags of clusters: this id alone carries its cost.
    """
    if not project.known or FILE not in project.files:
        return
    brand = project.policy["brands"][project.answers["brand"]]
    for resource in bundle_resources(project):
        for target in _targets_of(project, resource) if resource.serverless else ():
            wanted = mapped(brand, "databricks", target).get("budget_policy_id")
            found = resource.body.get("budget_policy_id")
            if wanted and resolved(project, target, found) != wanted:
                said = "another" if found else "no"
                yield Finding(
                    where=resource.where,
                    rule="TAG106",
                    problem=f"{resource.name} is serverless in {target} with {said} budget policy",
                    next_step=f"set budget_policy_id, for {target} {wanted}",
                )


def _targets_of(project: Project, resource: BundleResource) -> list[str]:
    return [resource.target] if resource.target else list(targets(project))


def _wanted(project: Project, target: str) -> dict[str, str]:
    cloud = project.policy["brands"][project.answers["brand"]]["cloud"]
    form = f"databricks-{cloud}"
    environment = target if target in project.policy["environments"] else ""
    return project.tags(form if form in TARGETS else "mlflow", environment)


def _problem(
    project: Project, target: str, found: dict[str, object], wanted: dict[str, str]
) -> str:
    return tag_problem(
        {key: resolved(project, target, value) for key, value in found.items()}, wanted
    )


def _wrong(where: str, problem: str) -> Finding:
    return Finding(where, "TAG103", problem, "correct its tags, as the template writes them")
