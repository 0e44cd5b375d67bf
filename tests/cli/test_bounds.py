"""What would take for ever, or all memory, is refused within seconds, and nothing is written."""

import json
import subprocess
import sys
import time

import pytest

from modelwright.errors import RefusedError
from modelwright.policy.faults import PolicyError
from modelwright.policy.resource_limits import with_resource_limits
from modelwright.policy.yaml_reader import (
    Unreadable,
    alias_problem,
    read_document,
    read_yaml,
    size_problem,
)
from modelwright.template.platform import parse_platform_record
from tests.cli.test_hostile_platform import PLACE
from tests.platforms import platform_copy

LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
DEEP = "x: " + "[" * 200_000 + "]" * 200_000 + "\n"
DASHES = "x:\n  " + "- " * 100_000 + "y\n"
LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Run a command in a process of its own, which must refuse within a minute."""

    def refuse(*arguments, code=3):
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "modelwright", *map(str, arguments)],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "next: " in done.stderr
        assert time.monotonic() - begun < 60
        return done.stderr

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return refuse


NEW = ("new", "online-serving", "--defaults", "--no-git", "--no-lock", "--into", "into")


@pytest.mark.parametrize(
    "text",
    [
        LOOPS,
        "{{ 'x' * 10**10 }}",
        "{% set s = 'xxxxxxxx' %}" + "{% set s = s ~ s ~ s ~ s ~ s ~ s ~ s ~ s %}" * 12 + "{{ s }}",
        "{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab' | regex_search('(a+)+$') }}",
        "{{ (9 ** (9 ** 9)) % 7 }}",
        "{{ '%0999999999999d' % 1 }}",
        "{{ [1] * 10 ** 10 }}",
        "{{ range(10 ** 12) | list }}",
    ],
)
@pytest.mark.parametrize("where", ["file", "question"])
def test_a_template_without_an_end(refused, tmp_path, text, where):
    platform = platform_copy(tmp_path / "platform")
    if where == "file":
        (platform / PLACE / "endless.txt").write_text(text)
    else:
        questions = platform / "copier.yml"
        added = f"---\nendless:\n  type: str\n  default: {json.dumps(text)}\n  when: false\n"
        questions.write_text(f"{questions.read_text()}\n{added}")

    refused(*NEW, "--platform", platform)

    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize("text", [LAUGHS, DEEP, DASHES], ids=["laughs", "deep", "dashes"])
@pytest.mark.parametrize(
    "where", ["--data-file", "platform.yml", "copier.yml", "archetype", "json"]
)
def test_yaml_that_stands_for_more_than_it_holds(refused, tmp_path, text, where):
    platform = platform_copy(tmp_path / "platform")
    more = ("--platform", platform)
    match where:
        case "--data-file":
            (tmp_path / "data.yml").write_text(f"{text}team: norda-fraud\n")
            more = ("--data-file", tmp_path / "data.yml")
        case "platform.yml":
            (platform / "platform.yml").write_text(text)
            refused("platform", "check", platform)
        case "copier.yml":
            (platform / "copier.yml").write_text(f"{(platform / 'copier.yml').read_text()}\n{text}")
        case "archetype":
            place = platform / "templates/online-serving/archetype.yml"
            place.write_text(f"{place.read_text()}\n{text}")
        case _:
            (platform / "templates/_shared/policy.json").write_text('{"a":' * 200_000)

    refused(*NEW, *more)

    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize("text", [LAUGHS, DEEP, DASHES], ids=["laughs", "deep", "dashes"])
@pytest.mark.parametrize("command", ["status", "update"])
def test_an_answers_file_of_a_project(refused, tmp_path, text, command):
    project = tmp_path / "project"
    project.mkdir()
    (project / ".copier-answers.yml").write_text(f"_src_path: x\n_commit: v1\n{text}")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "x"]):
        subprocess.run(["git", *words], cwd=project, check=True)

    refused(command, project)


UNFIT = [
    '!!int ""',
    '!!float ""',
    "!!bool x",
    "!!timestamp x",
    f"1:{'00:' * 200}00.0",
    "2020-99-99",
]
ENDLESS = [f"0x{'f' * 6000}", f"1:{'00:' * 4000}00"]


@pytest.mark.parametrize(
    ("value", "code"), [(one, 2) for one in UNFIT] + [(one, 3) for one in ENDLESS], ids=range(8)
)
def test_an_answer_that_its_tag_does_not_fit(refused, tmp_path, value, code):
    (tmp_path / "data.yml").write_text(f"use_case: {value}\nteam: norda-fraud\n")

    refused(*NEW, "--data-file", tmp_path / "data.yml", code=code)

    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize("value", [*UNFIT, *ENDLESS], ids=range(8))
def test_a_value_of_a_project_that_its_tag_does_not_fit(value):
    text = f"team: {value}\n"

    assert isinstance(read_yaml(text), Unreadable)
    with pytest.raises(PolicyError):
        read_document(text, "platform.yml")
    with pytest.raises(RefusedError):
        parse_platform_record(f"source: x\nversion: {value}\n")


def test_texts_that_people_write_are_read():
    rows = "\n".join(f"- {{a: [1, 2, {{b: [c]}}], d: '[[[' }} # {n}" for n in range(100))

    assert size_problem(rows) == ""
    assert size_problem("[" * 400 + "]" * 400) == ""
    assert alias_problem("&a *a", [[1, 2]] * 1000) == ""


def test_a_programs_memory_is_not_bounded_by_ours(tmp_path):
    import resource

    from modelwright.adapters.system.process import run

    code = "import resource; print(resource.getrlimit(resource.RLIMIT_DATA))"
    usual = resource.getrlimit(resource.RLIMIT_DATA)

    with with_resource_limits("a test"):
        assert resource.getrlimit(resource.RLIMIT_DATA) != usual
        assert run((sys.executable, "-c", code), folder=tmp_path).strip() == str(usual)

    assert resource.getrlimit(resource.RLIMIT_DATA) == usual
