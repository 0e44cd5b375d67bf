"""A verb as a task of a Databricks job.

Serverless compute has no environment variables, a wheel knows no folder, and a task whose function
returns a number ends green whatever the number is: so this says where everything is, and raises.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import cli

__all__ = ["main", "parse", "surroundings"]

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
    code = cli.main(verb)
    if code:
        raise SystemExit(code)


{% set prefix, files = 'SERVICE', '"/tmp/' ~ cookiecutter.repo_name ~ '"' -%}
{% include 'templates/_shared/databricks-task.py' -%}
