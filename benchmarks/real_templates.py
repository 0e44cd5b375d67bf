"""Updates projects of public templates with each tool, from the same edited state.

`uv run python benchmarks/real_templates.py CLONE...` takes folders of clones, with their tags, and
writes the table into this folder's README and into `docs/update.md`. The projects are made by stock
Copier with the template's defaults; two updates of each template are tried. In each, a line is
added to or changed in every second text file, one is renamed and one is deleted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

sys.path.insert(0, str(Path(__file__).parent))

from pairs import BIN, ROOT, version_of
from tables import rows, write

COPIER = ("copier.yml", "copier.yaml")
SCIENTIFIC = {"backend": "hatch", "license": "BSD", "vcs": "true", "docs": "sphinx"}
HEADER = ["template", "update", "edits", "ours", "lost", "stock", "lost"]
SMALL = 50
MARK = "written by hand"
ANSWERS = ".copier-answers.yml"
TEXT = (".md", ".py", ".toml", ".yml", ".yaml", ".txt", ".cfg", ".rst", "")
REQUIRED = {
    "project_name": "sample-project", "package_name": "sample_project", "project": "sample",
    "package": "sample", "project_description": "a sample", "author_fullname": "A. Person",
    "author_name": "A. Person", "author_email": "a@example.org", "author_username": "person",
    "repository_namespace": "person", "full_name": "A. Person", "email": "a@example.org",
    "org": "person", "url": "https://github.com/person/sample", "description": "a sample",
    "user_name": "person", "repo_name": "sample", "github_user": "person",
    "package_short_description": "a sample",
    "keywords": "sample", "github_organization": "person", "module_name": "sample",
    "organization_name": "person", "organization_email": "a@example.org",
}  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """What an update left behind.

    Attributes:
        code: Its exit code.
        conflict: Whether anybody is told to look.
        lost: Lines written by hand that are nowhere, and deletions and renames taken back.
    """

    code: int
    conflict: bool
    lost: int


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder, env=env, capture_output=True, text=True, check=False, errors="replace",
    )  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    """Run git and return what it printed."""
    done = run("git", *arguments, folder=folder)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def releases(clone: Path) -> list[str]:
    """Return the released tags, oldest first."""
    found = {}
    for tag in git(clone, "tag").split():
        try:
            version = Version(tag)
        except InvalidVersion:
            continue
        is_copiers = git(clone, "ls-tree", tag, *COPIER)
        if is_copiers and not version.is_prerelease:
            found[version] = tag
    return [found[version] for version in sorted(found)]


def steps(tags: list[str]) -> list[tuple[str, str]]:
    """Return two updates: a long one to the newest release, and one of the last few."""
    newest = tags[-1]
    return list(dict.fromkeys((tags[-min(len(tags), behind)], newest) for behind in (12, 4)))


def made(clone: Path, tag: str, project: Path) -> bool:
    """Make a project with stock Copier and commit it; False where the defaults are not enough."""
    questions = git(clone, "ls-tree", "--name-only", tag, *COPIER).split()[0]
    text = git(clone, "show", f"{tag}:{questions}")
    more = SCIENTIFIC if SCIENTIFIC["backend"] in text and "\nbackend:" in text else {}
    answers = {**REQUIRED, **more}.items()
    data = [part for name, value in answers for part in ("--data", f"{name}={value}")]
    options = ("--defaults", "--trust", "--skip-tasks", "--quiet", "--vcs-ref", tag)
    done = run(BIN / "copier", "copy", *options, *data, clone, project, folder=clone)
    if done.returncode or not (project / ANSWERS).is_file():
        print(f"{clone.name} {tag}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return False
    git(project, "init", "--quiet", "--initial-branch", "main")
    keep(project)
    return True


def keep(project: Path) -> None:
    """Commit everything."""
    git(project, "add", "--all", "--force")
    git(project, "-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--message", "chore: keep")


def edited(project: Path) -> tuple[list[str], list[str]]:
    """Write into a project as its people would, and commit it.

    Returns:
        The lines that were written, and the paths that are gone.
    """
    texts = [
        path
        for path in sorted(git(project, "ls-files").splitlines())
        if Path(path).suffix in TEXT and path != ANSWERS and (project / path).is_file()
        if not (project / path).is_symlink() and len((project / path).read_bytes()) > SMALL
    ]
    lines, gone = [], []
    for number, path in enumerate(texts[::2]):
        place = project / path
        content = place.read_text(errors="surrogateescape").splitlines(keepends=True)
        line = f"# {MARK} {number}"
        middle = len(content) // 2
        where = (len(content), middle, 1)[number % 3]
        content[where : where + number % 2] = [f"{line}\n"]
        place.write_text("".join(content), errors="surrogateescape")
        lines.append(line)
    plain = [path for path in texts[1::2] if path.count("/") or path.endswith(".md")]
    if len(plain) > 1:
        git(project, "mv", plain[0], f"{plain[0]}.renamed")
        git(project, "rm", "--quiet", plain[-1])
        gone = [plain[0], plain[-1]]
    keep(project)
    return lines, gone


def judged(project: Path, code: int, lines: list[str], gone: list[str]) -> Ended:
    """Say what an update left of what was written by hand."""
    unmerged = bool(git(project, "ls-files", "--unmerged"))
    files = [place for place in project.rglob("*") if place.is_file()]
    own = [place for place in files if ".git" not in place.relative_to(project).parts]
    whole = "\n".join(place.read_text(errors="replace") for place in own)
    lost = len(set(lines) - set(whole.splitlines()))
    lost += sum((project / path).exists() for path in gone)
    markers = "<<<<<<<" in whole or any(project.rglob("*.rej"))
    return Ended(code, unmerged or markers or code == 1, lost)


def tried(clone: Path, old: str, new: str, place: Path) -> list[str] | None:
    """Return a row of the table; None where the project cannot be made."""
    start = place / "start"
    if not made(clone, old, start):
        return None
    lines, gone = edited(start)
    row = [clone.name, f"{old} to {new}", str(len(lines) + len(gone))]
    ours = (BIN / "modelwright", "update", "--to", new, "--trust")
    options = ("--defaults", "--trust", "--skip-tasks", "--quiet")
    stock = (BIN / "copier", "update", *options, "--vcs-ref", new)
    for name, command in (("ours", ours), ("stock", stock)):
        project = place / name
        shutil.copytree(start, project, symlinks=True)
        done = run(*command, folder=project)
        ended = judged(project, done.returncode, lines, gone)
        failed = ended.code > 1 or (ended.code and name == "stock")
        if failed:
            print(name, clone.name, old, new, done.stderr.strip()[-600:], file=sys.stderr)
        silent = ended.lost if not ended.code else 0
        said = "nothing done" if failed else "conflicts" if ended.conflict else "clean"
        row += [said, str(silent)]
    return row


def note() -> str:
    """Return what stands above the table."""
    return (
        f"copier {version_of('copier')}. An edit counts as lost where it is nowhere in the work "
        "tree, or a deleted or renamed file is back, after an update that ended with exit code 0. "
        "Nothing is done where the newest version refuses a stored answer (ours; the error names "
        "the answer and the choices) or a new question has no default (both)."
    )


def main() -> int:
    """Try every template, write the table, and return 1 where ours lost anything."""
    found = []
    for argument in sys.argv[1:]:
        clone = Path(argument).resolve()
        for old, new in steps(releases(clone)):
            with tempfile.TemporaryDirectory() as folder:
                row = tried(clone, old, new, Path(folder))
            found += [row] if row else []
    text = f"{note()}\n\n{rows(HEADER, found)}"
    write("templates", text)
    write("templates", text, ROOT / "docs/update.md")
    return int(any(row[4] != "0" for row in found))


if __name__ == "__main__":
    sys.exit(main())
