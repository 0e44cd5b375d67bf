"""Runs a command and turns every ending into the contract's exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from typer import Abort, TyperException

from modelwright.adapters.signals import stopped_by_exception
from modelwright.cli.app import command
from modelwright.cli.failing import tell, unforeseen, wants_json
from modelwright.errors import ModelwrightError, UsageError

INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141


def main(arguments: Sequence[str]) -> int:
    """Run the command line.

    Returns:
        0 done; 1 findings or conflicts; 2 wrong usage; 3 refused; 4 the surroundings failed;
        70 a fault of ours; 130 interrupted; 141 a broken pipe.
    """
    as_json = wants_json(arguments)
    try:
        with stopped_by_exception():
            code = _run(arguments)
            sys.stdout.flush()
    except ModelwrightError as error:
        return tell(error, as_json=as_json)
    except TyperException as error:
        usage = UsageError(error.format_message(), next_step="add --help to see what it takes")
        return tell(usage, as_json=as_json)
    except (Abort, KeyboardInterrupt):
        sys.stderr.write("\ninterrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        return _broken_pipe()
    except Exception as error:
        return tell(unforeseen(error), as_json=as_json)
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        whole = command(arguments[0] if arguments else "")
        code = whole.main(args=list(arguments), prog_name="modelwright", standalone_mode=False)
    except SystemExit as ending:
        # The command framework leaves by this way with 0 once it told a shell how to complete a
        # word, and else only on a broken pipe.
        return 0 if ending.code == 0 else _broken_pipe()
    return int(code or 0)


def _broken_pipe() -> int:
    # Python would complain once more while it flushes the pipe at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
