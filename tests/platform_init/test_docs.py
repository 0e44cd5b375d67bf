"""The commands of `docs/platform.md` are run in order, and those of the platform's README exist."""

import os
import re
import sys
from pathlib import Path

import pytest

from modelwright.cli.main import command
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


LINK = re.compile(r"\]\(([^)\s]+)\)")
PAGES = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_new_platform_leads_somewhere(page, big_made):
    place = big_made / page
    if not place.exists():
        pytest.skip("it is modelwright's own")
    for link in LINK.findall(place.read_text()):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = place.parent / path if path else place
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text()), link


def anchors(text):
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_a_new_platform_has_every_page_that_its_pages_link_to(big_made):
    assert (big_made / "docs/archetypes.md").exists()
    assert (big_made / "docs/adopt.md").exists()
