"""Measures update and status against stock Copier: `uv run python benchmarks/update.py [RUNS]`."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pairs import BIN, ROOT, Measured, Pair, machine, measure, version_of
from tables import rows, write

sys.path.insert(0, str(ROOT))

from tests.update.evolutions import Question, Template
from tests.update.files import Entry
from tests.update.histories import tag_of, write_history
from tests.update.projects import git, make_project
from tests.update.stories import rendered

OURS, COPIER = str(BIN / "modelwright"), str(BIN / "copier")
NAMES = ("package", "team", "owner", "region", "audience", "purpose")
BEHIND = 200
PROJECTS = 40
GIT_BOUND, FULL_BOUND, QUICK_BOUND = 12, 30.0, 10.0


@dataclass(frozen=True)
class Scene:
    """A template's history and projects of its first version."""

    source: Path
    versions: list[Template]
    place: Path

    def project(self, name: str) -> Path:
        """Make and commit a project whose answers nobody else has."""
        answers = {question: f"{question}-{name}" for question in NAMES}
        answers["package"] = f"package_{name}"
        files = rendered(self.versions, 0, answers, self.source, born=tag_of(0))
        return make_project(self.place / name, files)


def first() -> Template:
    """Return a template of 30 files of 60 lines and 6 questions."""
    files = {}
    for number in range(30):
        lines = [f"file {number}, line {line} says something" for line in range(60)]
        lines[::12] = [f"{line} for {{{{ cookiecutter.audience }}}}" for line in lines[::12]]
        folder = ("", "src/{{ cookiecutter.package }}/", "docs/")[number % 3]
        files[f"{folder}file_{number:02}.txt"] = Entry("\n".join([*lines, ""]).encode())
    questions = tuple(Question(name=name, default=f"some {name}") for name in NAMES)
    return Template(files=files, questions=questions)


def next_version(template: Template, number: int) -> Template:
    """Return the template with one changed file."""
    path = sorted(template.files)[number % 30]
    content = template.files[path].content.replace(b"line 30", f"line 30, {number}".encode())
    return replace(template, files={**template.files, path: Entry(content)})


def with_a_question(template: Template) -> Template:
    """Return the template with one more question, so that every file must be rendered."""
    return replace(template, questions=(*template.questions, Question(name="more", default="x")))


def scene(place: Path, versions: list[Template]) -> Scene:
    """Write a history."""
    place.mkdir()
    return Scene(write_history(place / "template.git", versions), versions, place)


def scenes(place: Path) -> dict[str, Scene]:
    """Return a history of two versions, one of many, and one whose second asks one thing more."""
    versions = [first()]
    for number in range(BEHIND):
        versions.append(next_version(versions[-1], number))
    return {
        "one": scene(place / "one", versions[:2]),
        "many": scene(place / "many", versions),
        "asking": scene(place / "asking", [versions[0], with_a_question(versions[1])]),
    }


def pairs(one: Path, many: Path) -> list[Pair]:
    """Return what is measured of whole processes."""
    check = (COPIER, "check-update", "--quiet", str(one))
    newest = (
        "sh",
        "-c",
        '"$@" || test $? = 2',
        "sh",
    )  # it ends with 2 where an update is to be had
    update, status = (OURS, "update", str(one)), (OURS, "status", str(one))
    stock = (COPIER, "update", "--defaults", "--quiet", str(one))
    return [
        Pair("`update` / `copier update`", update, stock, 0.2),
        Pair("`status` / `copier check-update`", status, (*newest, *check), 0.35),
        Pair(
            "`status --cached` / `copier check-update`", (*status, "--cached"), (*newest, *check),
            0.05,
        ),
        Pair(f"`update`, {BEHIND} tags behind / one", (OURS, "update", str(many)), update, 1.2),
    ]  # fmt: skip


def reset(*projects: Path) -> None:
    """Bring projects back to their first version."""
    for project in projects:
        git(project, "reset", "--quiet", "--hard")
        git(project, "clean", "--quiet", "--force", "-d")


@contextmanager
def counted(place: Path) -> Iterator[Path]:
    """Put a git on the PATH that writes a line for each of its processes."""
    log, real, path = place / "calls", shutil.which("git"), os.environ["PATH"]
    log.touch()
    shim = place / "shim/git"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f'#!/bin/sh\necho "$*" >> "{log}"\nexec "{real}" "$@"\n')
    shim.chmod(0o755)
    os.environ["PATH"] = f"{shim.parent}{os.pathsep}{path}"
    try:
        yield log
    finally:
        os.environ["PATH"] = path
        shutil.rmtree(shim.parent)


def git_processes(command: tuple[str, ...], project: Path, place: Path) -> int:
    """Return how many git processes a command starts."""
    reset(project)
    with counted(place) as log:
        subprocess.run(command, check=True, capture_output=True)
        calls = len(log.read_text().splitlines())
    log.unlink()
    return calls


def milliseconds_each(scene: Scene) -> float:
    """Return CPU time per project, children included, of many projects in one process."""
    from modelwright.adapters.sources.histories import HistoryCache  # noqa: PLC0415
    from modelwright.operations.update.request import UpdateRequest  # noqa: PLC0415
    from modelwright.operations.update.update import update  # noqa: PLC0415

    projects = [scene.project(f"fleet_{number}") for number in range(PROJECTS + 1)]
    with HistoryCache() as shelf:
        update(projects.pop(), UpdateRequest(), history_cache=shelf)
        before = _cpu()
        outcomes = {
            update(project, UpdateRequest(), history_cache=shelf).status for project in projects
        }
        used = _cpu() - before
    if outcomes != {"updated"}:
        raise SystemExit(f"the projects ended as {outcomes}")
    return used * 1000 / PROJECTS


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def table(measured: list[Measured]) -> str:
    """Return the pairs as Markdown."""
    lines = [
        [m.pair.name, f"{m.ours:.3f}", f"{m.theirs:.3f}", f"{m.ratio:.3f}", str(m.pair.bound)]
        for m in measured
    ]
    note = (
        f"Measured on {machine()}, copier {version_of('copier')}; 30 files, 6 questions, one "
        "version behind, one changed file; CPU seconds of whole processes whose bytecode is at "
        "hand, medians."
    )
    return f"{note}\n\n" + rows(["measured", "first, s", "second, s", "ratio", "bound"], lines)


def main() -> int:
    """Measure, write the tables, and return 1 where a bound is passed."""
    runs = int(sys.argv[1]) if sys.argv[1:] else 11
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["XDG_CACHE_HOME"] = str(place / "cache")
        found = scenes(place)
        one, many = found["one"].project("alone"), found["many"].project("late")
        measured = [measure(pair, runs, lambda: reset(one, many)) for pair in pairs(one, many)]
        ours, stock = (
            git_processes(pairs(one, many)[0].ours, one, place),
            git_processes(pairs(one, many)[0].theirs, one, place),
        )
        full, quick = milliseconds_each(found["asking"]), milliseconds_each(found["one"])
    lines = [
        ["git processes of one `update`", str(ours), str(GIT_BOUND), str(stock)],
        ["CPU ms per project, full render", f"{full:.1f}", f"{FULL_BOUND:.0f}", ""],
        ["CPU ms per project, untouched files alone", f"{quick:.1f}", f"{QUICK_BOUND:.0f}", ""],
    ]
    note = f"Many projects are {PROJECTS} in one process, git's processes included."
    text = f"{table(measured)}\n\n{note}\n\n" + rows(["measured", "ours", "bound", "stock"], lines)
    write("update", text)
    write("update", text, ROOT / "docs/update.md")
    passed = [ours > GIT_BOUND, full > FULL_BOUND, quick > QUICK_BOUND]
    return int(any(m.ratio > m.pair.bound for m in measured) or any(passed))


if __name__ == "__main__":
    sys.exit(main())
