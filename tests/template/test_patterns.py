"""A catalogue's patterns mean what they mean to Copier, which reads them as gitignore does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import PathSpec

from modelwright.template.archetypes import pattern_matches

PARTS = st.sampled_from(["a", "b", "src", "load", "x.py", "long-name.yaml"])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
PATTERN_PARTS = st.sampled_from(["a", "b", "src", "load", "*", "*.py", "x.*", "lo*"])
PATTERNS = st.builds(
    lambda parts, tail: "/".join(parts) + tail,
    st.lists(PATTERN_PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "/**"]),
).filter(lambda pattern: pattern.split("/")[-1] != "*")


@given(pattern=PATTERNS, path=PATHS)
def test_a_pattern_covers_what_gitignore_covers(pattern, path):
    theirs = PathSpec.from_lines("gitignore", [f"/{pattern}"]).match_file(path)

    if pattern.endswith("/**") and path.count("/") == pattern.count("/") - 1:
        return  # gitignore means what is below, and a catalogue the folder as well
    assert pattern_matches(pattern, path) == theirs


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("load/", "load/load.py", True),
        ("load/", "src/load/load.py", False),
        ("src/*/features.py", "src/churn/features.py", True),
        ("src/*/features.py", "src/churn/runtime/features.py", False),
        ("src/*/runtime/**", "src/churn/runtime/a/b.py", True),
        ("deploy/**", "deploy", True),
        ("Dockerfile", "Dockerfile.old", False),
        ("a.b", "aXb", False),
    ],
)
def test_a_pattern_is_anchored_and_literal(pattern, path, covered):
    assert pattern_matches(pattern, path) is covered
