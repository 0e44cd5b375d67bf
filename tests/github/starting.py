"""A repository that somebody made from a starter, on the fake; and what its workflow may do."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from modelwright.cli.main import main
from tests.github.asking import ask
from tests.github.organisation import APP_TOKEN, LOGIN, REQUESTER, WORKFLOW_TOKEN
from tests.platforms import ROOT, platform_copy, release

RELEASE = "v0.1.0"
RIGHTS = {"actions": "write", "contents": "write", "issues": "write", "metadata": "read"}


def starters(folder: Path) -> Path:
    """Every starter of the sample's platform at a release."""
    platform = platform_copy(folder / "platform")
    shutil.copytree(ROOT / ".github", platform / ".github")
    release(platform, RELEASE)
    place = folder / "starters"
    assert main(["platform", "starter", str(place), f"--platform={platform}@{RELEASE}"]) == 0
    return place


@dataclass(frozen=True)
class FromStarter:
    """A repository after "Use this template", and the clone that its workflow works in."""

    fake: object
    full_name: str
    clone: Path

    @property
    def found(self):
        return self.fake.repository(self.full_name)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.found.git), *arguments], capture_output=True, check=True
        )
        return done.stdout.decode()


def from_template(
    fake, starter: Path, name: str, folder: Path, *, topics: list[str] = (), **told
) -> FromStarter:
    """Do what GitHub does with a template: one commit of its files, by a person who administers."""
    full_name = f"{LOGIN}/{name}"
    body = {"name": name, "private": True, "visibility": "private", **told}
    assert ask(fake, APP_TOKEN, "POST", f"/orgs/{LOGIN}/repos", body).status == 201
    found = fake.repository(full_name)
    found.collaborators[REQUESTER] = "admin"
    found.topics = list(topics)
    token = {"kind": "actions", "permissions": dict(RIGHTS), "repository": full_name}
    fake.token(WORKFLOW_TOKEN, "github-actions[bot]", **token)
    clone = folder / name
    environment = {**os.environ, "FAKE_WORKFLOWS": "allowed"}
    for command in (
        ("clone", "--quiet", str(found.git), str(clone)),
        ("-C", str(clone), "checkout", "--quiet", "-B", "main"),
        ("-C", str(clone), "add", "--all", "--force"),
        ("-C", str(clone), "commit", "--quiet", "--message", "Initial commit"),
        ("-C", str(clone), "push", "--quiet", "origin", "main"),
    ):
        if command[2] == "add":
            subprocess.run(["cp", "-rT", str(starter), str(clone)], check=True)
        subprocess.run(["git", *command], check=True, env=environment, capture_output=True)
    return FromStarter(fake, full_name, clone)
