"""A small template in real git, and projects of it."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from modelwright.cli.main import main
from tests.platforms import git

COPIER = """\
_subdirectory: project
_templates_suffix: ""
_envops: {undefined: jinja2.StrictUndefined}
_skip_if_exists: [settings.toml]
name:
  type: str
  default: demo
  validator: "{% if name | length < 3 %}too short; choose a longer one{% endif %}"
size: {type: str, choices: [small, large], default: small}
"""
ANSWERS = "{{ _copier_conf.answers_file }}"
FIRST = {
    "copier.yml": COPIER,
    f"project/{ANSWERS}": "{{ _copier_answers | to_nice_yaml -}}",
    "project/README.md": "# {{ name }}\n\n" + "".join(f"line {n}\n" for n in range(20)),
    "project/app.py": "".join(f"value_{n} = {n}\n" for n in range(20)),
    "project/settings.toml": 'size = "{{ size }}"\n',
    "project/logo.png": b"\x89PNG\0" + bytes(200),
    "project/old.txt": "".join(f"old {n}\n" for n in range(10)),
}


class Story:
    """A template with versions, and one project."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template"
        self.project = folder / "project"
        self.template.mkdir()
        git(self.template, "init", "--quiet", "--initial-branch", "main")
        self.release("v1.0.0", FIRST)

    def release(self, tag, files):
        """Release a version in which some files are another; None deletes one."""
        write(self.template, files)
        git(self.template, "add", "--all")
        git(self.template, "commit", "--quiet", "--allow-empty", "--message", f"feat: {tag}")
        git(self.template, "tag", tag)

    def make(self, into=None, **data):
        """Make the project of the newest version with stock Copier, and commit it."""
        import copier

        into = into or self.project
        copier.run_copy(
            str(self.template), str(into), data=data, defaults=True, quiet=True, vcs_ref=None
        )
        if not any((place / ".git").exists() for place in (into, *into.parents)):
            git(into, "init", "--quiet", "--initial-branch", "main")
        self.commit(into)
        return into

    def commit(self, folder=None):
        git(folder or self.project, "add", "--all")
        git(folder or self.project, "commit", "--quiet", "--message", "chore: keep")

    def edit(self, files):
        """Change files of the project by hand and commit that; None deletes one."""
        write(self.project, files)
        self.commit()

    def staged(self):
        """Return what git says of the work tree, by path."""
        told = git(self.project, "status", "--porcelain", "-z", "--no-renames").split("\0")
        return {line[3:]: line[:2] for line in told if line}


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


def run(*arguments):
    """Run the command and return its exit code."""
    return main([str(argument) for argument in arguments])


def disturbed(folder, moment, disturbance):
    """Return the environment in which a shell text runs once, just before a command of git's.

    Args:
        folder: Where the git stands that does it.
        moment: The words of git's command line.
        disturbance: What runs; `$PPID` is the process that started git.
    """
    real = shutil.which("git")
    shim = folder / "shim" / "git"
    shim.parent.mkdir()
    shim.write_text(
        f"""#!/bin/bash
case " $* " in *" {moment} "*)
  if mkdir {shlex.quote(str(folder))}/once 2>/dev/null; then {disturbance}
  fi;;
esac
exec {real} "$@"
"""
    )
    shim.chmod(0o755)
    return {**os.environ, "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}"}


def started(*arguments, env):
    """Run the command in a process of its own, and return what became of it."""
    command = [sys.executable, "-m", "modelwright", *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def whole(folder):
    """Return every file of a folder, git's own left out, and what git says of it."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
    told = subprocess.run(
        ["git", "status", "--porcelain"], cwd=folder, capture_output=True, check=False
    )
    return files, told.stdout
