"""The project's verbs without uv or poe: `python main.py train`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "src"))

from {{ cookiecutter.package_name }}.runtime.cli import main

if __name__ == "__main__":
    sys.exit(main())
