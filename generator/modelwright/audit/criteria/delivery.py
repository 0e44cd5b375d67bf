"""What is asked of a project that delivers a table by run date, in the place of answers."""

from __future__ import annotations

import ast
from typing import Final

from modelwright.audit.criteria.monitoring import alerts, evaluates_rules, metrics
from modelwright.audit.criteria.schedule import on_schedule
from modelwright.audit.evidence import Evidence, Judged
from modelwright.audit.facts.project import Facts
from modelwright.audit.facts.python_code import (
    CodePlace,
    called_at,
    classes,
    contains_text,
    first_call,
    function,
    mentions,
    nodes,
)
from modelwright.audit.project import mapping_at

SCORING: Final = "runtime/scoring"
LINEAGE: Final = frozenset({"LINEAGE", "run_date", "model_version", "commit"})
BOUNDS: Final = frozenset(
    {"regex", "min", "max", "min_exclusive", "max_exclusive", "min_length", "is_in"}
)
CLOSED: Final = frozenset({"Bool", "Date", "Datetime", "Enum"})


def in_time(facts: Facts) -> Judged:
    """42: every day its table, and somebody is told where it is not there."""
    measured = function(facts.module(SCORING), "freshness")
    yield Evidence(
        wants="the age of what was delivered is compared with a limit",
        where=str(CodePlace(facts.path(SCORING), measured))
        if measured and "output_hours" in mentions(measured)
        else "",
        mend=f"compare it in freshness of {facts.path(SCORING)}",
    )
    limit = mapping_at(facts.toml(facts.evidence_map.config), "freshness").get("output_hours")
    yield Evidence(
        wants="the limit is configuration",
        where=facts.line(facts.evidence_map.config, r"^output_hours *=") if limit else "",
        mend=f"set output_hours under [freshness] in {facts.evidence_map.config}",
    )
    test = next((test for test in facts.tests if first_call(test.node, "freshness")), None)
    yield Evidence(
        wants="a test finds a late one",
        where=str(test or ""),
        mend="test scoring.freshness",
    )
    yield from on_schedule(facts, "freshness")
    late = (str(rule) for rule in alerts(facts) if any("stale" in name for name in rule.measures))
    yield Evidence(
        wants="an alert tells when it is passed",
        where=next(late, ""),
        mend="add a rule on the gauge of freshness",
    )
    yield evaluates_rules(facts)


def outliers(facts: Facts) -> Judged:
    """46: where too little is known a simpler rule decides; strange rows are kept and counted."""
    decide = function(facts.module("decide"), "decide")
    yield Evidence(
        wants="the decision asks whether too little is known of a series",
        where=str(CodePlace(facts.path("decide"), decide))
        if decide and "peers" in mentions(decide)
        else "",
        mend="let decide.py fall back on the peers of a series without a history",
    )
    counted = (str(place) for name, place in metrics(facts).items() if "quarantined" in name)
    yield Evidence(
        wants="rows that break the contract are counted",
        where=next(counted, ""),
        mend="set a gauge by rule",
    )
    kept = next((n for n in nodes(facts.module(SCORING)) if _is_text(n, "quarantine")), None)
    yield Evidence(
        wants="such rows can be found again",
        where=str(CodePlace(facts.path(SCORING), kept)) if kept else "",
        mend="write them beside the partition",
    )


def limits(facts: Facts) -> Judged:
    """57: it knows what it does not know."""
    tree = facts.module("schemas")
    contract = next((c for c in classes(tree) if "Schema" in mentions(c)), None)
    columns = [one for one in contract.body if isinstance(one, ast.Assign)] if contract else []
    loose = [", ".join(mentions(c.targets[0])) for c in columns if not _is_bounded(c)]
    yield Evidence(
        wants="every column of the contract has its range",
        where=str(CodePlace(facts.path("schemas"), contract))
        if contract and columns and not loose
        else "",
        mend=f"bound {', '.join(loose) or 'each column'}",
    )
    refused = (
        t for t in facts.tests if first_call(t.node, "filter") and "counts" in mentions(t.node)
    )
    yield Evidence(
        wants="a test breaks the contract",
        where=str(next(refused, "")),
        mend="write a test whose row is out of its range",
    )
    unseen = (str(place) for name, place in metrics(facts).items() if "unseen" in name)
    yield Evidence(
        wants="what training never saw is noticed",
        where=next(unseen, ""),
        mend="count keys that training never saw",
    )
    tests = (t for t in facts.tests if contains_text(t.node, "unseen"))
    yield Evidence(
        wants="a test has what training never saw",
        where=str(next(tests, "")),
        mend="write a test with an unseen key",
    )
    backtest = function(facts.module("runtime/backtest"), "backtest")
    yield Evidence(
        wants="the interval is as wide as the errors of the backtest were",
        where=called_at(facts.path("runtime/backtest"), backtest, "_widths"),
        mend="measure the interval in the backtest",
    )


def rows_kept(facts: Facts) -> Judged:
    """58: what was delivered is kept, each row with where it came from."""
    tree, path = facts.module(SCORING), facts.path(SCORING)
    assigned = (n for n in tree.body if isinstance(n, ast.Assign) and mentions(n) >= LINEAGE)
    found = next(assigned, None)
    yield Evidence(
        wants="each row says which version, commit and run made it",
        where=str(CodePlace(path, found)) if found else "",
        mend="add them to LINEAGE",
    )
    yield Evidence(
        wants="every forecast is written to the partition of its run date",
        where=called_at(path, function(tree, "_one"), "write"),
        mend="write it in scoring.score",
    )
    test = next((t for t in facts.tests if _reads_lineage(t.node)), None)
    yield Evidence(
        wants="a test reads it back from the partition",
        where=str(test or ""),
        mend="write a test that reads the partition's file",
    )


def _is_bounded(column: ast.Assign) -> bool:
    return bool(mentions(column.value) & (BOUNDS | CLOSED))


def _is_text(node: ast.AST, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _reads_lineage(node: ast.AST) -> bool:
    return {"LINEAGE", "created_at"} <= mentions(node)
