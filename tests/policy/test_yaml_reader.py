"""YAML is read whatever stands in it, and remembers its lines."""

import pytest

from modelwright.policy.yaml_reader import Unreadable, read_yaml, walk

TEXT = "a: 1\nb:\n  - x: 1\n  - y: 2\n---\nc: !Ref thing\nd: !Map {e: [1, 2]}\nf: !List [g]\n"


def test_every_document_is_read_with_its_lines():
    first, second = read_yaml(TEXT)

    assert (first.line("b"), first.line("b", 1), first.line("b", 1, "y")) == (2, 4, 4)
    assert second.line("d", "e") == 7
    assert first.line("nothing") == 1
    assert second.line("nothing") == 6


def test_tags_of_others_are_plain_data():
    _, second = read_yaml(TEXT)

    assert second.data == {"c": "thing", "d": {"e": [1, 2]}, "f": ["g"]}


def test_lines_of_a_block_are_those_of_its_file():
    (document,) = read_yaml("x:\n  y: 1\n", first_line=10)

    assert document.line("x", "y") == 11


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [\n", 3),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 2026-02-30\n", 1),
        ("a: *nobody\n", 1),
        ("{[1]: 2}\n", 1),
        ("a: !!python/object:os.system x\n? {b: c}\n", 2),
        ("[" * 5000, 1),
        ("a: \x07\n", 1),
        ("a: !!int x\n", 1),
    ],
)
def test_what_is_not_yaml_says_where_and_raises_nothing(text, line):
    found = read_yaml(text)

    assert isinstance(found, Unreadable)
    assert found.line == line
    assert found.problem


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "text\n", "- 1\n"])
def test_a_file_without_a_mapping_is_an_empty_one(text):
    documents = read_yaml(text)

    assert not isinstance(documents, Unreadable)
    assert [dict(document.mapping) for document in documents] in ([], [{}])


def test_what_is_shared_is_walked_once():
    (document,) = read_yaml("a: &a {x: 1}\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n")

    assert sum(1 for path, _ in walk(document.data) if path and path[-1] == "x") == 1


def test_what_multiplies_without_end_is_refused():
    bomb = "".join(
        f"{name}: &{name} [{', '.join(['*' + prior] * 9)}]\n"
        for name, prior in zip("bcdefghijk", "abcdefghij", strict=True)
    )

    assert isinstance(read_yaml(f"a: &a [x]\n{bomb}"), Unreadable)
