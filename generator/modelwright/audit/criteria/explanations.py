"""Section 6: explanations, and limits of knowledge."""

from __future__ import annotations

import ast
from typing import Final

from modelwright.audit.evidence import Evidence, Judged
from modelwright.audit.facts.documents import section_evidence
from modelwright.audit.facts.project import Facts
from modelwright.audit.facts.python_code import (
    CodePlace,
    called_at,
    class_with,
    classes,
    contains_text,
    fields,
    first_call,
    function,
    mentions,
    nodes,
)
from modelwright.paths import MODEL_CARD

BOUNDS: Final = {"ge", "gt", "le", "lt", "max_length", "pattern", "multiple_of"}
CLOSED: Final = {"bool", "Literal", "Enum", "AwareDatetime", "datetime", "date", "UUID"}


def explanation(facts: Facts) -> Judged:
    """54: an explanation with evidence."""
    yield from section_evidence(facts, MODEL_CARD, "Explanations")
    module, name = facts.evidence_map.shares
    found = next((node for node in nodes(facts.module(module)) if _has_name(node, name)), None)
    yield Evidence(
        wants="what each feature brought is computed",
        where=str(CodePlace(facts.path(module), found)) if found else "",
        mend="compute the shares with the model's own explainer",
    )


def _has_name(node: ast.AST, name: str) -> bool:
    given = node.arg if isinstance(node, ast.keyword) else getattr(node, "attr", None)
    return given == name


def decision(facts: Facts) -> Judged:
    """56: how the decision was reached."""
    yield from section_evidence(facts, MODEL_CARD, "How a decision is reached")
    decide = facts.module("decide")
    found = next(
        (node for node in nodes(decide) if _has_name(node, facts.evidence_map.reasons)), None
    )
    yield Evidence(
        wants="what is delivered holds its reasons",
        where=str(CodePlace(facts.path("decide"), found)) if found else "",
        mend=f"let decide.py give {facts.evidence_map.reasons}",
    )


def limits(facts: Facts) -> Judged:
    """57: the service knows what it does not know."""
    request = next(
        (c for c in classes(facts.module("schemas")) if c.name == facts.evidence_map.request), None
    )
    named = {
        target.id: node.value
        for node in facts.module("schemas").body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    entries = fields(request) if request else {}
    open_fields = [name for name, entry in entries.items() if not _is_bounded(entry, named)]
    yield Evidence(
        wants="every field of a request has its range",
        where=str(CodePlace(facts.path("schemas"), request)) if request and not open_fields else "",
        mend=f"bound {', '.join(open_fields) or 'each field'} with Field(...)",
    )
    refused = (t for t in facts.tests if _expects_status(t.node, 422))
    yield Evidence(
        wants="a test is refused with a value out of its range",
        where=str(next(refused, "")),
        mend="write a test that expects status 422",
    )
    module, name, call = facts.evidence_map.notices
    where = called_at(facts.path(module), function(facts.module(module), name), call)
    yield Evidence(
        wants="a value unlike the training data is noticed",
        where=where,
        mend="compare each feature with its range in training",
    )
    tests = (t for t in facts.tests if {*facts.evidence_map.unlike} & mentions(t.node))
    yield Evidence(
        wants="a test is unlike the training data",
        where=str(next(tests, "")),
        mend="write a test whose request is far outside",
    )


def _is_bounded(entry: ast.AnnAssign, named: dict[str, ast.expr]) -> bool:
    words = set(mentions(entry))
    for name in words & set(named):
        words |= mentions(named[name])
    return bool(words & (BOUNDS | CLOSED))


def _expects_status(node: ast.AST, status: int) -> bool:
    return any(isinstance(found, ast.Constant) and found.value == status for found in nodes(node))


def inputs_and_outputs_kept(facts: Facts) -> Judged:
    """58: inputs and outputs are kept without anybody's doing."""
    record = class_with(facts.module("runtime/log"), facts.evidence_map.kept)
    yield Evidence(
        wants="a record holds request, features, score, answer and version",
        where=str(CodePlace(facts.path("runtime/log"), record)) if record else "",
        mend="keep them all in runtime/log.py",
    )
    scoring = facts.module(facts.evidence_map.logs)
    yield Evidence(
        wants="every answer is handed to the log",
        where=called_at(facts.path(facts.evidence_map.logs), scoring, "put")
        if first_call(scoring, "Record")
        else "",
        mend="hand a record to the log before answering",
    )
    test = next((t for t in facts.tests if _reads_log(t.node)), None)
    yield Evidence(
        wants="a test finds its answers in the log",
        where=str(test or ""),
        mend="write a test that reads the log's file after requests",
    )


def _reads_log(node: ast.AST) -> bool:
    return contains_text(node, "FROM predictions") or {"Store"} <= mentions(node)
