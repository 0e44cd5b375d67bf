"""Real template repositories for Copier, and stock Copier's own render of them."""

import os
import subprocess
import sys
from pathlib import Path

import copier
import yaml

from modelwright.adapters.copier import copier_version
from modelwright.adapters.sources.histories import history_of
from modelwright.template.tree import RenderedFile
from tests.platforms import git

ANSWERS = "{{ _copier_answers|to_nice_yaml }}"
ANSWERS_NAME = "{{ _copier_conf.answers_file }}.jinja"


def template(folder, tag="v1.0.0", questions="", files=None, keep_answers=True):
    """Write a template repository at a version; a later one replaces every file."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "--quiet", "--initial-branch", "main")
    else:
        git(folder, "rm", "-r", "--quiet", "--force", "--ignore-unmatch", ".")
    content = {"copier.yml": questions, **(files or {})}
    if keep_answers:
        content.setdefault(ANSWERS_NAME, ANSWERS)
    for name, made in content.items():
        write(folder / name, made)
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", f"feat: {tag}")
    git(folder, "tag", tag)
    return folder


def write(path, made):
    """Write text, bytes, ("link", target) or ("run", text)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    match made:
        case ("link", target):
            path.symlink_to(target)
        case ("run", text):
            path.write_bytes(text.encode())
            path.chmod(0o755)
        case bytes():
            path.write_bytes(made)
        case _:
            path.write_bytes(made.encode())


def version(folder, tag="v1.0.0", project=Path("project"), **options):
    return copier_version(history_of(str(folder)), tag, project=project, **options)


def stored_in(project, name=".copier-answers.yml"):
    return yaml.safe_load((project / name).read_text())


def copied(folder, project, tag="v1.0.0", **options):
    """Render with stock Copier and return what it made."""
    copier.run_copy(
        str(folder), str(project), vcs_ref=tag, defaults=True, overwrite=True, quiet=True, **options
    )
    return on_disk(project)


def recopied(project, tag, **options):
    """Render a newer version over a project with stock Copier and return what stands there."""
    copier.run_recopy(
        str(project), vcs_ref=tag, defaults=True, overwrite=True, quiet=True, **options
    )
    return on_disk(project)


def on_disk(project):
    """Read a project independently of the code under test."""
    found = {}
    for path in sorted(project.rglob("*")):
        name = path.relative_to(project).as_posix()
        if name.split("/")[0] == ".git":
            continue
        if path.is_symlink():
            found[name] = RenderedFile(os.fsencode(path.readlink()), link=True)
        elif path.is_file():
            found[name] = RenderedFile(path.read_bytes(), executable=os.access(path, os.X_OK))
    return found


def clean_python(code, *arguments):
    """Run code in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
