"""Each alert fires on what the running service exposes under its fault, and clears afterwards."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.nightly import nightly
from tests.templates.real_tools import projects
from tests.templates.real_tools.scraping import Recording, alerts_of
from tests.templates.real_tools.toolbox import run, tool
from tests.templates.rendering import CASES, SAMPLES, render, sample_of

pytestmark = pytest.mark.tools

ALERTS = {
    "online-serving": [
        "ErrorBudgetBurnsFast",
        "ErrorBudgetBurnsSlowly",
        "AnswersAreSlow",
        "NoRequests",
        "NoModelReady",
        "ModelReloadFails",
        "InputsDrift",
        "ModelIsOld",
        "AnswersAreNotLogged",
    ],
    "batch": [
        "ForecastIsMissing",
        "ForecastIsStale",
        "RunFails",
        "RowsAreQuarantined",
        "InputsDrift",
        "ForecastIsWrong",
        "ForecastIsBiased",
        "ModelIsOld",
    ],
    "streaming-recommendation": [
        "EventsLag",
        "NoEvents",
        "DeadLetters",
        "StoreFails",
        "CoverageCollapses",
        "SampleRatioIsOff",
        "ErrorBudgetBurnsFast",
        "ErrorBudgetBurnsSlowly",
        "AnswersAreSlow",
        "NoRequests",
        "NoModelReady",
        "ModelReloadFails",
        "InputsDrift",
        "ModelIsOld",
        "AnswersAreNotLogged",
    ],
}
EVERY = [(archetype, alert) for archetype, alerts in ALERTS.items() for alert in alerts]
WINDOW = 320
WRONG = {"never": "vector(0) == 1", "always": "vector(1)"}
# The gate tries every fifth, and these variations.
SHARE = 5
SHOWN = ("defaults", "every option", "client secret")


@pytest.fixture(scope="module")
def rules_of(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    tool("promtool")
    return {
        archetype: render(archetype, tmp_path_factory.mktemp("rules"), dashboards=True)
        / "monitoring"
        / "alerts.yml"
        for archetype in SAMPLES
    }


@pytest.fixture(scope="module")
def rules(rules_of: dict[str, Path]) -> Path:
    return rules_of["online-serving"]


@pytest.mark.parametrize(
    ("archetype", "variation"),
    [
        pytest.param(*case, marks=nightly("seconds of promtool each", unless=case[1] in SHOWN))
        for case in CASES
    ],
)
def test_the_project_s_own_alert_tests_pass(tmp_path: Path, archetype: str, variation: str) -> None:
    answers = {**sample_of(archetype, variation), "dashboards": True}
    project = render(archetype, tmp_path, **answers)

    run(tool("promtool"), "test", "rules", "alerts_test.yml", cwd=project / "monitoring")


@pytest.mark.parametrize(
    ("archetype", "alert", "wrong"),
    [
        pytest.param(
            archetype,
            alert,
            WRONG[how],
            id=f"{how}-{archetype}-{alert}",
            marks=nightly("seconds of promtool each", unless=number % SHARE == 0),
        )
        for number, ((archetype, alert), how) in enumerate(itertools.product(EVERY, WRONG))
    ],
)
def test_the_project_s_own_tests_notice_a_broken_alert(
    rules_of: dict[str, Path], tmp_path: Path, archetype: str, alert: str, wrong: str
) -> None:
    rules = rules_of[archetype]
    folder = Path(shutil.copytree(rules.parent, tmp_path / "monitoring"))
    changed = yaml.safe_load(rules.read_text())
    next(rule for rule in changed["groups"][0]["rules"] if rule["alert"] == alert)["expr"] = wrong
    (folder / "alerts.yml").write_text(yaml.safe_dump(changed))

    result = run("promtool", "test", "rules", "alerts_test.yml", cwd=folder, check=False)

    assert result.returncode != 0
    assert f'alertname=\\"{alert}\\"' in result.stderr + result.stdout or alert in result.stderr


@pytest.mark.parametrize(
    ("archetype", "cost_centre"),
    [
        ("online-serving", "CC-4100"),
        ("batch", "CC-4110"),
        ("streaming-recommendation", "CC-4100"),
    ],
)
def test_every_alert_says_how_grave_it_is_who_pays_and_what_to_do(
    rules_of: dict[str, Path], archetype: str, cost_centre: str
) -> None:
    alerts = alerts_of(rules_of[archetype])

    assert list(alerts) == ALERTS[archetype]
    for name, alert in alerts.items():
        labels, notes = alert["labels"], alert["annotations"]
        assert alert["for"]
        assert labels["severity"] in ("page", "ticket")
        assert labels["team"] == SAMPLES[archetype]["team"]
        assert labels["cost_centre"] == cost_centre
        assert notes["runbook_url"].endswith(f"/blob/main/docs/runbook.md#{name.lower()}")
        assert notes["summary"]


@pytest.mark.parametrize(
    ("archetype", "file"),
    [
        ("online-serving", "service.yaml"),
        ("batch", "support.yaml"),
        ("streaming-recommendation", "deployment.yaml"),
    ],
)
def test_the_cluster_gets_the_same_rules_as_the_file(
    rules_of: dict[str, Path], archetype: str, file: str
) -> None:
    rules = rules_of[archetype]
    monitors = (rules.parents[1] / "deploy/k8s/base" / file).read_text()
    cluster = {each["kind"]: each for each in yaml.safe_load_all(monitors)}

    assert cluster["PrometheusRule"]["spec"] == yaml.safe_load(rules.read_text())


class Service:
    """The service of a trained project, with a switch for faults."""

    def __init__(self, project: Path, address: str, switch: Path) -> None:
        self.address = address
        self.recording = Recording(address, project.name)
        self._switch = switch
        self._registry = project / "data" / "mlflow.db"
        self._requests = itertools.cycle(projects.example_requests(project, 700))

    def fault(self, name: str) -> None:
        self._switch.write_text(name)

    def ask(self, times: int = 2, **changes: object) -> None:
        for _ in range(times):
            projects.post(f"{self.address}/v1/score", {**next(self._requests), **changes})

    def champion(self, version: str) -> None:
        """Let the registry name a version, past every check, and wait until it was polled twice."""
        with sqlite3.connect(self._registry, timeout=10) as registry:
            registry.execute("DELETE FROM registered_model_aliases WHERE alias = 'champion'")
            if version:
                names = registry.execute("SELECT name FROM registered_models").fetchone()
                registry.execute(
                    "INSERT INTO registered_model_aliases (alias, version, name) VALUES (?, ?, ?)",
                    ("champion", version, *names),
                )
        time.sleep(0.5)


@pytest.fixture(scope="module")
def service(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    tool("promtool")
    project = Path(shutil.copytree(trained, tmp_path_factory.mktemp("service") / trained.name))
    settings = project / "config" / "service.toml"
    text = re.sub(r"poll_seconds = [\d.]+", "poll_seconds = 0.1", settings.read_text())
    settings.write_text(re.sub(r"window_rows = \d+", f"window_rows = {WINDOW - 20}", text))
    switch = project / "fault"
    switch.write_text("")
    script = Path(__file__).with_name("faulty_service.py")
    python = project / ".venv" / "bin" / "python"
    env = {**os.environ, "PYTHONPATH": str(project / "src"), "SERVICE_API_KEYS": ""}
    package = projects.package(project)
    with projects.running(python, script, package, switch, cwd=project, env=env) as address:
        yield Service(project, address, switch)


def broken(service: Service) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: service.fault("broken"), service.ask


def slow(service: Service) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: service.fault("slow"), service.ask


def silent(_: Service) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: None, lambda: None


def without_champion(service: Service) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: service.champion(""), lambda: None


def unloadable_champion(service: Service) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: service.champion("999"), lambda: time.sleep(0.15)


def drifted_inputs(service: Service) -> tuple[Callable[[], None], Callable[[], None]]:
    def ask(times: int) -> None:
        service.ask(times, amount_eur=9_000, account_age_days=1, payments_last_hour=40)

    return lambda: ask(WINDOW), lambda: ask(2)


def old_model(service: Service) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: service.fault("old"), lambda: None


def full_disk(service: Service) -> tuple[Callable[[], None], Callable[[], None]]:
    def ask_and_let_it_write() -> None:
        service.ask(1)
        time.sleep(0.12)

    return lambda: service.fault("disk"), ask_and_let_it_write


@dataclass(frozen=True)
class Case:
    """A cause and its alert; `minutes` apart count the scrapes under the fault and after it."""

    alert: str
    cause: Callable[[Service], tuple[Callable[[], None], Callable[[], None]]]
    minutes: int
    fault: int
    recovery: int


CASES = [
    Case("ErrorBudgetBurnsFast", broken, minutes=1, fault=15, recovery=10),
    Case("ErrorBudgetBurnsSlowly", broken, minutes=5, fault=12, recovery=12),
    Case("AnswersAreSlow", slow, minutes=1, fault=18, recovery=8),
    Case("NoRequests", silent, minutes=1, fault=35, recovery=3),
    Case("NoModelReady", without_champion, minutes=1, fault=8, recovery=3),
    Case("ModelReloadFails", unloadable_champion, minutes=1, fault=12, recovery=20),
    Case("InputsDrift", drifted_inputs, minutes=2, fault=18, recovery=3),
    Case("ModelIsOld", old_model, minutes=5, fault=14, recovery=3),
    Case("AnswersAreNotLogged", full_disk, minutes=1, fault=6, recovery=13),
]


@pytest.mark.xdist_group("trained")
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case, id=case.alert, marks=nightly("half a minute each", unless=number % 3 == 0)
        )
        for number, case in enumerate(CASES)
    ],
)
def test_an_alert_fires_under_its_fault_and_clears_afterwards(
    service: Service, rules: Path, tmp_path: Path, case: Case
) -> None:
    service.recording = recording = Recording(service.address, service.recording.job)
    begin, meanwhile = case.cause(service)
    service.ask(WINDOW)
    before = recording.during(6, service.ask)

    begin()
    under = recording.during(case.fault, meanwhile)
    service.fault("")
    service.champion("1")
    service.ask(WINDOW)
    after = recording.during(case.recovery, service.ask)

    firing = {before: False, under: True, after: False}
    test = recording.as_test(case.alert, case.minutes, firing)
    shutil.copy(rules, tmp_path / "alerts.yml")
    document = {"rule_files": ["alerts.yml"], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / "scraped.yml").write_text(yaml.safe_dump(document))
    run("promtool", "test", "rules", "scraped.yml", cwd=tmp_path)


def test_every_alert_has_a_fault_that_makes_it_fire(rules: Path) -> None:
    assert [case.alert for case in CASES] == list(alerts_of(rules))
