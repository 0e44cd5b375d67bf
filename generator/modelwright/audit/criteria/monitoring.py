"""Section 4: cost, health, answers, quality and drift of what runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelwright.audit.checks.cost_tags import (
    check_budget_policy,
    check_bundle_tags,
    check_image,
    check_labels,
)
from modelwright.audit.criteria.schedule import on_schedule
from modelwright.audit.evidence import Evidence, Judged
from modelwright.audit.facts.deployments import JOB, WORKLOADS, DeclaredObject, DeployedEnvironment
from modelwright.audit.facts.documents import headings
from modelwright.audit.facts.project import Facts
from modelwright.audit.facts.python_code import (
    CodePlace,
    called_at,
    class_with,
    contains_text,
    first_call,
    function,
    last_name,
    mentions,
    nodes,
)
from modelwright.audit.findings import Finding
from modelwright.audit.project import mapping_at, mappings
from modelwright.paths import ALERTS_FILE, RUNBOOK

HEALTH_ROUTES: Final = ("/healthz", "/readyz", "/metrics")
_MEASURED: Final = re.compile(r"\b([a-z][a-z0-9_]*)\s*\{")
_SUFFIX: Final = re.compile(r"_(total|bucket|sum|count)$")


def cost(facts: Facts) -> Judged:
    """39: whoever pays can see what it costs, and what it can cost at most."""
    findings = list(_findings(facts))
    root = next((environment.root for environment in facts.environments), "")
    yield Evidence(
        wants="every resource carries the cost tags",
        where=f"{root}:1" if root and not findings else "",
        mend="; ".join(f"{f.where}: {f.problem}" for f in findings[:3]) or "declare resources",
    )
    for environment in facts.environments:
        yield Evidence(
            wants=f"{environment.name} says the most that it can use",
            where=_upper_bound(environment),
            mend="declare maxReplicas, or for each job its longest time and that it never runs"
            " twice at once, and the resources that a container requests",
        )


def _findings(facts: Facts) -> Iterator[Finding]:
    if facts.bundle:
        yield from check_bundle_tags(facts.project)
        yield from check_budget_policy(facts.project)
    else:
        # Row 10 reports a resource that is not in the repository.
        yield from check_labels(facts.project)
        yield from check_image(facts.project)


def _upper_bound(environment: DeployedEnvironment) -> str:
    """Return where the most is declared that it can use; nothing where it is open."""
    scaling = environment.of("HorizontalPodAutoscaler")
    if scaling and not isinstance(scaling[0].spec.get("maxReplicas"), int):
        return ""
    scheduled = environment.of("CronJob", JOB)
    if not (scaling or scheduled) or not all(map(_has_time_limit, scheduled)):
        return ""
    reserved = all(_declares_resources(found.spec) for found in environment.of(*WORKLOADS))
    return (scaling or scheduled)[0].where if reserved else ""


def _has_time_limit(found: DeclaredObject) -> bool:
    if found.kind == JOB:
        return (
            bool(found.body.get("timeout_seconds")) and found.body.get("max_concurrent_runs") == 1
        )
    once = found.spec.get("concurrencyPolicy") == "Forbid"
    return once and bool(mapping_at(found.spec, "jobTemplate", "spec").get("activeDeadlineSeconds"))


def _declares_resources(spec: Mapping[Any, Any]) -> bool:
    pods = mapping_at(spec, "template", "spec") or mapping_at(
        spec, "jobTemplate", "spec", "template", "spec"
    )
    asked = [
        mapping_at(container, "resources", "requests")
        for _, container in mappings(pods, "containers")
    ]
    return bool(asked) and all({"cpu", "memory"} <= set(entry) for entry in asked)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alerting rule.

    Attributes:
        line: Where it stands in `monitoring/alerts.yml`.
        name: Its name.
        expression: What it evaluates.
        body: The rule itself.
    """

    line: int
    name: str
    expression: str
    body: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{ALERTS_FILE}:{self.line}"

    @property
    def measures(self) -> set[str]:
        """The metrics in its expression, without Prometheus's suffixes."""
        return {_SUFFIX.sub("", name) for name in _MEASURED.findall(self.expression)}

    @property
    def anchor(self) -> str:
        """The runbook's section that it names."""
        return str(mapping_at(self.body, "annotations").get("runbook_url", "")).partition("#")[2]


def alerts(facts: Facts) -> Iterator[Alert]:
    """Yield every alerting rule."""
    document = facts.project.document(ALERTS_FILE)
    for at, group in mappings(document.mapping, "groups"):
        for number, rule in mappings(group, "rules"):
            yield Alert(
                line=document.line("groups", at, "rules", number),
                name=str(rule.get("alert", "")),
                expression=str(rule.get("expr", "")),
                body=rule,
            )


def metrics(facts: Facts) -> dict[str, CodePlace]:
    """Return the metrics that the package declares, by name."""
    return {
        str(node.args[0].value): CodePlace(path, node)
        for path, tree in facts.modules()
        for node in nodes(tree)
        if isinstance(node, ast.Call)
        and last_name(node.func).lower() in facts.evidence_map.declares
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def health(facts: Facts) -> Judged:
    """40: health is watched by rules that can fire, and lead to the runbook."""
    rules, known = list(alerts(facts)), metrics(facts)
    sections = headings(facts.project.files.get(RUNBOOK, ""))
    blind = [rule.name for rule in rules if not rule.measures or _unknown(facts, rule) - set(known)]
    lost = [rule.name for rule in rules if rule.anchor not in sections]
    yield Evidence(
        wants="every alert measures what the service gives",
        where=f"{ALERTS_FILE}:1" if rules and not blind else "",
        mend=f"correct {', '.join(blind) or 'the rules'}",
    )
    yield Evidence(
        wants="every alert leads to a section of the runbook",
        where=f"{RUNBOOK}:{sections['alerts']}" if rules and not lost and sections else "",
        mend=f"write a section for {', '.join(lost) or 'each alert'}",
    )
    silent = facts.evidence_map.silent
    rules_on_silence = (
        str(rule) for rule in rules if any(silent in name for name in rule.measures)
    )
    yield Evidence(
        wants="an alert says that nothing is delivered any more",
        where=next(rules_on_silence, ""),
        mend=f"add a rule on the metric {silent}",
    )
    yield evaluates_rules(facts)


def _unknown(facts: Facts, rule: Alert) -> set[str]:
    return {name for name in rule.measures if not name.startswith(facts.evidence_map.foreign)}


def evaluates_rules(facts: Facts) -> Evidence:
    """Return whether something evaluates the rules."""
    brand = facts.project.policy["brands"][facts.project.answers["brand"]]
    has = brand.get("monitoring", "none") != "none"
    return Evidence(
        wants="a monitoring backend evaluates the alerts",
        where=f"{ALERTS_FILE}:1" if has else "",
        mend="ask the platform: the brand has no monitoring backend",
    )


def answers_seen(facts: Facts) -> Judged:
    """41: latency, status codes and health are measured."""
    declared = metrics(facts).values()
    by_status = [place for place in declared if "status" in mentions(place.node)]
    yield Evidence(
        wants="answers are counted by status code",
        where=str(by_status[0]) if by_status else "",
        mend="count answers with a label status",
    )
    yield Evidence(
        wants="the time to answer is measured",
        where=next((str(place) for place in declared if _measures_time(place.node)), ""),
        mend="observe the seconds of each answer in a histogram",
    )
    record = class_with(facts.module("runtime/log"), ("latency", "at"))
    yield Evidence(
        wants="the log keeps when each answer was given, and how long it took",
        where=str(CodePlace(facts.path("runtime/log"), record)) if record else "",
        mend="write the latency into the log",
    )
    for route in HEALTH_ROUTES:
        test = next((test for test in facts.tests if contains_text(test.node, route)), None)
        yield Evidence(
            wants=f"{route} answers, and a test asks it",
            where=str(test)
            if test and route in mentions(facts.module(facts.evidence_map.app))
            else "",
            mend=f"give the service {route}, and test it",
        )


def _measures_time(node: ast.AST) -> bool:
    is_histogram = first_call(node, "histogram", "Histogram") is node
    return is_histogram and any("seconds" in word for word in mentions(node))


def offline_metrics(facts: Facts) -> Judged:
    """43: training stores its metrics."""
    yield Evidence(
        wants="each version's metrics go to the registry",
        where=called_at(
            facts.path("runtime/registry"), facts.module("runtime/registry"), "log_metric"
        ),
        mend="log the metrics of evaluate.py",
    )


def feedback(facts: Facts) -> Judged:
    """44: outcomes are joined to answers, and measured."""
    module, name, joined, measured = facts.evidence_map.feedback
    found, where = function(facts.module(module), name), facts.path(module)
    yield Evidence(
        wants="outcomes are joined to what was delivered",
        where=called_at(where, found, joined),
        mend="read the answers whose outcome is known",
    )
    yield Evidence(
        wants="each version is measured by them",
        where=called_at(where, found, measured),
        mend="hand them to evaluate.py",
    )


def drift(facts: Facts) -> Judged:
    """45: distributions are measured again and again, against a limit that alerts."""
    module, call = facts.evidence_map.compares
    tree, path = facts.module(module), facts.path(module)
    yield Evidence(
        wants="the distribution of each feature is compared with training again and again",
        where=called_at(path, tree, call),
        mend=f"compare in {path}, at each scrape or run",
    )
    if facts.evidence_map.repeated:
        yield from on_schedule(facts, facts.evidence_map.repeated)
    config = facts.evidence_map.config
    limit = mapping_at(facts.toml(config), "drift").get("psi_limit")
    yield Evidence(
        wants="the limit is configuration",
        where=facts.line(config, r"^psi_limit *=") if isinstance(limit, float) else "",
        mend=f"set psi_limit under [drift] in {config}",
    )
    drifting = [rule for rule in alerts(facts) if any("drift" in name for name in rule.measures)]
    yield Evidence(
        wants="an alert tells when it is passed",
        where=str(drifting[0]) if drifting else "",
        mend=f"add a rule on the drift gauge to {ALERTS_FILE}",
    )
    yield evaluates_rules(facts)


def outliers(facts: Facts) -> Judged:
    """46: what is unlike the training data is decided with care, kept and counted."""
    module, name, word = facts.evidence_map.careful
    counts, marks = facts.evidence_map.counted
    decide = function(facts.module(module), name)
    asks = word in mentions(facts.module(module))
    yield Evidence(
        wants="the decision asks whether a request is unlike the training data",
        where=str(CodePlace(facts.path(module), decide)) if decide and asks else "",
        mend="let decide.py use scored.outside, for instance to send such a request to a person",
    )
    counted = (str(place) for name, place in metrics(facts).items() if counts in name)
    yield Evidence(
        wants="such requests are counted",
        where=next(counted, ""),
        mend="count them by feature",
    )
    record = class_with(facts.module("runtime/log"), (marks,))
    yield Evidence(
        wants="such requests can be found in the log",
        where=str(CodePlace(facts.path("runtime/log"), record)) if record else "",
        mend="write into the log what was outside",
    )
