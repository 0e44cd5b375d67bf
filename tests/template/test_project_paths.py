"""A template writes below the project, never into git's own folder and never through a link."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.errors import RefusedError
from modelwright.template.project_paths import path_fault, refuse_links, refuse_paths

HARMLESS = [
    *("README.md", "src/fraud_scoring/__init__.py", ".github/workflows/ci.yml", ".gitignore"),
    *(".gitattributes", ".git-blame-ignore-revs", "a.git", "git", "git~", ".gitx/config", "~/x"),
    *("docs/größe.md", "a b/c", ".env.example", "..a", "a..", "x.git/y", "C/D", "digit~1"),
]
GIT = [
    *(".git", ".GIT", ".Git", ".git ", ".git.", ".git. .", ".git::$INDEX_ALLOCATION", ".git:x"),
    *(
        "git~1",
        "GIT~1",
        "GIT~12",
        "git~1 .",
        ".g\u200cit",
        "\u200e.git",
        ".gi\ufefft",
        ".g\u202eit",
    ),
    *(".git\u2064", "\uff0egit", ".\uff27\uff29\uff34", "\u2024git", ".g\u00adit"),
]


@pytest.mark.parametrize("path", HARMLESS)
def test_a_harmless_path_is_written(path):
    assert path_fault(path) == ""
    refuse_paths([path])


@pytest.mark.parametrize("name", GIT)
@pytest.mark.parametrize("form", ["{}", "{}/config", "{}/hooks/pre-commit", "sub/{}", "a/{}/b"])
def test_gits_own_folder_is_not(name, form):
    with pytest.raises(RefusedError, match="git"):
        refuse_paths([form.format(name)])


@pytest.mark.parametrize(
    "path",
    [
        *("", "/etc/passwd", "//host/share", "..", "../x", "a/../x", "a/..", "./x", "a//b", "a/"),
        *("C:/x", "c:x", "..\\x", "a\\b", "\\x", "a\0b", "a\nb", "a/... /b", ".. /x", "a/. ./b"),
        *("..\u200b/x", "\u200e../x", "a\ud800b"),
    ],
)
def test_what_leads_out_is_not(path):
    with pytest.raises(RefusedError):
        refuse_paths(["README.md", path])


@given(st.text(max_size=12), st.text(max_size=12))
def test_whatever_is_not_refused_stands_below_the_project(one, other):
    path = f"{one}/{other}"
    if not path_fault(path):
        place = os.path.normpath(os.path.join("/home/her/project", path))  # noqa: PTH118
        assert place.startswith("/home/her/project/")
        assert ".git" not in place.lower().split("/")


@pytest.mark.parametrize(
    ("paths", "links"),
    [
        (["a", "a/b"], ["a"]),
        (["docs/link", "docs/link/deep/x"], ["docs/link"]),
        (["Data", "data/x"], ["Data"]),
        (["a", "a/b"], []),
        (["README", "readme/x"], []),
        (["HEAD", "objects/info/x", "refs/heads/main", "config"], []),
        (["sub/HEAD", "sub/commondir"], []),
    ],
)
def test_paths_that_meet_are_refused(paths, links):
    with pytest.raises(RefusedError):
        refuse_paths(paths, links=links)


@pytest.mark.parametrize(
    "links",
    [
        {"a": "/etc/passwd"},
        {"a": ".."},
        {"a": "../x"},
        {"d/a": "../../x"},
        {"a": ".git/config"},
        {"a": ".GIT/hooks"},
        {"a": "sub/git~1"},
        {"a": "C:/x"},
        {"a": "..\\x"},
        {"a": "b", "b": "../x"},
        {"a": "b", "b": "a"},
        {"a": "a"},
        {"d/e/root": "../..", "d/out": "e/root/../x"},
        {"root": ".", "out": "root/../x"},
        {"Root": ".", "out": "root/../x"},
    ],
)
def test_a_link_out_of_the_project_is_refused(links):
    with pytest.raises(RefusedError, match="link"):
        refuse_links(links)


@pytest.mark.parametrize(
    "links",
    [
        {"a": "b"},
        {"d/a": "../b"},
        {"a": "nowhere/yet"},
        {"a": "."},
        {"d/a": ".."},
        {"a": "b/c", "b": "d"},
    ],
)
def test_a_link_inside_is_written(links):
    refuse_links(links)
