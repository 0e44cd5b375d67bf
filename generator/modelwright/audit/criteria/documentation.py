"""Section 1: documentation of project, model and interface."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

from modelwright.audit.evidence import Evidence, Judged
from modelwright.audit.facts.documents import own_words, section, section_evidence
from modelwright.audit.facts.project import Facts
from modelwright.audit.facts.python_code import classes, fields, function, last_name, nodes
from modelwright.audit.project import mapping_at, mappings
from modelwright.paths import (
    BUSINESS_CASE,
    CODEOWNERS,
    DATA_CARD,
    FEATURES_FILE,
    MODEL_CARD,
    OPENAPI_DOCUMENT,
    PROJECT_RECORD,
    PYPROJECT,
    README,
)

RISK_COLUMNS: Final = ("risk", "harms", "likely", "limits")
_ROUTE: Final = re.compile(r"/[\w./{}-]+(:\w+)?")


def goals(facts: Facts) -> Judged:
    """1: business goals and KPIs."""
    return section_evidence(facts, BUSINESS_CASE, "Goals and KPIs")


def people(facts: Facts) -> Judged:
    """2: who is responsible."""
    team = facts.project.document(PROJECT_RECORD).mapping.get("github_team")
    yield Evidence(
        wants=f"{PROJECT_RECORD} names the owner",
        where=facts.line(PROJECT_RECORD, r"^owner: *\S"),
        mend="write owner: and github_team:",
    )
    yield Evidence(
        wants="CODEOWNERS asks that team for review of everything",
        where=facts.line(CODEOWNERS, rf"^\* .*{re.escape(str(team))}(\s|$)") if team else "",
        mend=f"write `* TEAM` in {CODEOWNERS}, with the team of {PROJECT_RECORD}",
    )


def risk(facts: Facts) -> Judged:
    """3: risks of the model, with whom they harm and what limits the harm."""
    heading = "Risks of the model"
    yield from section_evidence(facts, BUSINESS_CASE, heading)
    found = section(facts.project.files.get(BUSINESS_CASE, ""), heading)
    lines = found.body.splitlines() if found else []
    header = next((line.lower() for line in lines if line.startswith("|")), "")
    complete = found is not None and all(word in header for word in RISK_COLUMNS)
    yield Evidence(
        wants="each risk has whom it harms, how likely it is and what limits it",
        where=f"{BUSINESS_CASE}:{found.line}" if found and complete else "",
        mend="write a table with these columns",
    )


def data_gathering(facts: Facts) -> Judged:
    """4: how data is gathered and cleaned, and why."""
    return section_evidence(facts, DATA_CARD, "Gathering and cleaning")


def definitions(facts: Facts) -> Judged:
    """5: every feature of the code is defined, with unit and meaning."""
    entries = [entry for _, entry in mappings(facts.toml(FEATURES_FILE), "feature")]
    machinery = {str(e.get("name")) for e in entries if e.get(facts.evidence_map.computed or None)}
    computed = feature_names(facts) | machinery
    defined = {str(entry.get("name")): entry for entry in entries}
    for name in sorted(computed | set(defined)) or ["every feature"]:
        entry = defined.get(name, {})
        complete = name in computed and entry.get("unit") and entry.get("meaning")
        yield Evidence(
            wants=f"{name} is computed, and defined with unit and meaning",
            where=facts.line(FEATURES_FILE, f'^name *= *"{re.escape(name)}"') if complete else "",
            mend=f"define in {FEATURES_FILE} exactly what features.py returns",
        )


def feature_names(facts: Facts) -> set[str]:
    """Return the keys and columns that the feature function writes."""
    names: set[object] = set(_kinds(facts))
    joined: set[object] = set()
    for node in nodes(function(facts.module("features"), facts.evidence_map.feature)):
        if isinstance(node, ast.Dict):
            names |= _constant_values(*node.keys)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            names |= _constant_values(node.slice)
        elif isinstance(node, ast.Call) and last_name(node.func) == "with_columns":
            names |= {keyword.arg for keyword in node.keywords}
        elif isinstance(node, ast.keyword) and node.arg == "on":
            joined |= _constant_values(*nodes(node.value))
    return {name for name in names - joined if isinstance(name, str)}


def _kinds(facts: Facts) -> Iterator[object]:
    """Give what a type of schemas.py lists, but for the wish to be forgotten."""
    for node in facts.module("schemas").body:
        if isinstance(node, ast.Assign) and facts.evidence_map.kinds in _variable_names(
            node.targets
        ):
            yield from _constant_values(*nodes(node.value)) - {"forget"}


def _variable_names(found: Iterable[ast.AST]) -> set[str]:
    return {node.id for node in found if isinstance(node, ast.Name)}


def _constant_values(*found: ast.AST | None) -> set[object]:
    return {node.value for node in found if isinstance(node, ast.Constant)}


def model_choice(facts: Facts) -> Judged:
    """6: why this model."""
    return section_evidence(facts, MODEL_CARD, "Why this model")


def interface(facts: Facts) -> Judged:
    """7: the interface is described as the code has it."""
    described = facts.json(OPENAPI_DOCUMENT)
    routes = {
        node.value
        for node in nodes(facts.module(facts.evidence_map.app))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _ROUTE.fullmatch(node.value)
    }
    mend = "run `uv run poe openapi` and commit what it writes"
    yield Evidence(
        wants="the description has the routes of the code and no others",
        where=facts.line(OPENAPI_DOCUMENT, '"paths"')
        if routes == set(mapping_at(described, "paths"))
        else "",
        mend=mend,
    )
    for module, name in facts.evidence_map.described:
        known = set(mapping_at(described, "components", "schemas", name, "properties"))
        same = known and known == _fields(facts.module(module), name)
        yield Evidence(
            wants=f"the description has the fields of {name}",
            where=facts.line(OPENAPI_DOCUMENT, f'^ *"{name}": ') if same else "",
            mend=mend,
        )
    yield Evidence(
        wants="`poe check` compares the description with the service",
        where=facts.line(PYPROJECT, "openapi --check"),
        mend=f"add `python main.py openapi --check` to the task check of {PYPROJECT}",
    )


def _fields(schemas: ast.Module, name: str) -> set[str]:
    """Return the fields of a model, those of its bases in the same module included."""
    found: set[str] = set()
    known = {node.name: node for node in classes(schemas)}
    todo = [name]
    while todo:
        node = known.pop(todo.pop(), None)
        if node is not None:
            found |= set(fields(node))
            todo += [base.id for base in node.bases if isinstance(base, ast.Name)]
    return found


def architecture(facts: Facts) -> Judged:
    """8: a picture of how it works, with its surroundings."""
    heading = "How it works"
    yield from own_words(facts, README, heading)
    found = section(facts.project.files.get(README, ""), heading)
    yield Evidence(
        wants="it has a picture",
        where=f"README.md:{found.line}" if found and found.pictures else "",
        mend="draw one: GitHub renders a block of Mermaid",
    )
