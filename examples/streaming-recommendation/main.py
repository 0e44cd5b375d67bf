"""The project's verbs without uv or poe: `python main.py train`."""

import sys
from pathlib import Path

# Databricks runs a file without `__file__`.
HERE = Path((lambda: None).__code__.co_filename).resolve().parent
sys.path.insert(0, str(HERE / "src"))

from recommendations.runtime.cli import main

if __name__ == "__main__":
    sys.exit(main())
