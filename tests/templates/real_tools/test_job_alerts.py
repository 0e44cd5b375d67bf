"""Each alert of a batch project fires on the gauges that the verbs really leave, and clears."""

from __future__ import annotations

import datetime
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.nightly import nightly
from tests.templates.real_tools import projects
from tests.templates.real_tools.scraping import alerts_of
from tests.templates.real_tools.toolbox import run, tool

pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("forecasting")]

LINE = re.compile(r"(?P<name>batch_\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
STEP = 5  # minutes between two samples
DAY = 24 * 60 // STEP
Gauges = dict[str, float]


class Forecasting:
    """A project whose panel and clock a test may spoil; `gauges` are those of all verbs so far."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.began = time.time()
        self.panel = project / "data" / "sample.parquet"
        self.whole = self.panel.read_bytes()
        (partition,) = (project / "data" / "forecasts").iterdir()
        self.run_date = datetime.date.fromisoformat(partition.name.removeprefix("run_date="))

    def spoil(self, expression: str) -> None:
        """Change columns of the panel; `expression` is polars', over `rows`."""
        program = f"import polars as pl; rows = pl.read_parquet({str(self.panel)!r}); "
        program += f"rows.with_columns({expression}).write_parquet({str(self.panel)!r})"
        run(self.project / ".venv" / "bin" / "python", "-c", program)

    def mend(self) -> None:
        self.panel.write_bytes(self.whole)

    def verb(self, *arguments: str) -> Gauges:
        """Run a verb and return every gauge by its series, times counted from this test's start."""
        projects.verb(self.project, *arguments, check=False)
        found = {}
        for file in (self.project / "data" / "metrics").glob("*.prom"):
            for line in file.read_text().splitlines():
                match = LINE.fullmatch(line)
                if match:
                    labels = f'job="{self.project.name}"' + "".join(
                        f",{part}" for part in [match["labels"]] if part
                    )
                    shift = self.began if "timestamp_seconds" in match["name"] else 0
                    found[f"{match['name']}{{{labels}}}"] = float(match["value"]) - shift
        return found


@pytest.fixture(scope="module")
def made(forecasting: Path, tmp_path_factory: pytest.TempPathFactory) -> Forecasting:
    tool("promtool")
    copy = tmp_path_factory.mktemp("alerts") / forecasting.name
    return Forecasting(Path(shutil.copytree(forecasting, copy, symlinks=True)))


def stale(made: Forecasting) -> tuple[Gauges, Gauges]:
    later = made.run_date + datetime.timedelta(days=9)
    bad = made.verb("freshness", "--now", f"{later}T06:00")
    return bad, made.verb("freshness", "--now", f"{made.run_date}T06:00")


def quarantined(made: Forecasting) -> tuple[Gauges, Gauges]:
    made.spoil("price=pl.when(pl.int_range(pl.len()) == 7).then(-1.0).otherwise('price')")
    bad = made.verb("score")
    made.mend()
    return bad, made.verb("score")


def drifted(made: Forecasting) -> tuple[Gauges, Gauges]:
    made.spoil("promotion=True, price=pl.col('list_price') * 0.3")
    bad = made.verb("drift")
    made.mend()
    return bad, made.verb("drift")


def wrong(made: Forecasting) -> tuple[Gauges, Gauges]:
    first = made.run_date - datetime.timedelta(days=7)
    made.verb("backfill", "--from", f"{first}", "--to", f"{first}")
    made.spoil(f"units=pl.when(pl.col('date') >= pl.date({first:%Y, %-m, %-d}))"
               ".then(pl.col('units') * 4 + 3).otherwise('units')")  # fmt: skip
    bad = made.verb("feedback")
    made.mend()
    return bad, made.verb("feedback")


def unchanged(made: Forecasting) -> tuple[Gauges, Gauges]:
    good = made.verb("score")
    return good, good


@dataclass(frozen=True)
class Case:
    """A cause and its alert; `samples` of the good state, under the fault and after it."""

    alert: str
    cause: Callable[[Forecasting], tuple[Gauges, Gauges]]
    samples: tuple[int, int, int] = (12, 48, 48)
    renewed: tuple[str, ...] = ()


CASES = [
    Case("ForecastIsMissing", unchanged, (12, 27 * 12, 12), ("success_timestamp_seconds",)),
    Case("ForecastIsStale", stale),
    Case("RowsAreQuarantined", quarantined),
    Case("InputsDrift", drifted),
    Case("ForecastIsWrong", wrong),
    Case("ForecastIsBiased", wrong),
    Case("ModelIsOld", unchanged, (12, 46 * DAY, 24), ("model_created_timestamp_seconds",)),
]


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
    made: Forecasting, tmp_path: Path, case: Case
) -> None:
    good = made.verb("score")
    bad, mended = case.cause(made)
    before, under, after = case.samples
    read = alerts_of(made.project / "monitoring" / "alerts.yml")[case.alert]["expr"]
    series = {
        name: f"{good.get(name, mended.get(name, 0))}x{before - 1}"
        for name in bad
        if f"{name.partition('{')[0]}{{" in read
    }
    for name in series:
        late = mended.get(name, bad[name])
        if any(part in name for part in case.renewed):
            late = (before + under) * STEP * 60
        series[name] += f" {bad[name]}x{under - 1} {late}x{after}"
    state = f'ALERTS{{alertname="{case.alert}", alertstate="firing"}}'
    checks = {before - 1: [], before + under - 1: [{"labels": "{}", "value": 1}]}
    document = {
        "rule_files": ["alerts.yml"],
        "evaluation_interval": f"{STEP}m",
        "tests": [{
            "interval": f"{STEP}m",
            "input_series": [{"series": n, "values": v} for n, v in series.items()],
            "promql_expr_test": [
                {
                    "eval_time": f"{sample * STEP}m",
                    "expr": f"count(count by (alertname) ({state}))",
                    "exp_samples": fires,
                }
                for sample, fires in {**checks, sum(case.samples) - 1: []}.items()
            ],
        }],
    }  # fmt: skip

    shutil.copy(made.project / "monitoring" / "alerts.yml", tmp_path)
    (tmp_path / "gauges.yml").write_text(yaml.safe_dump(document))
    run("promtool", "test", "rules", "gauges.yml", cwd=tmp_path)


def test_every_alert_on_a_gauge_has_a_fault_that_makes_it_fire(forecasting: Path) -> None:
    alerts = alerts_of(forecasting / "monitoring" / "alerts.yml")

    watched = [name for name, rule in alerts.items() if "batch_" in rule["expr"]]
    assert [case.alert for case in CASES] == watched
    assert set(alerts) - set(watched) == {"RunFails"}
