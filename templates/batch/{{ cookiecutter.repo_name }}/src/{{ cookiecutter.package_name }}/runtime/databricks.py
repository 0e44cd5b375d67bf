"""A verb as a task of a Databricks job.

Serverless compute has no environment variables, a wheel knows no folder, and a task whose function
returns a number ends green whatever the number is: so this says where everything is, and raises.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date

from . import ProjectError, cli, spark
from .scoring import partition
from .settings import Settings, load

__all__ = ["main", "parse", "publish", "surroundings"]

SCHEMA = "{{ cookiecutter.__d.schema }}"
MODEL = "{{ cookiecutter.__d.model_name }}"
TABLE = "forecasts"
FACTS = ("root", "target", "commit", "job", "run")


def main() -> None:
    """Run the verb that the task's parameters name; what `score` wrote stands in the table too.

    Raises:
        SystemExit: The verb did not end with 0; its own line says why.
    """
    asked, verb = parse(sys.argv[1:])
    os.environ.update(surroundings(asked))
    code = cli.main(verb)
    if not code and verb[:1] == ["score"]:
        code = _published(verb)
    if code:
        raise SystemExit(code)


{% set prefix, files = 'BATCH', 'f"/Volumes/{asked.target}/{SCHEMA}/data"' -%}
{% include 'templates/_shared/databricks-task.py' %}

def publish(settings: Settings, as_of: date | None) -> tuple[str, int]:
    """Put the partition of a run date, or the newest, into the table that others read.

    Returns:
        The table, and how many rows of that run date it holds.
    """
    folder = settings.environment.data / "forecasts"
    newest = max((path.name for path in folder.glob("run_date=*")), default="run_date=")
    day = as_of or date.fromisoformat(newest.removeprefix("run_date="))
    table = f"{settings.environment.name}.{SCHEMA}.{TABLE}"
    return table, spark.publish(table, partition(folder, day), day)


def _published(verb: list[str]) -> int:
    given = [part.removeprefix("--as-of=") for part in verb if part.startswith("--as-of=")]
    try:
        table, rows = publish(load(), date.fromisoformat(given[0]) if given else None)
    except ProjectError as error:
        print(f"error: {error}; next: {error.next_step}", file=sys.stderr)
        return error.code
    print(f"{rows} rows stand in {table}")
    return 0
