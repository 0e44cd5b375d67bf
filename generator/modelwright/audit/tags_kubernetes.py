"""Does every Kubernetes object and pod template carry the cost tags, in every environment?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from modelwright.audit.finding import Finding
from modelwright.audit.kustomize import Built, build, labels_of, pod_templates, roots
from modelwright.audit.project import Project
from modelwright.audit.tags_wanted import tag_problem

Place = tuple[str, str, str]


def check_kubernetes(project: Project) -> Iterator[Finding]:
    """Find objects and templates without the right labels (TAG101); each is told once.

    Cost tools read the labels of pods, so a label on the Deployment alone is not enough.
    """
    if not project.known:
        return
    found: dict[Place, list[str]] = {}
    for root in roots(project):
        environment = posixpath.basename(posixpath.dirname(root))
        built = build(project, root)
        for place in _problems(project, built, environment):
            found.setdefault(place, []).append(environment)
        for where, entry in built.lost:
            found.setdefault((where, f"resource {entry!r}", "cannot be read here"), [])
    for (where, title, problem), environments in found.items():
        yield Finding(
            where=where,
            rule="TAG101",
            problem=f"{title} {problem}" + (f" ({', '.join(environments)})" * bool(environments)),
            next_step=_next_step(problem),
        )


def _problems(project: Project, built: Built, environment: str) -> Iterator[Place]:
    wanted = project.tags("kubernetes", environment)
    if environment not in project.policy["environments"]:
        wanted = project.tags("kubernetes")
    for resource in built.resources:
        labelled = [("", labels_of(resource.body))]
        labelled += [
            (f"{path} of ", labels_of(template)) for path, template in pod_templates(resource.body)
        ]
        for part, labels in labelled:
            problem = tag_problem(labels, wanted)
            if problem:
                yield resource.where, f"{part}{resource.title}", problem


def _next_step(problem: str) -> str:
    if problem == "cannot be read here":
        return "copy it into the repository, so that its labels can be judged"
    return "add it to `labels:` of the kustomization, with `includeTemplates: true`"
