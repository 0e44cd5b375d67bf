"""The entry point: answers `--version` before anything else is imported."""

from __future__ import annotations

import sys

from modelwright import __version__


def run() -> int:
    """Run the command line and return its exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"modelwright {__version__}\n")
        return 0
    from modelwright.cli.main import main  # noqa: PLC0415 -- a start of 20 ms instead of 150

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
