"""Are the cost tags right: in bundle, image, Kubernetes objects, record and MLflow runs?"""

from __future__ import annotations

import ast
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

from modelwright.audit.bundle import (
    BundleResource,
    bundle_resources,
    preset_tags,
    resolve_variables,
    targets,
)
from modelwright.audit.findings import Finding
from modelwright.audit.kustomize import Built, build, labels_of, pod_templates, roots
from modelwright.audit.project import Project, mapping_at
from modelwright.paths import DATABRICKS_BUNDLE, PROJECT_RECORD
from modelwright.policy.rules import show
from modelwright.policy.tags import TARGETS, tags_for_target

_DOCKERFILE: Final = re.compile(
    r"(?:.*/)?(?:[\w.-]+\.)?Dockerfile(?:\.[\w-]+)?|(?:.*/)?Containerfile"
)
_INSTRUCTION: Final = re.compile(r"\s*(FROM|LABEL|ARG)\s+(.*)", re.IGNORECASE | re.DOTALL)
_VARIABLE: Final = re.compile(r"\$\{?(\w+)\}?")
_STAGE: Final = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*", re.IGNORECASE)
_Problem = tuple[str, str, str]
_CONSTANT: Final = "COST_TAGS"
_RECORD_BLOCKS: Final = {"tags": "mlflow", "custom_properties": "github"}


def tag_problem(found: Mapping[Any, Any], expected: Mapping[str, str]) -> str:
    """Return what is wrong with a resource's tags, or nothing.

    Args:
        found: The tags that it carries.
        expected: The tags that it must carry.
    """
    missing = [key for key in expected if key not in found]
    other = [key for key in expected if key in found and str(found[key]) != expected[key]]
    problems = []
    if missing:
        problems.append(f"lacks {', '.join(missing)}")
    problems += [f"has {key} {show(str(found[key]))} instead of {expected[key]!r}" for key in other]
    return " and ".join(problems)


def check_bundle_tags(project: Project) -> Iterator[Finding]:
    """Find targets without the right preset tags, and resources with other ones (TAG103)."""
    if not project.known or DATABRICKS_BUNDLE not in project.files:
        return
    document = project.document(DATABRICKS_BUNDLE)
    if document.mapping and not targets(project):
        yield Finding(
            f"{DATABRICKS_BUNDLE}:1",
            "TAG103",
            "the bundle has no target",
            "add one per environment",
        )
    for target in targets(project):
        problem = _resolved_problem(
            project, target, preset_tags(project, target), _expected_tags(project, target)
        )
        if problem:
            line = document.line("targets", target, "presets", "tags")
            yield _tag_finding(f"{DATABRICKS_BUNDLE}:{line}", f"target {target} {problem}")
    for resource in bundle_resources(project):
        for target in _targets_of(project, resource):
            expected = _expected_tags(project, target)
            kept = {key: value for key, value in expected.items() if key in resource.tags}
            problem = _resolved_problem(project, target, dict(resource.tags), kept)
            if problem:
                yield _tag_finding(resource.where, f"{resource.name} in {target} {problem}")


def check_budget_policy(project: Project) -> Iterator[Finding]:
    """Find serverless resources without the policy's budget policy (TAG106).

    Serverless ignores the tags of clusters: this id alone carries its cost.
    """
    if not project.known or DATABRICKS_BUNDLE not in project.files:
        return
    brand = project.policy["brands"][project.answers["brand"]]
    for resource in bundle_resources(project):
        for target in _targets_of(project, resource) if resource.serverless else ():
            expected = mapping_at(brand, "databricks", target).get("budget_policy_id")
            found = resource.body.get("budget_policy_id")
            if expected and resolve_variables(project, target, found) != expected:
                which = "another" if found else "no"
                yield Finding(
                    where=resource.where,
                    rule="TAG106",
                    problem=f"{resource.name} is serverless in {target} with {which} budget policy",
                    next_step=f"set budget_policy_id, for {target} {expected}",
                )


def _targets_of(project: Project, resource: BundleResource) -> list[str]:
    return [resource.target] if resource.target else list(targets(project))


def _expected_tags(project: Project, target: str) -> dict[str, str]:
    cloud = project.policy["brands"][project.answers["brand"]]["cloud"]
    form = f"databricks-{cloud}"
    environment = target if target in project.policy["environments"] else ""
    return project.tags(form if form in TARGETS else "mlflow", environment)


def _resolved_problem(
    project: Project, target: str, found: dict[str, object], expected: dict[str, str]
) -> str:
    return tag_problem(
        {key: resolve_variables(project, target, value) for key, value in found.items()}, expected
    )


def _tag_finding(where: str, problem: str) -> Finding:
    return Finding(where, "TAG103", problem, "correct its tags, as the template writes them")


def check_image(project: Project) -> Iterator[Finding]:
    """Find Dockerfiles whose last stage lacks a label (TAG102); the environment comes by ARG."""
    if not project.known:
        return
    for path, text in project.files.items():
        if not _DOCKERFILE.fullmatch(path):
            continue
        line, labels, arguments = _last_stage(text)
        problem = tag_problem(labels, project.tags("oci")) or _environment(
            project, labels, arguments
        )
        if problem:
            yield Finding(
                where=f"{path}:{line}",
                rule="TAG102",
                problem=f"the image {problem}",
                next_step="put the labels into LABEL of the last stage, as the template does",
            )


def _environment(project: Project, labels: Mapping[str, str], arguments: set[str]) -> str:
    key = project.environment_key
    if not key:
        return ""
    prefix = project.policy["organisation"]["cost_tag_prefix"]
    label = next(iter(tags_for_target({key: ""}, "oci", prefix=prefix)))
    variable = _VARIABLE.fullmatch(labels.get(label, ""))
    if label not in labels:
        return f"lacks {label}"
    if variable is None or variable.group(1) not in arguments:
        return f"fixes {label}, which an ARG of the last stage must give"
    return ""


def _last_stage(text: str) -> tuple[int, dict[str, str], set[str]]:
    line, labels, arguments = 1, dict[str, str](), set[str]()
    stages: dict[str, tuple[dict[str, str], set[str]]] = {}
    for number, instruction in _instructions(text):
        matched = _INSTRUCTION.match(instruction)
        if matched is None:
            continue
        name, body = matched.group(1).upper(), matched.group(2)
        if name == "FROM":
            # A stage on another one has what that one has.
            base, alias = _stage(body)
            before = stages.get(base, ({}, set()))
            line, labels, arguments = number, dict(before[0]), set(before[1])
            stages[alias] = labels, arguments
        elif name == "ARG":
            arguments.add(body.partition("=")[0].strip())
        else:
            line = number
            labels.update(_label_pairs(body))
    return line, labels, arguments


def _stage(body: str) -> tuple[str, str]:
    matched = _STAGE.fullmatch(body)
    return (matched.group(1).lower(), (matched.group(2) or "").lower()) if matched else ("", "")


def _instructions(text: str) -> Iterator[tuple[int, str]]:
    started, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        started = started if parts else number
        body = line.rstrip()
        parts.append(body.removesuffix("\\"))
        if not body.endswith("\\"):
            yield started, "\n".join(parts)
            parts = []


def _label_pairs(body: str) -> dict[str, str]:
    try:
        words = shlex.split(body)
    except ValueError:
        return {}
    pairs = (word.partition("=") for word in words)
    return {key: value for key, equals, value in pairs if equals}


def check_kubernetes(project: Project) -> Iterator[Finding]:
    """Find wrong labels, and resources whose labels cannot be read (TAG101)."""
    yield from check_labels(project)
    if project.known:
        lost = dict.fromkeys(one for root in roots(project) for one in build(project, root).lost)
        for where, entry in lost:
            yield Finding(
                where=where,
                rule="TAG101",
                problem=f"resource {entry!r} cannot be read here",
                next_step="copy it into the repository, so that its labels can be judged",
            )


def check_labels(project: Project) -> Iterator[Finding]:
    """Find objects and templates without the right labels (TAG101), each once.

    Cost tools read the labels of pods, so a label on the Deployment alone is not enough.
    """
    if not project.known:
        return
    found: dict[_Problem, list[str]] = {}
    for root in roots(project):
        environment = posixpath.basename(posixpath.dirname(root))
        for place in _label_problems(project, build(project, root), environment):
            found.setdefault(place, []).append(environment)
    for (where, title, problem), environments in found.items():
        yield Finding(
            where=where,
            rule="TAG101",
            problem=f"{title} {problem} ({', '.join(environments)})",
            next_step="add it to `labels:` of the kustomization, with `includeTemplates: true`",
        )


def _label_problems(project: Project, built: Built, environment: str) -> Iterator[_Problem]:
    expected = project.tags("kubernetes", environment)
    if environment not in project.policy["environments"]:
        expected = project.tags("kubernetes")
    for resource in built.resources:
        labelled = [("", labels_of(resource.body))]
        labelled += [
            (f"{path} of ", labels_of(template)) for path, template in pod_templates(resource.body)
        ]
        for part, labels in labelled:
            problem = tag_problem(labels, expected)
            if problem:
                yield resource.where, f"{part}{resource.title}", problem


def check_record_tags(project: Project) -> Iterator[Finding]:
    """Compare the record's `tags` and `custom_properties` with the policy (TAG104)."""
    document = project.document(PROJECT_RECORD)
    if not project.known or not document.mapping:
        return
    for block, target in _RECORD_BLOCKS.items():
        found = document.mapping.get(block)
        problem = tag_problem(found if isinstance(found, dict) else {}, project.tags(target))
        if problem:
            yield Finding(
                where=f"{PROJECT_RECORD}:{document.line(block)}",
                rule="TAG104",
                problem=f"{block} {problem}",
                next_step="correct it, or change the answer by an update",
            )


def check_run_tags(project: Project) -> Iterator[Finding]:
    """Compare the machinery's `COST_TAGS`, written on every run and version (TAG105)."""
    if not project.known:
        return
    for path in project.below("src/", (".py",)):
        text = project.files[path]
        for line, found in _constants(text) if _CONSTANT in text else ():
            problem = tag_problem(found, project.tags("mlflow"))
            if problem:
                yield Finding(
                    where=f"{path}:{line}",
                    rule="TAG105",
                    problem=f"{_CONSTANT} {problem}",
                    next_step="restore the file from the template: an update does it",
                )


def _constants(text: str) -> Iterator[tuple[int, dict[Any, Any]]]:
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for statement in module.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        named = any(isinstance(target, ast.Name) and target.id == _CONSTANT for target in targets)
        if named and isinstance(statement, ast.Assign | ast.AnnAssign):
            yield statement.lineno, _literal(statement.value)


def _literal(value: ast.expr | None) -> dict[Any, Any]:
    try:
        found = ast.literal_eval(value) if value is not None else {}
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
