"""Section 7: A/B tests; a customer always gets the same variant."""

from __future__ import annotations

import ast
from typing import Final

from modelwright.audit.evidence import Evidence, Judged, NotApplicable
from modelwright.audit.facts.project import Facts
from modelwright.audit.facts.python_code import CodePlace, function, functions, mentions
from modelwright.audit.project import mapping_at

HASHES: Final = {"blake2b", "blake2s", "sha256", "sha1", "md5", "crc32"}
UNSTEADY: Final = {
    "random",
    "randint",
    "choice",
    "time",
    "now",
    "uuid4",
    "urandom",
    "hash",
    "shuffle",
}


def regularly(facts: Facts) -> Judged:
    """59: experiments are configured."""
    rules = mapping_at(facts.toml(facts.evidence_map.config), "experiment")
    share = rules.get("challenger_share")
    yield Evidence(
        wants="an experiment has a name and a share of the customers",
        where=facts.line(facts.evidence_map.config, r"^\[experiment\]")
        if rules.get("name") and share
        else "",
        mend="update the project with `--data ab_test=true`",
    )


def steady(facts: Facts) -> Judged:
    """60: the same customer keeps the same version."""
    if facts.path("runtime/experiment") not in facts.project.files and not mapping_at(
        facts.toml(facts.evidence_map.config), "experiment"
    ):
        yield NotApplicable("one version answers everybody")
        return
    arm = function(facts.module("runtime/experiment"), "arm")
    words = mentions(arm)
    yield Evidence(
        wants="who meets which version follows from a hash of the customer alone",
        where=str(CodePlace(facts.path("runtime/experiment"), arm))
        if arm and words & HASHES and not words & UNSTEADY
        else "",
        mend="hash experiment and customer; ask no clock and no chance",
    )
    tests = [
        CodePlace(test.path, node)
        for test in facts.tests
        for node in functions(test.node)
        if "arm" in mentions(node) and _any_input(node)
    ]
    yield Evidence(
        wants="a property test holds it for any customer",
        where=str(tests[0]) if tests else "",
        mend="write a Hypothesis test of arm",
    )


def _any_input(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("given" in mentions(decorator) for decorator in node.decorator_list)
