"""Section 3.2: quality of the code and of the interface."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final

from modelwright.audit.evidence import Evidence, Judged
from modelwright.audit.facts.deployments import DeclaredObject
from modelwright.audit.facts.project import Facts
from modelwright.audit.facts.python_code import (
    CodePlace,
    Function,
    called_at,
    classes,
    first_call,
    functions,
    imports,
    last_name,
    mentions,
    nodes,
)
from modelwright.audit.facts.workflows import first, jobs_on
from modelwright.audit.project import texts_at
from modelwright.paths import PRE_COMMIT_CONFIG, PYPROJECT

TOOLS: Final = ("ruff format", "ruff check", "mypy")
STEPS: Final = ("data", "features", "train", "evaluate", "decide")
DOCUMENTED: Final = 0.9
PUBLIC_SERVICES: Final = ("LoadBalancer", "NodePort")


def hooks(facts: Facts) -> Judged:
    """31: hooks for format, lint and types, and the same tools in CI."""
    jobs = jobs_on(facts.project, "pull_request")
    everything = first(jobs, running="pre-commit run")
    for tool in TOOLS:
        hook = facts.line(PRE_COMMIT_CONFIG, rf"entry: .*\b{tool}\b")
        yield Evidence(
            wants=f"a hook runs {tool}, and so does CI",
            where=hook if everything or first(jobs, running=tool) else "",
            mend=f"add the hook to {PRE_COMMIT_CONFIG}, and a job that calls python-ci.yml",
        )


def tests(facts: Facts) -> Judged:
    """32: tests of every step, and of the interface."""
    imported = {path: imports(facts.python[path]) for path in {t.path for t in facts.tests}}
    for step in STEPS:
        found = next(_tests_of(facts, step, imported), None)
        yield Evidence(
            wants=f"{step}.py is tested",
            where=str(found or ""),
            mend=f"write a test that imports {step} and asserts what it gives",
        )
    wants, call = facts.evidence_map.delivered
    asked = (test for test in facts.tests if first_call(test.node, call))
    yield Evidence(
        wants=wants,
        where=str(next(asked, "")),
        mend=f"write a test that calls {call}",
    )
    yield Evidence(
        wants="coverage has a lower limit",
        where=facts.line(PYPROJECT, r"^fail_under *= *[5-9]\d"),
        mend=f"set fail_under in {PYPROJECT}",
    )


def _tests_of(
    facts: Facts, step: str, imported: Mapping[str, frozenset[str]]
) -> Iterator[CodePlace]:
    """Yield the tests that call a step by itself, then those that reach it some other way."""
    package = facts.source.split("/")[1]
    own = f"{package}.{step}."
    for test in facts.tests:
        names = {name.removeprefix(own) for name in imported[test.path] if name.startswith(own)}
        if names and names & mentions(test.node):
            yield test
    for test in facts.tests:
        if own.rstrip(".") in imported[test.path] and step in _mentions_of_test(facts, test):
            yield test


def _mentions_of_test(facts: Facts, test: CodePlace) -> set[str]:
    """Return what a test mentions, itself or through a function of its file."""
    words = set(mentions(test.node))
    helpers = (node for node in facts.python[test.path].body if isinstance(node, Function))
    return words.union(*(mentions(helper) for helper in helpers if helper.name in words))


def tests_on_pull_request(facts: Facts) -> Judged:
    """33: a pull request runs the tests."""
    yield Evidence(
        wants="a pull request runs the tests",
        where=first(jobs_on(facts.project, "pull_request"), running="pytest"),
        mend="add a job that calls python-ci.yml",
    )


def load(facts: Facts) -> Judged:
    """35: a load test with a limit, run regularly."""
    files = [path for path in facts.python if path == "tests/load.py"]
    limit = [path for path in files if "p99" in facts.project.files[path]]
    yield Evidence(
        wants="a load test measures p99 and fails above a limit",
        where=facts.line(limit[0], "p99") if limit else "",
        mend="update the project with `--data load_test=true`",
    )
    yield Evidence(
        wants="it runs on a schedule",
        where=first(jobs_on(facts.project, "schedule"), running="poe load"),
        mend="run `uv run poe load` in a scheduled job",
    )


def access(facts: Facts) -> Judged:
    """36: callers present a key, and nothing is open to the outside."""
    app = facts.module(facts.evidence_map.app)
    asks = first_call(app, "Security", "Depends") and first_call(app, "compare_digest")
    yield Evidence(
        wants="the scoring routes ask for a key",
        where=called_at(facts.path(facts.evidence_map.app), app, "compare_digest") if asks else "",
        mend="declare the key with Security(APIKeyHeader(...)) and compare it in constant time",
    )
    refused = (test for test in facts.tests if _contains_number(test.node, 401))
    yield Evidence(
        wants="a test is refused without a key",
        where=str(next(refused, "")),
        mend="write a test that expects status 401",
    )
    for environment in facts.environments:
        closing = [found for found in environment.of("NetworkPolicy") if _limits_traffic(found)]
        yield Evidence(
            wants=f"{environment.name} limits traffic in both directions",
            where=closing[0].where if closing else "",
            mend="declare a NetworkPolicy with the policyTypes Ingress and Egress",
        )
        opened = [found.where for found in environment.objects if _is_public(found)]
        patched = facts.line(environment.root, "|".join(PUBLIC_SERVICES))
        yield Evidence(
            wants=f"{environment.name} has no public address",
            where="" if opened or patched else f"{environment.root}:1",
            mend=f"close {', '.join(opened) or patched}",
        )


def _limits_traffic(policy: DeclaredObject) -> bool:
    return {"Ingress", "Egress"} <= set(texts_at(policy.spec, "policyTypes"))


def _is_public(found: DeclaredObject) -> bool:
    public = found.kind == "Service" and found.spec.get("type") in PUBLIC_SERVICES
    return public or found.kind == "Ingress"


def _contains_number(node: ast.AST, number: int) -> bool:
    return any(isinstance(n, ast.Constant) and n.value == number for n in nodes(node))


def code_documentation(facts: Facts) -> Judged:
    """37: what is public says what it does."""
    public = [place for path, tree in facts.modules() for place in _public(path, tree)]
    promised = {name for _, tree in facts.modules() for name in _protocol_methods(tree)}
    without = [
        place
        for place in public
        if not ast.get_docstring(place.node)  # type: ignore[arg-type]
        and getattr(place.node, "name", "") not in promised
    ]
    share = 1 - len(without) / len(public) if public else 0.0
    yield Evidence(
        wants=f"{share:.0%} of the public code has a docstring (at least {DOCUMENTED:.0%})",
        where=str(public[0]) if share >= DOCUMENTED else "",
        mend=f"document {', '.join(map(str, without[:3]))} and {max(len(without) - 3, 0)} more",
    )


def _public(path: str, tree: ast.Module) -> Iterator[CodePlace]:
    yield CodePlace(path, tree)
    todo: list[ast.stmt] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield CodePlace(path, node)
            todo += _undocumented_members(node) if isinstance(node, ast.ClassDef) else []


def _protocol_methods(tree: ast.Module) -> Iterator[str]:
    """Give the methods of protocols that say what every class with such a method does."""
    for node in classes(tree):
        if "Protocol" in {last_name(base) for base in node.bases}:
            yield from (e.name for e in functions(node) if ast.get_docstring(e))


def _undocumented_members(node: ast.ClassDef) -> Iterator[ast.stmt]:
    """Give what a class holds, but for properties that its own docstring lists."""
    docstring = ast.get_docstring(node) or ""
    for entry in node.body:
        decorated = entry.decorator_list if isinstance(entry, Function) else []
        name = getattr(entry, "name", "")
        stands = re.search(rf"^ *{name}: ", docstring, re.MULTILINE)
        if not (stands and "property" in {getattr(one, "id", "") for one in decorated}):
            yield entry
