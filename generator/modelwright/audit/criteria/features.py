"""Section 5: features as shared code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from modelwright.audit.criteria.documentation import feature_names
from modelwright.audit.evidence import Evidence, Judged
from modelwright.audit.facts.project import Facts
from modelwright.audit.facts.python_code import (
    CodePlace,
    called_at,
    first_call,
    function,
    imports,
    mentions,
    nodes,
)
from modelwright.audit.project import list_at, mapping_at
from modelwright.paths import FEATURES_FILE, PYPROJECT

TRANSFORMS: Final = (
    *("log", "log10", "log2", "log1p", "sqrt", "exp", "clip", "digitize", "where"),
    *("fillna", "fill_null", "get_dummies", "to_dummies", "fit_transform", "transform"),
)
TRANSFORMERS: Final = re.compile(r"(sklearn\.(preprocessing|impute|pipeline)|category_encoders)\b")


def shared_code(facts: Facts) -> Judged:
    """47: features are code that another project can import."""
    found = function(facts.module("features"), facts.evidence_map.feature)
    yield Evidence(
        wants="the feature function stands alone in its module",
        where=str(CodePlace(facts.path("features"), found)) if found else "",
        mend=f"define {facts.evidence_map.feature} in {facts.path('features')}",
    )
    built = mapping_at(facts.toml(PYPROJECT), "build-system").get("build-backend")
    yield Evidence(
        wants="the package can be built and installed elsewhere",
        where=facts.line(PYPROJECT, "^build-backend *=") if built else "",
        mend=f"write [build-system] in {PYPROJECT}",
    )


def one_function(facts: Facts) -> Judged:
    """48: training and serving call the same function, and a test compares."""
    for side, module, name, call in facts.evidence_map.sides:
        tree = facts.module(module)
        within = function(tree, name) if name else tree
        yield Evidence(
            wants=f"{side} calls the feature function",
            where=called_at(facts.path(module), within, call),
            mend=f"call {call} in {facts.path(module)}",
        )
    first, second = facts.evidence_map.parity
    both = (t for t in facts.tests if first_call(t.node, first) and first_call(t.node, second))
    test = next(both, None)
    yield Evidence(
        wants="a test finds the same values on both sides",
        where=str(test or ""),
        mend=f"compare what {first} and {second} give",
    )


def nowhere_else(facts: Facts) -> Judged:
    """49: no feature is made outside the feature function."""
    found = [*_transformations(facts), *_feature_mentions(facts)]
    there = function(facts.module("features"), facts.evidence_map.feature)
    yield Evidence(
        wants="no module but features.py transforms, or knows a feature by name",
        where=str(CodePlace(facts.path("features"), there)) if there and not found else "",
        mend=f"move it to features.py: {', '.join(map(str, found[:3]))}",
    )


def _transformations(facts: Facts) -> Iterator[CodePlace]:
    for module in facts.evidence_map.elsewhere:
        tree, path = facts.module(module), facts.path(module)
        if call := first_call(tree, *TRANSFORMS):
            yield CodePlace(path, call)
        if any(TRANSFORMERS.match(name) for name in imports(tree)):
            yield CodePlace(path, tree)


def _feature_mentions(facts: Facts) -> Iterator[CodePlace]:
    fields = mentions(facts.module("schemas")) | mentions(facts.module("data"))
    # A field that is a feature as it stands has one name in both.
    names = feature_names(facts) - fields
    for module in facts.evidence_map.elsewhere:
        for node in nodes(facts.module(module)):
            if isinstance(node, ast.Constant) and node.value in names:
                yield CodePlace(facts.path(module), node)


def specification(facts: Facts) -> Judged:
    """53: which features the model sees is configuration."""
    read = (path for path, tree in facts.modules() if FEATURES_FILE in mentions(tree))
    yield Evidence(
        wants=f"{FEATURES_FILE} lists the features",
        where=facts.line(FEATURES_FILE, r"^\[\[feature\]\]")
        if list_at(facts.toml(FEATURES_FILE), "feature")
        else "",
        mend=f"list them in {FEATURES_FILE}",
    )
    path = next(read, "")
    yield Evidence(
        wants="the code takes them from there",
        where=facts.line(path, f'"{FEATURES_FILE}"') if path else "",
        mend=f"read {FEATURES_FILE} in the settings",
    )
