"""Section 4.1: what it costs, and what it can cost at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelwright.audit.finding import Finding
from modelwright.audit.maturity.databricks import JOB
from modelwright.audit.maturity.facts import Facts
from modelwright.audit.maturity.kubernetes import WORKLOADS, Declared, Environment
from modelwright.audit.maturity.result import Judged, Piece
from modelwright.audit.plain import mapped, mappings
from modelwright.audit.tags_databricks import check_budget_policy, check_bundle_tags
from modelwright.audit.tags_image import check_image
from modelwright.audit.tags_kubernetes import check_kubernetes


def cost(facts: Facts) -> Judged:
    """39: whoever pays can see what it costs, and what it can cost at most."""
    # What is not in the repository is told by row 10.
    findings = [found for found in _findings(facts) if "cannot be read" not in found.problem]
    root = next((environment.root for environment in facts.environments), "")
    yield Piece(
        wants="every resource carries the cost tags",
        where=f"{root}:1" if root and not findings else "",
        mend="; ".join(f"{f.where}: {f.problem}" for f in findings[:3]) or "declare resources",
    )
    for environment in facts.environments:
        yield Piece(
            wants=f"{environment.name} says the most that it can use",
            where=_bounded(environment),
            mend="declare maxReplicas, or for each job its longest time and that it never runs"
            " twice at once, and the resources that a container requests",
        )


def _findings(facts: Facts) -> Iterator[Finding]:
    if facts.bundle:
        yield from check_bundle_tags(facts.project)
        yield from check_budget_policy(facts.project)
    else:
        yield from check_kubernetes(facts.project)
        yield from check_image(facts.project)


def _bounded(environment: Environment) -> str:
    """Return where the most is declared that it can use; nothing where it is open."""
    scaling = environment.of("HorizontalPodAutoscaler")
    if scaling and not isinstance(scaling[0].spec.get("maxReplicas"), int):
        return ""
    scheduled = environment.of("CronJob", JOB)
    if not (scaling or scheduled) or not all(map(_ends, scheduled)):
        return ""
    reserved = all(_reserves(found.spec) for found in environment.of(*WORKLOADS))
    return (scaling or scheduled)[0].where if reserved else ""


def _ends(found: Declared) -> bool:
    if found.kind == JOB:
        return (
            bool(found.body.get("timeout_seconds")) and found.body.get("max_concurrent_runs") == 1
        )
    once = found.spec.get("concurrencyPolicy") == "Forbid"
    return once and bool(mapped(found.spec, "jobTemplate", "spec").get("activeDeadlineSeconds"))


def _reserves(spec: Mapping[Any, Any]) -> bool:
    pods = mapped(spec, "template", "spec") or mapped(
        spec, "jobTemplate", "spec", "template", "spec"
    )
    asked = [
        mapped(container, "resources", "requests") for _, container in mappings(pods, "containers")
    ]
    return bool(asked) and all({"cpu", "memory"} <= set(entry) for entry in asked)
