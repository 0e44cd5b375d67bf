"""The version that fits best: equal files first, then equal lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.template.inference.similarity import (
    SimilaritySearch,
    line_similarity,
    most_similar,
)
from modelwright.template.tree import RenderedFile

TEXTS = st.lists(st.sampled_from(["a", "b", "", " ", "c d"]), max_size=6).map(
    lambda lines: "\n".join(lines).encode()
)


def fits(contents, **versions):
    fitting = SimilaritySearch(contents={path: text.encode() for path, text in contents.items()})
    return [
        fitting.compare(name, {path: RenderedFile(text.encode()) for path, text in files.items()})
        for name, files in versions.items()
    ]


def test_a_version_whose_files_all_stand_there_fits_wholly():
    (fit,) = fits({"a": "1\n", "hers": "2\n"}, v1={"a": "1\n"})

    assert (fit.equal, fit.lines, fit.files) == (1.0, 1.0, 1)


def test_equal_files_count_before_equal_lines():
    found = most_similar(
        fits(
            {"a": "1\n", "b": "1\n2\n3\n4\n"},
            few_files={"a": "0\n", "b": "1\n2\n3\n4\n"},
            many_lines={"a": "1\n5\n", "b": "1\n2\n3\n"},
        )
    )

    assert found.version == "few_files"


def test_equal_lines_decide_where_as_many_files_are_equal():
    found = most_similar(
        fits({"a": "1\n2\n3\n"}, v1={"a": "1\n"}, v2={"a": "1\n2\n"}, v3={"a": "4\n"})
    )

    assert found.version == "v2"


def test_the_first_of_equal_versions_is_taken():
    assert most_similar(fits({"a": "1\n"}, v2={"a": "1\n"}, v1={"a": "1\n"})).version == "v2"


def test_a_file_that_is_missing_counts():
    assert (
        most_similar(fits({"a": "1\n"}, v1={"a": "1\n"}, v2={"a": "1\n", "b": "1\n"})).version
        == "v1"
    )


def test_the_figure_is_said():
    (fit,) = fits({"a": "1\n", "b": "1\n2\n"}, v1={"a": "1\n", "b": "1\n", "c": "1\n"})

    assert fit.sentence == "1 of 3 files are equal, and 50% of the lines"


@given(TEXTS, TEXTS)
def test_likeness_is_one_only_for_what_is_equal(ours, theirs):
    alike = line_similarity(ours, theirs)

    assert 0 <= alike <= 1
    assert (alike == 1) == (ours == theirs)
    assert line_similarity(theirs, ours) == alike


@pytest.mark.parametrize(
    ("ours", "theirs", "alike"),
    [
        (b"a\r\nb\r\n", b"a\nb\n", 1.0),
        (b"\n\n\na\n", b"\n\n\nb\n", 0.0),
        (b"\0\1", b"\0\1", 1.0),
        (b"a\n", b"a", 0.999),
    ],
)
def test_line_ends_and_blank_lines_do_not_count(ours, theirs, alike):
    assert line_similarity(ours, theirs) == alike
