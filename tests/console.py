"""Runs the console blocks of a document in order, and compares what they print."""

import os
import re
import subprocess

BLOCK = re.compile(r"(<!-- test: skip[^\n]*\n)?```console\n(.*?)```", re.DOTALL)


def commands(text):
    """Yield each command with the lines that follow it; `> ` goes on with a command."""
    for skipped, block in BLOCK.findall(text):
        if skipped:
            continue
        command, expected = None, []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, expected
                command, expected = line[2:], []
            elif line.startswith("> ") and command and not expected:
                command += f"\n{line[2:]}"
            else:
                expected.append(line)
        yield command, expected


def as_pattern(lines):
    text = re.escape("\n".join(lines))
    return re.compile(text.replace(re.escape("..."), ".*"), re.DOTALL)


def follow(document, folder, aside, failing=("error:",)):
    """Run every command of a document and check that it prints what the document says.

    Args:
        document: The file.
        folder: Where the first command runs; `cd` and `PATH=` hold from there on, as in a shell.
        aside: A folder for what this needs to remember.
        failing: How a line begins after which a command ends with an error.
    """
    path = os.environ["PATH"]
    for command, expected in commands(document.read_text()):
        remembered = f'code=$?; printf "%s\\n" "$PWD" "$PATH" > "{aside}/shell"; exit $code'
        ran = subprocess.run(
            ["bash", "-c", f"{command}\n{remembered}"],
            cwd=folder, env={**os.environ, "PATH": path},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        folder, path = (aside / "shell").read_text().splitlines()
        said = (ran.stdout + ran.stderr).strip()
        assert as_pattern(expected).fullmatch(said), f"$ {command}\n{said}"
        failed = any(line.startswith(failing) for line in expected)
        assert (ran.returncode != 0) == failed, f"$ {command}\n{said}"
