"""Cookiecutter's hook refuses what the policy refuses, and nothing that enters it is run."""

import subprocess
import sys

import pytest
from cookiecutter.exceptions import FailedHookException
from cookiecutter.main import cookiecutter

from tests.policies import ROOT, plain
from tests.policy.doors import cookiecutter_template

HOSTILE = [
    """it's "quoted" \\ and `ticked`""",
    "$(touch ../pwned) ; touch ../pwned",
    'x")\nimport os; os.system("touch ../pwned"); ("',
    "\u200fright to left \U0001f600 \ud55c\uae00",
    "${{ github.token }}".replace("{{", "{ {"),
    "'''\"\"\"#",
    "a\\u0022b\\n",
    "</script><!-- & -->",
]


@pytest.fixture
def bake(tmp_path):
    template = cookiecutter_template(tmp_path / "platform", plain())
    made = tmp_path / "made"
    made.mkdir()

    def run(**answers):
        cookiecutter(str(template), no_input=True, extra_context=answers, output_dir=str(made))
        return made

    run.made = made
    return run


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_arrives_as_it_is_or_is_refused_by_name(bake, text, capfd):
    if "\n" in text:
        with pytest.raises(FailedHookException):
            bake(description=text)
        assert "TXT001: description contains LINE FEED (U+000A)" in capfd.readouterr().err
    else:
        (file,) = bake(description=text).rglob("name.txt")
        assert file.read_text(encoding="utf-8") == f"fraud-scoring: {text}\n"
    assert not list(bake.made.parent.rglob("pwned"))


@pytest.mark.parametrize(
    ("answers", "problem", "next_step"),
    [
        (
            {"team": "norda-frod"},
            "ANS001: team 'norda-frod' is not one of the policy's",
            "choose 'norda-fraud'",
        ),
        (
            {"brand": "nordda"},
            "ANS001: brand 'nordda' is not one of the policy's",
            "choose 'norda'",
        ),
        (
            {"brand": "velora"},
            "ANS003: team 'norda-fraud' does not work for brand 'velora'",
            "choose 'norda'",
        ),
        (
            {"personal_data": "some"},
            "ANS001: personal_data 'some' is not one of the policy's",
            "choose 'none' or 'pseudonymous' or 'personal'",
        ),
        (
            {"description": ""},
            "TXT002: description is empty",
            "say in one line what it does",
        ),
        (
            {"repo_name": "mine"},
            "ANS004: repo_name 'mine' is not 'norda-fraud-scoring-serve', which the answers give",
            "leave repo_name out",
        ),
        (
            {"package_name": "os"},
            "ANS004: package_name 'os' is not 'fraud_scoring', which the answers give",
            "leave package_name out",
        ),
    ],
)
def test_a_wrong_answer_stops_with_one_error_and_its_next_step(
    bake, answers, problem, next_step, capfd
):
    with pytest.raises(FailedHookException):
        bake(**answers)

    assert capfd.readouterr().err.startswith(f"error: {problem}\n  next: {next_step}\n")
    assert list(bake.made.iterdir()) == []


def test_several_wrong_answers_are_named_at_once(bake, capfd):
    with pytest.raises(FailedHookException):
        bake(use_case="json", description="x" * 351)

    error = capfd.readouterr().err
    assert "error: NAM004: " in error
    assert "error: TXT003: description has 351 characters" in error


def test_a_template_without_its_platform_says_so(bake, tmp_path, capfd):
    (tmp_path / "platform" / "generator").unlink()

    with pytest.raises(FailedHookException):
        bake()

    error = capfd.readouterr().err
    assert "error: the rules are not found in" in error
    assert "  next: use a whole clone of the platform's repository" in error


def test_the_hook_needs_no_installed_package():
    rules = "import modelwright.policy.answers, modelwright.errors, sys; print(len(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-S", "-c", rules],
        env={"PYTHONPATH": str(ROOT / "generator"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
