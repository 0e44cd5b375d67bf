"""The entries of a changelog are shown, in whatever form its versions' headings have."""

import pytest

from modelwright.update.changelog import sections_between

ENTRY = "- The old configuration is gone."
KEEP_A_CHANGELOG = """# Changelog

All notable changes are written here.

## [Unreleased]

### Added

- Not yet.

## {heading}

### Removed

{entry}

#### A longer story

More of it.

## {older}

### Added

- All of it.

[1.1.0]: https://example.com/compare/v1.0.0...v1.1.0
[1.0.0]: https://example.com/releases/v1.0.0
"""
HEADINGS = [
    ("[1.1.0] - 2026-02-01", "[1.0.0] - 2026-01-01"),
    ("1.1.0", "1.0.0"),
    ("v1.1.0", "v1.0.0"),
    ("[v1.1.0] - 2026-02-01", "[v1.0.0] - 2026-01-01"),
    ("[1.1.0](https://example.com/1.1.0) (2026-02-01)", "[1.0.0](https://example.com/1.0.0)"),
    ("v1.1.0 (2026-02-01)", "v1.0.0 (2026-01-01)"),
    ("Version 1.1.0", "Version 1.0.0"),
    ("[1.1.0] - 2026-02-01 [YANKED]", "[1.0.0]"),
    ("**1.1.0**", "**1.0.0**"),
    ("1.1.0:", "1.0.0:"),
]


@pytest.mark.parametrize(("heading", "older"), HEADINGS)
def test_the_entries_below_the_kinds_of_change_are_shown(heading, older):
    text = KEEP_A_CHANGELOG.format(heading=heading, older=older, entry=ENTRY)

    assert sections_between(text, "v1.0.0", "v1.1.0") == [
        f"## {heading}", "### Removed", ENTRY, "#### A longer story", "More of it.",
    ]  # fmt: skip


@pytest.mark.parametrize("tags", [("v1.0.0", "v1.2.0"), ("1.0.0", "1.2.0")])
def test_every_version_that_is_crossed_is_shown_and_no_other(tags):
    text = "".join(f"## [1.{n}.0]\n\n### Added\n\n- Entry {n}.\n\n" for n in (3, 2, 1, 0))

    shown = sections_between(text, *tags)

    assert [line for line in shown if line.startswith("- ")] == ["- Entry 2.", "- Entry 1."]


def test_a_heading_that_is_underlined_is_a_heading():
    text = "1.1.0\n-----\n\n### Fixed\n\n- It.\n\n1.0.0\n-----\n\n- Old.\n"

    assert sections_between(text, "v1.0.0", "v1.1.0") == ["1.1.0", "-----", "### Fixed", "- It."]


def test_what_stands_in_a_block_of_code_is_no_heading():
    text = "## 1.1.0\n\n```sh\n# 1.0.0\nrun\n```\n\n- It.\n\n## 1.0.0\n\n- Old.\n"

    assert sections_between(text, "v1.0.0", "v1.1.0")[-1] == "- It."
    assert "- Old." not in sections_between(text, "v1.0.0", "v1.1.0")


def test_a_version_below_a_version_belongs_to_it():
    text = "## 1.1.0\n\n### 0.9 of the library\n\n- It.\n\n## 1.0.0\n\n- Old.\n"

    assert sections_between(text, "v1.0.0", "v1.1.0") == [
        "## 1.1.0",
        "### 0.9 of the library",
        "- It.",
    ]


def test_changes_of_the_kinds_alone_come_after_forty_lines_no_more():
    text = "## 1.1.0\n\n### Added\n\n" + "- One.\n" * 60

    shown = sections_between(text, "v1.0.0", "v1.1.0")

    assert (len(shown), shown[-1]) == (41, "...")


def test_a_patch_may_have_a_smaller_heading_than_the_version_before_it():
    link = "(https://example.com/compare)"
    text = (
        f"# [1.1.0]{link} (2026-02-01)\n\n### Features\n\n- New.\n\n"
        f"## [1.0.1]{link} (2026-01-02)\n\n### Fixes\n\n- Old.\n\n# 1.0.0\n\n- First.\n"
    )

    shown = sections_between(text, "v1.0.1", "v1.1.0")

    assert [line for line in shown if line.startswith("- ")] == ["- New."]
