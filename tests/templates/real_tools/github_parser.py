"""GitHub's own parser of workflows and actions (npm `@actions/languageservice`), run by node.

Its packages import JSON as only a bundler takes it, so it is bundled once, into the cache of the
person who runs the tests. It knows `$/`, and holds a call against what it calls.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.github.fake.description import cache_folder, npm
from tests.templates.real_tools.toolbox import missing, tool
from tests.templates.rendering import REPOSITORY, sample_policy

PROGRAM: Final = Path(__file__).with_suffix(".mjs")
_VERSION: Final = "0.3.61"
PACKAGES: Final = (
    *(f"@actions/{name}@{_VERSION}" for name in ("languageservice", "workflow-parser", "expressions")),
    *("vscode-languageserver-textdocument@1.0.12", "yaml@2.8.1", "esbuild@0.28.2"),
)
_BUNDLE: Final = ("--bundle", "--platform=node", "--target=node18", "--format=cjs", "--log-level=error")


def findings(files: Iterable[Path]) -> list[str]:
    """Return what GitHub's parser finds, each with file and line.

    Args:
        files: Workflows and `action.yml` files; where they call the platform, it is this checkout.
    """
    request = {
        "platform": sample_policy()["platform"]["repository"],
        "root": str(REPOSITORY),
        "files": {str(file): file.resolve().as_uri() for file in files},
    }
    answer = subprocess.run(
        [tool("node"), _bundled()],
        input=json.dumps(request), capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return [f"{one['file']}:{one['line']}: {one['message']}" for one in json.loads(answer.stdout)]


def _bundled() -> Path:
    """Return the parser and our program as one file, made where it is not there yet."""
    tool("npm")
    key = hashlib.sha256(PROGRAM.read_bytes() + " ".join(PACKAGES).encode()).hexdigest()[:16]
    bundle = cache_folder() / f"github-parser-{key}.cjs"
    if not bundle.exists():
        bundle.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=bundle.parent) as folder:
            place = Path(folder)
            shutil.copy(PROGRAM, place)
            options = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts")
            try:
                npm("install", *options, "--prefix", folder, *PACKAGES, folder=place)
            except LookupError as error:
                missing("@actions/languageservice", str(error))
            esbuild = place / "node_modules/.bin/esbuild"
            made = place / "bundle.cjs"
            subprocess.run(
                [esbuild, PROGRAM.name, *_BUNDLE, f"--outfile={made}"],
                cwd=place, check=True, timeout=120, env=os.environ,
            )  # fmt: skip
            made.replace(bundle)
    return bundle
