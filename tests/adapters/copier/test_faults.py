"""Whatever is wrong with a template or the machine becomes one error with a next step."""

import subprocess

import pytest

from modelwright.errors import ExternalSystemError, ModelwrightError, RefusedError
from tests.adapters.copier.templates import template, version
from tests.platforms import git

pytestmark = pytest.mark.filterwarnings("ignore")

FAULTS = {
    "no YAML": ("a: [\n", {}, "copier.yml is no YAML"),
    "a list": ("- a\n", {}, "does not render"),
    "two files of questions": ("a: 1\n", {"copier.yaml": "a: 1\n"}, "copier.yaml"),
    "an unknown type": ("a: {type: colour, default: x}\n", {}, 'Unsupported type "colour"'),
    "a choice without a value": ("a: {choices: {x: {validator: ''}}, default: x}\n", {}, "value"),
    "a name that is not there": (
        "_envops: {undefined: jinja2.StrictUndefined}\na: 1\n",
        {"b.jinja": "{{ c }}"},
        "'c' is undefined (b.jinja)",
    ),
    "a text that is no template": ("a: 1\n", {"b.jinja": "x\n{% if %}"}, "b.jinja"),
    "a question that is no template": ("a: {default: '{% if %}'}\n", {}, "(question a)"),
    "a division by zero": ("a: 1\n", {"b.jinja": "{{ 1 // 0 }}"}, "division"),
    "a name that is no template": ("a: 1\n", {"{{ b.txt": "x"}, "Error rendering template path"),
    "a loop in a file": (
        "a: 1\n",
        {"b.jinja": "{% yield x from [1] %}{% endyield %}"},
        "contains a yield tag",
    ),
    "a file that is no text": ("a: 1\n", {"b.jinja": b"\xff\xfe{{ a }}"}, "b.jinja"),
    "a subfolder outside": ("_subdirectory: ..\na: 1\n", {}, "is forbidden"),
    "a link that leads outside": (
        "a: 1\n",
        {"b.txt": ("link", "/etc/hostname")},
        '"b.txt" is forbidden',
    ),
    "a path that leads outside": ("a: '..'\n", {"{{ a }}/b.txt": "x"}, "is forbidden"),
    "an include that is not there": ("a: 1\n", {"b.jinja": "{% include 'c' %}"}, "no c (b.jinja)"),
    "an unsafe expression": (
        "a: 1\n",
        {"b.jinja": "{{ ''.__class__.__mro__[1].__subclasses__() }}"},
        "unsafe",
    ),
    "an unknown undefined": (
        "_envops: {undefined: os.system}\na: 1\n", {"b.jinja": "x"}, "envops.undefined"
    ),
    "a question with a name of Copier's": ("now: 1\n", {}, "Invalid question name"),
    "a secret without default": ("a: {type: str, secret: true}\n", {}, "requires a default"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_template_is_told_in_one_sentence(fault, tmp_path, capfd):
    questions, files, said = FAULTS[fault]
    source = template(tmp_path / "template", questions=questions, files=files, keep_answers=False)
    faulty = version(source, project=tmp_path / "project")

    with pytest.raises(ModelwrightError) as caught:
        faulty.files(faulty.answers({}, {}))

    error = caught.value
    assert error.exit_code == 3
    assert said in error.problem
    assert "\n" not in error.problem
    assert error.where == f"{source} v1.0.0"
    assert "tell the owner of the template" in error.next_step
    assert capfd.readouterr() == ("", "")


def test_a_template_for_a_newer_copier_says_so(tmp_path):
    source = template(tmp_path / "template", questions="_min_copier_version: '99.1'\na: 1\n")

    with pytest.raises(ExternalSystemError) as caught:
        version(source, project=tmp_path / "project").answers({}, {})

    assert "requires Copier version >= 99.1" in caught.value.problem
    assert caught.value.next_step == "pip install --upgrade copier, beside modelwright"


def test_a_version_that_is_not_there_is_refused(tmp_path):
    source = template(tmp_path / "template", questions="a: 1\n")

    with pytest.raises(RefusedError, match=r"no version 'v9\.0\.0'") as caught:
        version(source, "v9.0.0", project=tmp_path / "project").answers({}, {})

    assert "v1.0.0" in caught.value.next_step


def test_a_template_with_another_repository_in_its_files_is_refused(tmp_path):
    part = template(tmp_path / "part", questions="")
    source = template(tmp_path / "template", questions="_subdirectory: project\na: 1\n",
                      files={"project/a.txt": "a"})  # fmt: skip
    add = ("git", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add")
    subprocess.run([*add, str(part), "docs/theme"], cwd=source, check=True, capture_output=True)
    git(source, "commit", "--quiet", "--message", "feat: beside")
    git(source, "tag", "v1.1.0")
    beside = version(source, "v1.1.0", project=tmp_path / "project")
    assert sorted(beside.files(beside.answers({}, {}))) == ["a.txt"]
    subprocess.run([*add, str(part), "project/part"], cwd=source, check=True, capture_output=True)
    git(source, "commit", "--quiet", "--message", "feat: inside")
    git(source, "tag", "v1.2.0")
    inside = version(source, "v1.2.0", project=tmp_path / "project")

    with pytest.raises(RefusedError, match="project/part") as caught:
        inside.files(inside.answers({}, {}))

    assert "copier update" in caught.value.next_step


def test_a_full_disk_is_a_matter_of_the_surroundings(tmp_path, monkeypatch):
    source = template(tmp_path / "template", questions="a: 1\n")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))

    with pytest.raises(ExternalSystemError, match="no space for the template"):
        version(source, project=tmp_path / "project").answers({}, {})


def test_a_file_that_cannot_be_written_is_a_matter_of_the_surroundings(tmp_path):
    source = template(tmp_path / "template", questions=f"a: {'x' * 300}\n",
                      files={"{{ a }}.txt": "x"})  # fmt: skip
    long = version(source, project=tmp_path / "project")

    with pytest.raises(ExternalSystemError, match="File name too long"):
        long.files(long.answers({}, {}))
