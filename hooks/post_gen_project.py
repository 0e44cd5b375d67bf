"""Cookiecutter's last step: what the options leave out goes, the rest is made ready.

Cookiecutter renders this file and runs the result in the project's folder; values enter as JSON.
"""

import json
import sys
from pathlib import Path

CONTEXT = json.loads({{cookiecutter | tojson | tojson}})  # noqa: F821

sys.dont_write_bytecode = True
if CONTEXT.get("_repo_dir"):
    sys.path.insert(0, str(Path(CONTEXT["_repo_dir"]).resolve().parents[1] / "generator"))

from modelwright.operations.new.cookiecutter import complete, unshare

if CONTEXT.get("_repo_dir"):
    unshare(Path(CONTEXT["_repo_dir"]).resolve())
sys.exit(complete(CONTEXT))
