"""Old and new version are rendered as stock `copier update` renders them for its own merge."""

import os
import stat
import subprocess
from pathlib import Path

import copier
import pytest
from copier._main import Worker

from modelwright.adapters.copier import copier_version
from modelwright.adapters.copier.checkout import _CHECKOUTS
from modelwright.adapters.git.history import GitHistory
from modelwright.adapters.sources.histories import git_directory
from tests.adapters.copier.templates import copied, on_disk, stored_in, template, version
from tests.platforms import git

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def renders(monkeypatch):
    """What stock `copier update` rendered aside: the old version, then the new one."""
    seen = []
    original = vars(Worker)["_git_initialize_repo"]

    def watched(worker):
        seen.append(on_disk(Path.cwd()))
        original(worker)

    monkeypatch.setattr(Worker, "_git_initialize_repo", watched)
    return seen


def committed(project):
    git(project, "init", "--quiet")
    git(project, "add", "--all", "--force")
    git(project, "commit", "--quiet", "--message", "chore: keep")


OLD = (
    "_exclude: ['copier.yml', '.git',"
    " \"{% if _copier_operation == 'update' %}hers.py{% endif %}\"]\n"
    "_skip_if_exists: ['CHANGELOG.md', '{{ name }}/local/']\n"
    "name: {type: str, default: Ada}\nkind: {type: str, choices: [a, b], default: a}\n"
    "key: {type: str, secret: true, default: none}\n"
    "port: {type: int, default: 80, when: \"{{ kind == 'b' }}\"}\n"
    "gone: {type: str, default: g}\nup: {type: str, when: false, default: '{{ name|upper }}'}\n"
)
NEW = (
    "_exclude: ['copier.yml', '.git', 'kept.txt', '{% if name == \"Grace\" %}grace/{% endif %}']\n"
    "_skip_if_exists: ['CHANGELOG.md']\n"
    "up: {type: str, when: false, default: '{{ name }}?'}\n"
    "name: {type: str, default: Bea}\nkind: {type: str, choices: [b, c], default: c}\n"
    "fresh: {type: yaml, default: [1, 2]}\nkey: {type: str, secret: true, default: nil}\n"
)
FILES = {
    "a.jinja": "{{ name }} {{ kind }} {{ key }} {{ port }} {{ gone }} {{ up }} {{ fresh }}\n",
    "hers.py": "mine\n", "kept.txt": "kept\n", "CHANGELOG.md": "log\n", "grace/x": "x\n",
    "{{ name }}/local/deep/y": "y\n",
}  # fmt: skip


@pytest.fixture
def project(tmp_path):
    source = template(tmp_path / "template", "v1.0.0", OLD, FILES)
    made = tmp_path / "project"
    copied(source, made, data={"name": "Grace", "kind": "b", "port": 8080, "key": "k"})
    template(source, "v1.1.0", NEW, {**FILES, "new.jinja": "{{ name }}"})
    committed(made)
    return made


def both(project):
    source = project.parent / "template"
    old = version(source, "v1.0.0", project=project, replay=True)
    new = version(source, "v1.1.0", project=project, since="v1.0.0")
    stored = stored_in(project)
    return old, old.answers(stored, {}), new, new.answers(stored, {})


def test_both_renders_are_those_of_stock_update(project, renders):
    old, old_answers, new, new_answers = both(project)
    base = old.files(old_answers)
    for path in new.left_out(base, old_answers, new_answers):
        del base[path]

    copier.run_update(str(project), defaults=True, overwrite=True, quiet=True)

    assert base == renders[0]
    assert new.files(new_answers) == renders[1]
    assert base["a"].content == b"Grace b none 8080 g GRACE \n"
    assert {"hers.py", "kept.txt", "grace/x"}.isdisjoint(base)


def test_what_is_switched_off_by_an_answer_is_not_left_out(tmp_path, renders):
    questions = "_exclude: ['copier.yml', '.git', '{% if not docker %}Dockerfile{% endif %}']\n"
    source = template(
        tmp_path / "template", "v1.0.0", questions + "docker: true\n", {"Dockerfile": "x"}
    )
    project = tmp_path / "project"
    copied(source, project)
    committed(project)
    template(source, "v1.1.0", questions + "docker: true\n", {"Dockerfile": "y"})
    old, old_answers, new, _ = both(project)
    new_answers = new.answers(stored_in(project), {"docker": "false"})

    copier.run_update(
        str(project), data={"docker": False}, defaults=True, overwrite=True, quiet=True
    )

    assert new.left_out(old.files(old_answers), old_answers, new_answers) == set()
    assert old.files(old_answers) == renders[0]
    assert new.files(new_answers) == renders[1]


def test_patterns_count_in_their_order(tmp_path):
    exclude = "_exclude: ['copier.yml', \"*.bak\\n!keep.bak\", '!also.bak']\n"
    source = template(tmp_path / "template", questions=exclude + "a: 1\n")
    each = version(source, project=tmp_path / "project")
    answers = each.answers({}, {})

    left_out = each.left_out(["a.bak", "deep/b.bak", "keep.bak", "also.bak"], answers, answers)

    assert left_out == {"a.bak", "deep/b.bak"}


def test_no_more_checkouts_are_kept_than_are_worked_with(tmp_path):
    for number in range(40):
        source = template(tmp_path / "template", f"v1.{number}.0", f"a: {number}\n")
    first = version(source, "v1.0.0", project=tmp_path / "project")
    assert first.answers({}, {}).values == {"a": 0}
    for number in range(40):
        version(source, f"v1.{number}.0", project=tmp_path / "project").answers({}, {})

    assert sorted(first.files(first.answers({}, {}))) == [".copier-answers.yml"]
    assert len(_CHECKOUTS) <= 32


def test_files_that_are_left_alone_are_named_by_their_paths(project):
    old, old_answers, new, new_answers = both(project)

    assert old.skipped(old_answers) == ["CHANGELOG.md", "Grace/local/deep/y"]
    assert new.skipped(new_answers) == ["CHANGELOG.md"]


def test_a_project_whose_answers_file_has_another_name_keeps_it(tmp_path, renders):
    source = template(tmp_path / "template", "v1.0.0", "a: 1\n", {"a.jinja": "{{ a }}"})
    project = tmp_path / "project"
    copied(source, project, answers_file=".copier-answers.part.yml", data={"a": 7})
    committed(project)
    template(source, "v1.1.0", "_answers_file: .other.yml\na: 1\nb: 2\n", {"a.jinja": "{{ b }}"})
    stored = stored_in(project, ".copier-answers.part.yml")
    options = {"project": project, "answers_file": ".copier-answers.part.yml"}
    old = version(source, "v1.0.0", replay=True, **options)
    new = version(source, "v1.1.0", **options)

    copier.run_update(
        str(project), answers_file=".copier-answers.part.yml", defaults=True, overwrite=True,
        quiet=True,
    )  # fmt: skip

    assert old.files(old.answers(stored, {})) == renders[0]
    assert new.files(new.answers(stored, {})) == renders[1]
    assert ".copier-answers.part.yml" in renders[1]


def test_only_the_wanted_files_are_returned(project):
    _, _, new, answers = both(project)

    assert set(new.files(answers, {"a", "nowhere"})) == {"a"}


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """The git commands that are run, one line each; none of them reaches a host."""
    log = tmp_path / "calls"
    log.touch()
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout
    shim = tmp_path / "bin" / "git"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {real.strip()} "$@"\n')
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "none")
    return lambda: [line for line in log.read_text().splitlines() if "cat-file" not in line]


def elsewhere(folder, source):
    return GitHistory(source=source, origin="the cache", folder=git_directory(folder))


def test_no_host_is_contacted_and_the_source_stays(project, calls):
    url = "https://templates.invalid/acme/template.git"
    history = elsewhere(project.parent / "template", url)

    for name, replay in (("v1.0.0", True), ("v1.1.0", False)):
        each = copier_version(history, name, project=project, replay=replay)
        files = each.files(each.answers(stored_in(project), {}))
        assert f"_src_path: {url}\n".encode() in files[".copier-answers.yml"].content

    assert not [line for line in calls() if "templates.invalid" in line or "fetch" in line]


def test_a_tag_is_checked_out_once_for_all_projects(project, calls):
    history = elsewhere(project.parent / "template", "gh:acme/template")

    for place in ("one", "two", "three"):
        for name in ("v1.0.0", "v1.1.0"):
            each = copier_version(history, name, project=project.parent / place)
            assert each.files(each.answers({"kind": "b"}, {}))

    commands = [line.split()[0].partition("=")[0] for line in calls()]
    assert sorted(commands) == ["--git-dir", "init", "init", "read-tree", "read-tree"]


def test_a_commit_after_a_release_is_named_as_git_describes_it(project):
    source = project.parent / "template"
    git(source, "commit", "--quiet", "--allow-empty", "--message", "feat: on")
    described = git(source, "describe", "--tags").strip()

    for name in ("main", described, git(source, "rev-parse", "main").strip()):
        assert version(source, name, project=project).name == described


def test_a_moving_tag_on_a_release_is_not_written(project):
    source = project.parent / "template"
    git(source, "tag", "--annotate", "--message", "moves", "stable", "v1.1.0")

    assert version(source, "v1.1.0", project=project).name == "v1.1.0"


def test_a_bare_repository_and_a_linked_work_tree_serve_as_well(project, tmp_path):
    source = project.parent / "template"
    git(tmp_path, "clone", "--quiet", "--bare", str(source), "bare.git")
    git(source, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    expected = version(source, "v1.1.0", project=project, source="s")
    answers = expected.answers(stored_in(project), {})

    for place in (tmp_path / "bare.git", tmp_path / "linked"):
        each = version(place, "v1.1.0", project=project, source="s")
        assert each.files(answers) == expected.files(answers)


def test_the_templates_own_configuration_of_git_runs_nothing(project):
    source = project.parent / "template"
    (source / ".gitattributes").write_text("*.txt filter=evil\n")
    (source / "x.txt").write_text("x")
    git(source, "add", "--all")
    git(source, "commit", "--quiet", "--message", "feat: a filter")
    git(source, "tag", "v1.2.0")
    git(source, "config", "filter.evil.smudge", f"touch {source.parent}/ran; cat")
    git(source, "config", "core.hooksPath", str(source.parent / "hooks"))
    hook = source.parent / "hooks" / "post-checkout"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {source.parent}/ran\n")
    hook.chmod(0o755)
    each = version(source, "v1.2.0", project=project)

    assert each.files(each.answers({"kind": "b"}, {}))["x.txt"].content == b"x"
    assert not (source.parent / "ran").exists()


def test_the_ends_of_lines_that_git_attributes_want_are_kept(tmp_path):
    source = template(
        tmp_path / "template", questions="a: 1\n",
        files={".gitattributes": "*.bat text eol=crlf\n", "go.bat": "a\nb\n"},
    )  # fmt: skip
    each = version(source, project=tmp_path / "project")
    files = each.files(each.answers({}, {}))

    assert files == copied(source, tmp_path / "project")
    assert files["go.bat"].content == b"a\r\nb\r\n"


def test_a_project_is_neither_read_nor_written_beyond_its_name_and_data(project):
    before = on_disk(project)
    _, _, new, answers = both(project)
    project.chmod(0o500)

    new.files(answers)

    project.chmod(0o700)
    assert on_disk(project) == before
