"""A template that could do harm is refused with the reason; with trust, still nothing is run."""

import pytest

from modelwright.errors import ExternalSystemError, RefusedError
from tests.adapters.copier.templates import template, version

pytestmark = pytest.mark.filterwarnings("ignore")

TASKS = "_tasks: ['touch ran', {command: [touch, ran2], when: false}]\nname: Ada\n"
MIGRATIONS = (
    "_migrations:\n- {version: v1.1.0, command: touch ran}\n"
    "- {version: v0.9.0, before: [touch earlier], after: []}\nname: Ada\n"
)
EXTENSION = "_jinja_extensions: [jinja2.ext.do]\nname: Ada\n"
FILES = {"a.jinja": "{{ name }}"}


def released(tmp_path, questions, *tags, files=None):
    for tag in tags or ("v1.0.0",):
        source = template(tmp_path / "template", tag, questions, files or FILES)
    return source


@pytest.mark.parametrize(
    ("questions", "reason"),
    [
        (TASKS, "the template needs trust: it has _tasks (touch ran; touch ran2)"),
        (EXTENSION, "the template needs trust: it has _jinja_extensions (jinja2.ext.do)"),
        ("_migrations: [touch ran]\n", "the template needs trust: it has _migrations (touch ran)"),
    ],
)
def test_a_template_that_needs_trust_is_refused_with_the_reason(tmp_path, questions, reason):
    source = released(tmp_path, questions)

    for work in (lambda v: v.answers({}, {}), lambda v: v.notes):
        with pytest.raises(RefusedError) as caught:
            work(version(source, project=tmp_path / "project"))
        assert caught.value.problem == reason
        assert "add --trust" in caught.value.next_step
        assert caught.value.where == f"{source} v1.0.0"


def test_with_trust_nothing_is_run_and_a_note_says_what(tmp_path):
    source = released(tmp_path, TASKS + "_migrations: [touch migrated]\n")
    project = tmp_path / "project"
    project.mkdir()
    trusting = version(source, project=project, trust=True)

    files = trusting.files(trusting.answers({}, {}))

    assert sorted(files) == [".copier-answers.yml", "a"]
    assert list(project.iterdir()) == []
    assert trusting.notes == [
        "not run, for an update only merges files: _tasks (touch ran; touch ran2)"
        f" of {source} v1.0.0",
        "not run, for an update only merges files: _migrations (touch migrated)"
        f" of {source} v1.0.0",
    ]


def test_with_trust_extensions_are_loaded(tmp_path):
    source = released(
        tmp_path, EXTENSION, files={"a.jinja": "{% set x = [] %}{% do x.append(name) %}{{ x }}"}
    )
    trusting = version(source, project=tmp_path / "project", trust=True)

    assert trusting.files(trusting.answers({}, {}))["a"].content == b"['Ada']"
    assert trusting.notes == []


def test_an_extension_that_is_not_installed_is_a_matter_of_the_surroundings(tmp_path):
    source = released(tmp_path, "_jinja_extensions: [nowhere.Extension]\nname: Ada\n")
    trusting = version(source, project=tmp_path / "project", trust=True)

    with pytest.raises(ExternalSystemError, match="nowhere") as caught:
        trusting.answers({}, {})

    assert "install the template's extensions" in caught.value.next_step


def test_only_migrations_between_the_two_versions_need_trust(tmp_path):
    source = released(tmp_path, MIGRATIONS, "v1.0.0", "v1.1.0", "v1.2.0")
    project = tmp_path / "project"

    assert version(source, "v1.2.0", project=project, since="v1.1.0").answers({}, {}).stored
    assert version(source, "v1.2.0", project=project, replay=True).answers({}, {}).stored
    with pytest.raises(RefusedError, match=r"_migrations \(touch ran\)"):
        version(source, "v1.2.0", project=project, since="v1.0.0").answers({}, {})
    with pytest.raises(RefusedError, match=r"_migrations \(touch ran; touch earlier\)"):
        version(source, "v1.2.0", project=project).answers({}, {})


def test_the_version_that_the_project_stands_at_needs_trust_for_tasks_too(tmp_path):
    source = released(tmp_path, TASKS)

    with pytest.raises(RefusedError, match="_tasks"):
        version(source, project=tmp_path / "project", replay=True).answers({}, {})


def test_a_source_that_copiers_own_settings_trust_needs_no_flag(tmp_path, monkeypatch):
    source = released(tmp_path, TASKS + EXTENSION.splitlines()[0] + "\n")
    settings = tmp_path / "settings.yml"
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))
    project = tmp_path / "project"

    settings.write_text(f"trust: ['{tmp_path}/']\n")
    trusted = version(source, project=project)
    assert trusted.files(trusted.answers({}, {}))["a"].content == b"Ada"
    settings.write_text("trust: ['https://elsewhere.example/']\n")
    with pytest.raises(RefusedError, match="needs trust"):
        version(source, project=project).answers({}, {})


@pytest.mark.parametrize("text", ["trust: [", "trust: 7\n"])
def test_settings_of_copier_that_cannot_be_read_are_named(tmp_path, monkeypatch, text):
    source = released(tmp_path, "name: Ada\n")
    settings = tmp_path / "settings.yml"
    settings.write_text(text)
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))

    with pytest.raises(ExternalSystemError, match="Copier's settings") as caught:
        version(source, project=tmp_path / "project").answers({}, {})

    assert "COPIER_SETTINGS_PATH" in caught.value.next_step
