"""The criteria that a project's files can decide, wholly or in shape, and the run over them.

The other rows of the assessment are decided by GitHub (11, 13, 18, 30, 34, 38, 50), by the registry
or the cloud (15, 25, 51, 52) or by a person (55).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from modelwright.audit.criteria import (
    delivery,
    documentation,
    experiments,
    explanations,
    features,
    infrastructure,
    monitoring,
    quality,
    traceability,
)
from modelwright.audit.criteria.criterion import Criterion, Judge
from modelwright.audit.evidence import Judged, NotApplicable, Result
from modelwright.audit.evidence_map import EvidenceMap
from modelwright.audit.facts.project import Facts
from modelwright.audit.project import Project

CRITERIA: Final[tuple[Criterion, ...]] = (
    Criterion(1, "business goals and KPIs", "r", documentation.goals),
    Criterion(2, "people and responsibilities", "r+G", documentation.people),
    Criterion(3, "risks of the model", "r", documentation.risk),
    Criterion(4, "data gathering and cleaning", "r", documentation.data_gathering),
    Criterion(5, "definitions of features and data", "R", documentation.definitions),
    Criterion(6, "choice of the model", "r", documentation.model_choice),
    Criterion(7, "interface documented", "R", documentation.interface),
    Criterion(8, "architecture documented", "r", documentation.architecture),
    Criterion(9, "infrastructure as code", "R", infrastructure.as_code),
    Criterion(10, "infrastructure in version control", "R", infrastructure.in_version_control),
    Criterion(12, "a merge deploys the infrastructure", "R", infrastructure.merge_deploys),
    Criterion(14, "equal environments", "R+G", infrastructure.equal_environments),
    Criterion(16, "data code in version control", "R", traceability.data_code),
    Criterion(17, "model and interface in one package", "R", traceability.model_code),
    Criterion(19, "a merge deploys the model's code", "R", traceability.merge_deploys_model),
    Criterion(20, "environment reproducible", "R", traceability.reproducible),
    Criterion(21, "same code in every environment", "R", traceability.same_code),
    Criterion(22, "traceable to its commit", "R+X", traceability.to_commit),
    Criterion(23, "traceable to its infrastructure", "R+X", traceability.to_infrastructure),
    Criterion(24, "traceable to its software", "R+X", traceability.to_software),
    Criterion(26, "traceable to its training data", "R+X", traceability.to_data),
    Criterion(27, "strategy of retraining", "r", traceability.retraining),
    Criterion(28, "strategy of rolling back", "R", traceability.roll_back),
    Criterion(29, "CI validates the infrastructure", "R", infrastructure.validation),
    Criterion(31, "pre-commit hooks", "R", quality.hooks),
    Criterion(32, "tests of every step", "R", quality.tests),
    Criterion(33, "tests on a pull request", "R+G", quality.tests_on_pull_request),
    Criterion(35, "load test, regularly", "R", quality.load),
    Criterion(36, "access to the interface", "R", quality.access),
    Criterion(37, "code documented", "R", quality.code_documentation),
    Criterion(39, "cost tracked and bounded", "R", monitoring.cost),
    Criterion(40, "health monitored, with alerts", "R", monitoring.health),
    Criterion(41, "requests, latency, codes and health", "R", monitoring.answers_seen),
    Criterion(42, "continuity of batch delivery", "R", delivery.in_time),
    Criterion(43, "offline metrics stored", "R+X", monitoring.offline_metrics),
    Criterion(44, "feedback evaluates the KPIs", "r+X", monitoring.feedback),
    Criterion(45, "feature drift, with alerts", "R", monitoring.drift),
    Criterion(46, "outliers reviewed", "R", monitoring.outliers),
    Criterion(47, "features as shared code", "R", features.shared_code),
    Criterion(48, "one transformation for both sides", "R", features.one_function),
    Criterion(49, "no feature outside the shared code", "R", features.nowhere_else),
    Criterion(53, "feature configuration apart from code", "R", features.specification),
    Criterion(54, "explanation with evidence", "r", explanations.explanation),
    Criterion(56, "how a decision was reached", "r", explanations.decision),
    Criterion(57, "limits of knowledge", "R", explanations.limits),
    Criterion(58, "inputs and outputs stored", "R", explanations.inputs_and_outputs_kept),
    Criterion(59, "A/B tests", "r+X", experiments.regularly),
    Criterion(60, "same customer, same version", "R", experiments.steady),
)


# Where the evidence is of another kind, and not only elsewhere, by what is delivered.
OTHERWISE: Final[Mapping[str, Mapping[int, Judge]]] = {
    "table": {46: delivery.outliers, 57: delivery.limits, 58: delivery.rows_kept},
}


# What asks for a place is silent by itself where no evidence.yml names it; this asks for none.
UNKNOWN: Final[Mapping[int, str]] = {35: "no evidence.yml says whether anything is under load"}


def criteria(evidence: EvidenceMap | None) -> tuple[Criterion, ...]:
    """Return every criterion as it is judged by an archetype's evidence."""
    delivers = evidence.delivers if evidence else ""
    reasons = evidence.not_applicable if evidence else UNKNOWN
    own: dict[int, Judge] = dict(OTHERWISE.get(delivers, {}))
    own |= {number: partial(_not_applicable, reason) for number, reason in reasons.items()}
    return tuple(replace(one, judge=own.get(one.number, one.judge)) for one in CRITERIA)


def _not_applicable(reason: str, facts: Facts) -> Judged:  # noqa: ARG001 -- as every judge
    yield NotApplicable(reason)


def assess(project: Project, fresh: Mapping[str, str]) -> tuple[Result, ...]:
    """Judge a project by every criterion.

    Args:
        project: The repository.
        fresh: Text by path of the template's own render with the same answers: a text that still
            equals it proves nothing.
    """
    facts = Facts(project=project, fresh=fresh)
    return tuple(criterion.result(facts) for criterion in criteria(project.evidence))
