"""The entry point: answers `--version` before anything else is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from modelwright import __version__


def run() -> int:
    """Run the command line and return its exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"modelwright {__version__}\n")
        return 0
    if sys.argv[1:2] == ["status"] and "--cached" in sys.argv:
        from modelwright.cli import status_cache  # noqa: PLC0415 -- it stands in a shell prompt

        code = status_cache.answer(sys.argv[1:])
        if code is not None:
            return code
    from modelwright.cli.supervise import supervise  # noqa: PLC0415 -- as above

    return supervise(_run, sys.argv[1:])


def _run(arguments: Sequence[str]) -> int:
    from modelwright.cli.main import main  # noqa: PLC0415 -- a start of 20 ms instead of 150

    return main(arguments)


if __name__ == "__main__":
    sys.exit(run())
