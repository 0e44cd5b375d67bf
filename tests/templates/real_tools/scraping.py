"""Turns what a running service exposes into the input of `promtool test rules`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from tests.templates.real_tools import projects

LINE: Final = re.compile(r"(?P<name>(?:service|worker)_\w+?)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
WANTED: Final = re.compile(
    r"service_(requests_total|request_seconds_bucket|ready|drift_psi|model_age_seconds"
    r"|model_reload_failures_total|log_dropped_total|log_write_failures_total)"
    r"|worker_(events_total|lag_seconds)"
)


def alerts_of(rules: Path) -> dict[str, dict[str, Any]]:
    """Return the alerts of a rule file by name."""
    groups = yaml.safe_load(rules.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


@dataclass
class Recording:
    """The series of one service, one sample a scrape.

    Attributes:
        job: The label that Prometheus gives to what it scrapes from this service.
        scrapes: How many there were.
    """

    address: str
    job: str
    scrapes: int = 0
    series: dict[str, list[str]] = field(default_factory=dict)

    def scrape(self) -> None:
        """Take one sample of every series that an alert reads."""
        status, page = projects.get(f"{self.address}/metrics")
        assert status == 200
        seen = {}
        for line in page.splitlines():
            found = LINE.fullmatch(line)
            if found and WANTED.fullmatch(found["name"]):
                labels = ",".join(part for part in (f'job="{self.job}"', found["labels"]) if part)
                seen[f"{found['name']}{{{labels}}}"] = found["value"]
        for name in self.series.keys() | seen.keys():
            samples = self.series.setdefault(name, ["_"] * self.scrapes)
            samples.append(seen.get(name, "_"))
        self.scrapes += 1

    def during(self, scrapes: int, activity: Callable[[], None]) -> int:
        """Do something before each of so many scrapes; returns the number of the last one."""
        for _ in range(scrapes):
            activity()
            self.scrape()
        return self.scrapes - 1

    def as_test(self, alert: str, minutes: int, firing: dict[int, bool]) -> dict[str, Any]:
        """Return a test of promtool over these series.

        Args:
            alert: The alert's name.
            minutes: How far apart the scrapes count as being.
            firing: Whether the alert fires, by the number of a scrape.
        """
        state = f'ALERTS{{alertname="{alert}", alertstate="firing"}}'
        expression = f"count(count by (alertname) ({state}))"
        return {
            "name": alert,
            "interval": f"{minutes}m",
            "input_series": [
                {"series": name, "values": " ".join(samples)}
                for name, samples in self.series.items()
            ],
            "promql_expr_test": [
                {
                    "eval_time": f"{scrape * minutes}m",
                    "expr": expression,
                    "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
                }
                for scrape, fires in firing.items()
            ],
        }
