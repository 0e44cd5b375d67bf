"""A governed repository gets the governing files of an archetype and no other."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.paths import ARCHETYPE_FILE
from modelwright.template.archetypes import archetype_from, pattern_matches, ungoverned_patterns

ROOT = Path(__file__).parents[2]
ARCHETYPES = sorted(path.parent.name for path in ROOT.glob(f"templates/*/{ARCHETYPE_FILE}"))
CALLER = ".github/workflows/policy.yml"
PARTS = st.sampled_from(["a", "b", "src", "x.py", "of_{{ cookiecutter.package_name }}"])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)


def paths_of(identity):
    folder = ROOT / "templates" / identity / "{{ cookiecutter.repo_name }}"
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


@given(st.lists(PATHS, unique=True), st.sampled_from(["a", "src/**", "src/*/x.py", "b/x.py"]))
def test_every_file_is_either_governed_or_covered_by_a_pattern(paths, governs):
    # A name cannot be a file and a folder at once.
    paths = [path for path in paths if not any(o.startswith(f"{path}/") for o in paths)]
    patterns = ungoverned_patterns(paths, [governs])

    for path in paths:
        plain = path.replace("{{ cookiecutter.package_name }}", "*")
        covered = any(pattern_matches(pattern, plain) for pattern in patterns)
        assert covered != pattern_matches(governs, plain)


def test_a_folder_without_a_governing_file_is_one_pattern():
    assert ungoverned_patterns(["src/a.py", "src/b/c.py", "README.md"], ["README.md"]) == ["src"]


def test_a_folder_with_one_is_told_file_by_file():
    paths = [".github/CODEOWNERS", ".github/workflows/ci.yml", ".github/workflows/policy.yml"]

    assert ungoverned_patterns(paths, [".github/workflows/policy.yml"]) == [
        ".github/CODEOWNERS",
        ".github/workflows/ci.yml",
    ]


@pytest.mark.parametrize("identity", ARCHETYPES)
def test_every_archetype_has_the_workflow_that_judges_a_governed_repository(identity):
    archetype = archetype_from(
        identity, (ROOT / "templates" / identity / ARCHETYPE_FILE).read_text()
    )

    assert CALLER in paths_of(identity)
    assert any(pattern_matches(pattern, CALLER) for pattern in archetype.governs)
    assert [left_out.unless for left_out in archetype.left_out if CALLER in left_out.paths] == [
        "cookiecutter.managed_only"
    ]


@pytest.mark.parametrize("identity", ARCHETYPES)
def test_every_pattern_of_governs_covers_a_file(identity):
    archetype = archetype_from(
        identity, (ROOT / "templates" / identity / ARCHETYPE_FILE).read_text()
    )

    idle = [
        pattern
        for pattern in archetype.governs
        if not any(pattern_matches(pattern, path) for path in paths_of(identity))
    ]
    assert idle == []
