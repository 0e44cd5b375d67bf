"""A verb as a task of a Databricks job.

Serverless compute has no environment variables, a wheel knows no folder, and a task whose function
returns a number ends green whatever the number is: so this says where everything is, and raises.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import ProjectError, cli, spark
from .settings import load

__all__ = ["main", "parse", "run", "surroundings"]

SCHEMA = "{{ cookiecutter.__d.schema }}"
MODEL = "{{ cookiecutter.__d.model_name }}"
FACTS = ("root", "target", "commit", "job", "run")


def main() -> None:
    """Run the verb that the task's parameters name.

    Raises:
        SystemExit: The verb did not end with 0; its own line says why.
    """
    asked, verb = parse(sys.argv[1:])
    os.environ.update(surroundings(asked))
    code = run(verb)
    if code:
        raise SystemExit(code)


def run(verb: Sequence[str]) -> int:
    """Run `stream`, which Spark folds, or a verb of the command line."""
    if list(verb) != ["stream"]:
        return cli.main(verb)
    try:
        spark.stream(load(), cli.USE_CASE)
    except ProjectError as error:
        print(f"error: {error}; next: {error.next_step}", file=sys.stderr)
        return error.code
    return 0


{% set prefix, files = 'SERVICE', 'f"/Volumes/{asked.target}/{SCHEMA}/stream"' -%}
{% include 'templates/_shared/databricks-task.py' -%}
