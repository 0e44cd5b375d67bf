"""The commands of `docs/platform.md` are run in order, and those of the platform's README exist."""

import os
import re
import sys
from pathlib import Path

import pytest

from modelwright.cli.app import command
from tests.console import commands, follow
from tests.platforms import ROOT

README = ROOT / "organisation/README.md"


@pytest.mark.xdist_group("docs")
def test_the_afternoon_goes_as_its_document_says(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    story = tmp_path / "story"
    story.mkdir()

    follow(ROOT / "docs/platform.md", story, tmp_path)


def test_every_command_of_the_readme_is_one_of_ours_or_git_s():
    lines = [line for line, _ in commands(README.read_text())]
    parts = [part.split() for line in lines for part in line.split(" && ")]

    assert {part[0] for part in parts} == {"git", "modelwright"}
    for part in parts:
        if part[0] == "modelwright":
            _, found, _ = resolved(part[1:])
            assert found is not None, part


def resolved(words):
    """Return the command that some words name, and what is left of them."""
    found = command()
    while getattr(found, "commands", None) and words:
        found, words = found.commands.get(words[0]), words[1:]
    known = {option for parameter in found.params for option in parameter.opts} if found else set()
    assert {word for word in words if word.startswith("--")} <= known, words
    return words, found, known


@pytest.mark.parametrize("document", ["README.md", "docs/platform.md"])
def test_what_a_document_names_is_there(document, big_made):
    text = (big_made / document).read_text()
    named = set(re.findall(r"`((?:docs|templates/_shared|\.github)/[\w./-]+)`", text))
    named |= {f"docs/{link}" for link in re.findall(r"\]\(([\w-]+\.md)\)", text)}

    assert named
    assert [path for path in named if not (big_made / path).exists()] == []
