"""Finishes what Cookiecutter rendered: what the options leave out goes, the rest is made ready.

Cookiecutter renders this file and runs it in the project's folder; values enter as JSON alone.
"""

import json
import os
import sys

context = json.loads(r"""{{ cookiecutter | tojson }}""")
sys.path.insert(0, os.path.join(context["_repo_dir"], "..", "..", "generator"))

from modelwright.operations.cookiecutter import complete

sys.exit(complete(context))
