"""What a half-finished update leaves is a finding, until it is gone."""

import pytest

from modelwright.audit.checks.files import first_marker

MERGE = "<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> v0.2.0\n"
DIFF3 = "<<<<<<< yours\nmine\n||||||| 1234567\nold\n=======\ntheirs\n>>>>>>> v0.2.0\n"
UNNAMED = "<<<<<<<\nmine\n=======\ntheirs\n>>>>>>>\n"
NESTED = "<<<<<<< a\n<<<<<<<<< b\nx\n=========\ny\n>>>>>>>>> c\n=======\nz\n>>>>>>> d\n"
LARGER = "<<<<<<<<<<<< a\nx\n============\ny\n>>>>>>>>>>>> b\n"
FILES = (
    "README.md", ".github/CODEOWNERS", "docs/runbook.md", "Dockerfile", "config/model.toml",
    "notebooks/a.ipynb", "data.csv", "LICENSE", ".gitattributes", "deploy/deep/er.tpl", "uv.lock",
)  # fmt: skip


def rules(report):
    return {finding.rule for finding in report.failing}


@pytest.mark.parametrize("text", [MERGE, DIFF3, UNNAMED, NESTED, LARGER])
@pytest.mark.parametrize("before", ["", "one\ntwo\n"])
def test_a_conflict_is_found_at_its_first_line(text, before):
    assert first_marker((before + text).encode()) == before.count("\n") + 1


@pytest.mark.parametrize("encode", [
    lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: ("caf\u00e9\n" + text).encode("latin-1"),
    lambda text: text.encode("utf-16"),
    lambda text: text.removesuffix("\n").encode(),
])  # fmt: skip
def test_in_whatever_form_the_text_is_written(encode):
    assert first_marker(encode(DIFF3))


@pytest.mark.parametrize("left", ["<<<<<<< yours\nmine\n", "theirs\n>>>>>>> v0.2.0\n"])
def test_one_marker_that_was_forgotten_is_enough(left):
    assert first_marker(left.encode())


@pytest.mark.parametrize("text", [
    "Heading\n=======\n\ntext\n",
    "Heading\n<<<<<<<\n\n=======\n\ntext\n",
    "Heading\n>>>>>>>\n",
    "    <<<<<<< yours\n    =======\n    >>>>>>> theirs\n",
    ">>> print(1)\n1\n",
    "|||||||\n|---|\n",
    "x <<<<<<< y >>>>>>> z\n",
    "<<<<<<<<<<<<<<<< a banner\n",
    "",
])  # fmt: skip
def test_a_text_that_only_looks_a_little_alike_is_none(text):
    assert first_marker(text.encode()) == 0


@pytest.mark.parametrize("path", FILES)
def test_the_check_finds_it_in_a_file_of_any_kind(path, project, check):
    file = project / path
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text() if file.exists() else ""
    file.write_text(before + DIFF3)

    found = [each for each in check(project).failing if each.rule == "CFL001"]

    assert [each.where for each in found] == [f"{path}:{before.count(chr(10)) + 1}"]


@pytest.mark.parametrize("path", [
    "README.md.template", "Dockerfile.yours", "pyproject.toml.rej", "README.md.orig",
    "docs/x.yours", "README.md.template-2", "Dockerfile.yours-3",
])  # fmt: skip
def test_the_check_finds_what_was_put_beside_a_file(path, project, check):
    (project / path).write_text("old\n")

    assert "CFL002" in rules(check(project))


@pytest.mark.parametrize("path", ["config/nginx.conf.template", "data/origin.orig"])
def test_a_file_that_is_only_called_alike_is_none(path, project, check):
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text("a template of its own\n")

    assert "CFL002" not in rules(check(project))


def test_a_project_without_any_passes(project, check):
    assert {"CFL001", "CFL002"} <= set(check(project).passed)
