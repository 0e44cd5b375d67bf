"""The README's first command works on a Debian as it is shipped, whoever runs it and wherever."""

import re
import shutil
import subprocess
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.checkout import copy_checkout
from tests.clean_root import USER, clean_root, give_network, run_inside
from tests.console import as_pattern, commands
from tests.nightly import nightly
from tests.ways_out import Mirror, Proxy, served, variables

README = (Path(__file__).parent.parent / "README.md").read_text()
WAYS = {"proxy": Proxy, "mirror": Mirror}

pytestmark = [pytest.mark.tools, pytest.mark.slow]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One clean root, and what is special about it."""

    suite: str
    user: str = "root"
    folder: str = "modelwright"
    generator_python: str = ""
    way: str = ""


MACHINES = {
    "bookworm": Machine(suite="bookworm"),
    "bookworm without root": Machine(suite="bookworm", user=USER),
    "trixie": Machine(suite="trixie"),
    "trixie without root": Machine(suite="trixie", user=USER),
    "a space and an umlaut": Machine(suite="trixie", user=USER, folder="mein Büro/model wright"),
    "behind a proxy": Machine(suite="trixie", user=USER, way="proxy"),
    "with a mirror": Machine(suite="trixie", user=USER, way="mirror"),
    "forky": Machine(suite="forky", user=USER),
    # A project takes the system's Python 3.14: not all that it needs has wheels for 3.15 yet.
    "forky with Python 3.15": Machine(suite="forky", user=USER, generator_python="3.15"),
}
IN_THE_GATE = "trixie without root"


def first_command(generator_python=""):
    """Return the README's first command after the clone, and what it prints."""
    command, expected = list(commands(README))[1]
    assert command.startswith("python3 -m venv ")
    if generator_python:
        command = command.replace("python3 -m", f"python{generator_python} -m", 1)
        command = command.replace("&& uv run", f"&& uv run --python {generator_python}", 1)
    return command, expected


def checked_out(root, machine):
    """Put the checkout where the README's `git clone` would; return its path inside the root."""
    home = "/root" if machine.user == "root" else f"/home/{machine.user}"
    folder = root / home[1:] / machine.folder
    copy_checkout(folder)
    if machine.user != "root":
        top = root / home[1:] / machine.folder.split("/")[0]
        owner = (root / home[1:]).stat()
        subprocess.run(
            ["chown", "--recursive", "--no-dereference", f"{owner.st_uid}:{owner.st_gid}", top],
            check=True,
        )
    return f"{home}/{machine.folder}"


@pytest.fixture
def root(machine, tmp_path):
    """A clean root; a used one is a gigabyte, so none is kept."""
    yield clean_root(machine.suite, tmp_path)
    shutil.rmtree(tmp_path / "root")


def run_first_command(root, machine):
    """Run the command on a machine; return how it ended, and the checkout."""
    give_network(root, names=not machine.way)
    folder = checked_out(root, machine)
    command, _ = first_command(machine.generator_python)
    way_out = served(WAYS[machine.way]) if machine.way else nullcontext()
    with way_out as server:
        environment = variables(machine.way, server)
        done = run_inside(root, command, user=machine.user, folder=folder, variables=environment)
    assert server is None or server.seen
    return done, root / folder[1:]


@pytest.mark.xdist_group("clean root")
@pytest.mark.parametrize(
    "machine",
    [
        pytest.param(
            machine,
            id=name,
            marks=nightly("minutes each", unless=name == IN_THE_GATE),
        )
        for name, machine in MACHINES.items()
    ],
)
def test_the_first_command_makes_a_project_whose_checks_pass(machine, root):
    done, checkout = run_first_command(root, machine)

    said = (done.stdout + done.stderr).strip()
    assert done.returncode == 0, said
    assert as_pattern(first_command()[1]).fullmatch(said), said
    assert re.search(r" [1-9]\d* passed", said)
    assert " failed" not in said
    project = next((checkout / "demo").iterdir())
    assert machine.generator_python in (checkout / ".venv/pyvenv.cfg").read_text()
    # Git knows nobody here: everything is staged, and no commit is made up.
    assert "git does not know who you are" in said
    assert (project / ".git/index").exists()
    assert not list((project / ".git/refs/heads").iterdir())
