"""Counts what each tool loses where something comes in between an update.

`uv run python benchmarks/update_interference.py` tries each situation with three files, with
`modelwright update` and with stock `copier update`, and writes the table into this folder's README.
"""

from __future__ import annotations

import os
import pty
import select
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pairs import ROOT, version_of
from tables import rows, write

sys.path.insert(0, str(ROOT))

from tests.platforms import git
from tests.update_command.small import COPIER, FIRST, Story, disturbed

# The template changes the first, leaves the second alone and deletes the third.
PATHS = ("README.md", "app.py", "old.txt")
MINE = b"mine = 'came-in-between'\n"
QUESTION = "colour"
NEWER = {
    "project/README.md": FIRST["project/README.md"].replace("line 9\n", "line nine\n"),
    "project/old.txt": None,
}
ASKING = {**NEWER, "copier.yml": f"{COPIER}{QUESTION}: {{type: str}}\n"}
COMMANDS = {
    "ours": ("-m", "modelwright", "update"),
    "stock": ("-m", "copier", "update"),
}
WAIT = 60.0


def run(tool: str, project: Path, env: dict[str, str] | None = None) -> str:
    """Update a project and return what was said."""
    ended = subprocess.run(
        [sys.executable, *COMMANDS[tool], "--defaults"],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout + ended.stderr


def add(path: Path) -> None:
    """Write the user's line at the end of a file."""
    with path.open("ab") as file:
        file.write(MINE)


def is_there(folder: Path) -> bool:
    """Say whether the user's line is in a file of the work tree or in git's index."""
    files = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    staged = ["git", "grep", "--cached", "--quiet", "came-in-between"]
    return any(MINE in path.read_bytes() for path in files) or not subprocess.call(
        staged, cwd=folder
    )


def saved_at_question(tool: str, story: Story, path: str) -> bool:
    """Save a file while the update asks."""
    story.release("v1.1.0", ASKING)
    process, screen = pty.fork()
    if process == 0:
        os.chdir(story.project)
        os.execv(sys.executable, [sys.executable, *COMMANDS[tool]])  # noqa: S606 -- a terminal of its own
    said, saved, end = b"", False, time.monotonic() + WAIT
    while time.monotonic() < end:
        if select.select([screen], [], [], 0.5)[0]:
            try:
                said += os.read(screen, 4096)
            except OSError:
                break
        elif QUESTION.encode() in said and not saved:
            add(story.project / path)
            saved = True
            os.write(screen, b"red\r")
        elif said:
            os.write(screen, b"\r")
    os.close(screen)
    os.waitpid(process, 0)
    if not saved:
        raise RuntimeError(said.decode(errors="replace"))
    return is_there(story.project)


def hidden(flag: str) -> Callable[[str, Story, str], bool]:
    """Return the situation in which an edit is hidden from git."""

    def tried(tool: str, story: Story, path: str) -> bool:
        story.release("v1.1.0", NEWER)
        git(story.project, "update-index", flag, path)
        add(story.project / path)
        run(tool, story.project)
        return MINE in b"".join(p.read_bytes() for p in story.project.glob("*") if p.is_file())

    return tried


def sparse(tool: str, story: Story, path: str) -> bool:
    """Leave an edited file out of the work tree."""
    story.release("v1.1.0", NEWER)
    add(story.project / path)
    story.commit()
    git(story.project, "sparse-checkout", "set", "--no-cone", "/*", f"!/{path}")
    run(tool, story.project)
    return is_there(story.project)


def ignored(tool: str, story: Story, path: str) -> bool:
    """Have an ignored file where the template's version of an edited file would be put."""
    story.edit({".gitignore": "*.template\n", path: "all of it is another\n"})
    story.release("v1.1.0", NEWER)
    add(story.project / f"{path}.template")
    run(tool, story.project)
    return is_there(story.project)


def killed(tool: str, story: Story, path: str) -> bool:
    """Kill the update where it brings files to the project, and update again."""
    story.release("v1.1.0", NEWER)
    add(story.project / path)
    story.commit()
    moment = "update-index -q --refresh" if tool == "ours" else "apply"
    env = disturbed(story.template.parent, moment, "kill -9 $PPID; exit 9")
    run(tool, story.project, env)
    run(tool, story.project)
    return is_there(story.project)


def undone_elsewhere(tool: str, story: Story, path: str) -> bool:
    """Run the printed line that takes an update back in another repository with an edit."""
    story.release("v1.1.0", NEWER)
    other = story.project.with_name("other")
    subprocess.run(["cp", "-a", story.project, other], check=True)
    said = run(tool, story.project)
    add(other / path)
    _, printed, line = said.partition("take it all back: ")
    if printed:
        words = shlex.split(line.splitlines()[0])
        subprocess.run(words, cwd=other, capture_output=True, check=True)
    return is_there(other)


SITUATIONS: dict[str, Callable[[str, Story, str], bool]] = {
    "a file is saved while a question stands": saved_at_question,
    "an edit under `assume-unchanged`": hidden("--assume-unchanged"),
    "an edit under `skip-worktree`": hidden("--skip-worktree"),
    "an edited file outside of a sparse checkout": sparse,
    "an ignored `FILE.template`": ignored,
    "killed while files are brought, then done again": killed,
    "the printed undo is run in another repository (stock prints none)": undone_elsewhere,
}


def lost(tool: str, situation: Callable[[str, Story, str], bool]) -> int:
    """Return with how many of the files the user's line is gone."""
    count = 0
    for path in PATHS:
        with tempfile.TemporaryDirectory() as folder:
            story = Story(Path(folder))
            story.make()
            count += not situation(tool, story, path)
    return count


def main() -> int:
    """Count, write the table, and return 1 where ours lost anything."""
    found = {name: [lost(tool, tried) for tool in COMMANDS] for name, tried in SITUATIONS.items()}
    lines = [[name, str(len(PATHS)), *map(str, counts)] for name, counts in found.items()]
    note = (
        f"copier {version_of('copier')}; a file that the template changes, one that it leaves "
        "alone and one that it deletes. A case counts where the user's line is neither in the "
        "work tree nor in git's index afterwards."
    )
    write(
        "interference",
        f"{note}\n\n" + rows(["what came in between", "cases", "ours", "stock"], lines),
    )
    return int(any(ours for ours, _ in found.values()))


if __name__ == "__main__":
    sys.exit(main())
