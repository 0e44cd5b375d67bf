def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb.

    Returns:
        0 done; 1 findings, a person must look; 2 wrong usage; 3 refused by a rule; 4 the
        surroundings failed; 141 the reader of a pipe went away.
    """
    asked = _parser().parse_args(arguments)
    try:
        code = _run(asked)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end, which nobody could catch.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    return code


def _run(asked: argparse.Namespace) -> int:
    try:
        return int(asked.run(asked, load()) or 0)
    except ProjectError as error:
        print(f"error: {error}; next: {error.next_step}", file=sys.stderr)
        return error.code
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        # A full disk or a missing right shows wherever something is written.
        step = "make room or give the right, then run it again"
        print(f"error: {error}; next: {step}", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 130
