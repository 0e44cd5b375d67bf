"""`modelwright check`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from modelwright.audit.finding import Finding
from modelwright.catalog.platform import Platform
from modelwright.cli.options import JsonOption, PlatformOption, QuietOption, VerboseOption
from modelwright.cli.session import announced
from modelwright.cli.terminal import Terminal
from modelwright.operations.check import check_project
from modelwright.operations.project_platform import platform_of_project
