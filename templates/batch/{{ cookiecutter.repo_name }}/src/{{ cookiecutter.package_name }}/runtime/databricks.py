"""A verb as a task of a Databricks job.

Serverless compute has no environment variables, a wheel knows no folder, and a task that returns a
number ends green whatever the number is: so this says where everything is, and raises.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date

from . import cli, spark
from .settings import load

__all__ = ["main", "surroundings"]

SCHEMA = "{{ cookiecutter.__d.schema }}"
MODEL = "{{ cookiecutter.__d.model_name }}"
TABLE = "forecasts"


def main() -> None:
    """Run the verb that the task's parameters name.

    Raises:
        SystemExit: The verb did not end with 0; its own line above says why.
    """
    asked, verb = _parser().parse_known_args(sys.argv[1:])
    os.environ.update(surroundings(asked))
    code = _publish() if verb == ["publish"] else cli.main(verb)
    if code:
        raise SystemExit(code)


def surroundings(asked: argparse.Namespace) -> dict[str, str]:
    """Return the environment variables of one run: a Volume for files, Unity Catalog for models."""
    return {
        "BATCH_ROOT": asked.root,
        "BATCH_ENVIRONMENT": asked.target,
        "BATCH_DATA_DIR": f"/Volumes/{asked.target}/{SCHEMA}/data",
        "BATCH_MODEL_NAME": f"{asked.target}.{SCHEMA}.{MODEL}",
        "GIT_COMMIT": asked.commit,
        "DATABRICKS_JOB_ID": asked.job,
        "DATABRICKS_RUN_ID": asked.run,
        "MLFLOW_TRACKING_URI": "databricks",
        "MLFLOW_REGISTRY_URI": "databricks-uc",
    }


def _publish() -> int:
    """Put the newest partition into the table that others read."""
    settings = load()
    partitions = sorted((settings.environment.data / "forecasts").glob("run_date=*"))
    if not partitions:
        print("error: nothing was scored yet; next: run the task `score`", file=sys.stderr)
        return 3
    newest = partitions[-1]
    run_date = date.fromisoformat(newest.name.removeprefix("run_date="))
    table = f"{settings.environment.name}.{SCHEMA}.{TABLE}"
    rows = spark.publish(table, newest / "forecast.parquet", run_date)
    print(f"{rows} rows of {run_date} stand in {table}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    for name in ("root", "target", "commit", "job", "run"):
        parser.add_argument(f"--{name}", required=True)
    return parser
