"""What people get wrong in a project, and the step of its pull request that must say so."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.templates.real_tools import projects
from tests.templates.real_tools.toolbox import run

GATE: Final = {
    "online-serving": (
        ">= -rule.margin",
        ">= -1e9",
        "test_the_gate_refuses_a_version_that_is_worse_than_the_champion",
    ),
    "batch": (
        "own <= other * (1 - rule.margin)",
        "own <= other * 9",
        "test_the_gate_refuses_what_only_equals_the_champion",
    ),
    "streaming-recommendation": (
        "mine >= against - rule.margin",
        "mine >= -1e9",
        "test_the_gate_refuses_a_version_that_is_worse_than_the_champion",
    ),
}
FIRST_TOKEN: Final = "ghp_" + "F3kQ9wZr7LmX2vBn8TyU5sHd1JpGc6AeRoKi"


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        make: Puts it into a project.
        job: The job that must find it.
        step: The step that must fail, and no other.
        says: What its log must say, or be found to say by a pattern.
    """

    make: Callable[[Path], None]
    job: str
    step: str
    says: str

    @property
    def name(self) -> str:
        return self.make.__name__.replace("_", " ")


def replaced(path: Path, old: str, new: str, *, times: int = 1) -> None:
    """Put `new` where `old` stands, which must be there."""
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, times))


def module(project: Path, name: str) -> Path:
    return project / "src" / projects.package(project) / name


def added(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def only_test(project: Path, name: str, text: str = "") -> None:
    """Leave one test file, so that its failure need not be waited for."""
    for file in (project / "tests").glob("test_*.py"):
        if file.name != name:
            file.unlink()
    if text:
        (project / "tests" / name).write_text(text)


def no_lock_file(project: Path) -> None:
    (project / "uv.lock").unlink()


def a_dependency_that_is_not_locked(project: Path) -> None:
    replaced(project / "pyproject.toml", "dependencies = [\n", 'dependencies = [\n  "idna>=3",\n')


def a_committed_token(project: Path) -> None:
    added(module(project, "data.py"), f'\nTOKEN = "{FIRST_TOKEN}"\n')


def an_unused_import(project: Path) -> None:
    added(module(project, "features.py"), "\nimport fractions\n")


def a_bad_format(project: Path) -> None:
    added(module(project, "features.py"), "\nspaces  =  1\n")


def a_wrong_type(project: Path) -> None:
    added(module(project, "features.py"), '\n\nnumber: int = "text"\n')


def a_failing_test(project: Path) -> None:
    only_test(
        project, "test_broken.py", "def test_that_fails() -> None:\n    assert sum([1, 1]) == 3\n"
    )


def a_test_file_that_collects_nothing(project: Path) -> None:
    only_test(project, "test_nothing.py", "def check_something() -> None:\n    assert True\n")


def too_little_is_tested(project: Path) -> None:
    only_test(
        project, "test_little.py", "def test_that_passes() -> None:\n    assert sum([1, 1]) == 2\n"
    )


def a_threshold_below_the_platform_s(project: Path) -> None:
    too_little_is_tested(project)
    pyproject = project / "pyproject.toml"
    pyproject.write_text(re.sub(r"fail_under = \d+", "fail_under = 0", pyproject.read_text()))


def a_gate_that_lets_a_worse_model_pass(project: Path) -> None:
    old, new, test = GATE[archetype(project)]
    only_test(project, "test_training.py")
    replaced(module(project, "runtime/training.py"), old, new)
    replaced(project / "pyproject.toml", "[tool.pytest.ini_options]\n", _only(test))


def a_passport_that_lacks_a_field(project: Path) -> None:
    only_test(project, "test_training.py")
    replaced(module(project, "runtime/model.py"), "for name in REQUIRED if", "for name in REQUIRED[1:] if")
    test = "test_the_gate_refuses_a_passport_that_lacks_any_field"
    replaced(project / "pyproject.toml", "[tool.pytest.ini_options]\n", _only(test))


def _only(test: str) -> str:
    return f'[tool.pytest.ini_options]\npython_functions = ["{test}"]\n'


def a_cost_tag_that_is_gone(project: Path) -> None:
    file = project / "deploy/k8s/base/kustomization.yaml"
    file.write_text(re.sub(r"\n *\S+/cost-centre: [^\n]*", "", file.read_text()))


def a_secret_that_is_not_declared(project: Path) -> None:
    file = project / ".github/workflows/own.yml"
    file.write_text(
        "name: Own\non: push\npermissions: {}\njobs:\n  own:\n    runs-on: ubuntu-24.04\n"
        "    steps:\n      - run: make\n        env:\n"
        "          TOKEN: ${{ secrets.MY_OWN_TOKEN }}\n"
    )


def another_name(project: Path) -> None:
    run(
        "git", "remote", "set-url", "origin", "https://github.com/halden-retail/my-model",
        cwd=project,
    )  # fmt: skip


def a_pin_that_drifted(project: Path) -> None:
    file = project / ".github/workflows/deploy.yml"
    file.write_text(re.sub(r"@[0-9a-f]{40} # ci-v\d+", "@main", file.read_text(), count=1))


def a_manifest_with_an_unknown_field(project: Path) -> None:
    added(project / "deploy/k8s/base/kustomization.yaml", "resorces: []\n")


def a_Dockerfile_as_root(project: Path) -> None:  # noqa: N802 -- it is shown as a sentence
    added(project / "Dockerfile", "USER root\n")


def archetype(project: Path) -> str:
    """Return what a project's answers name."""
    answers = (project / ".copier-answers.yml").read_text()
    return str(re.search(r"^archetype: (\S+)$", answers, re.MULTILINE)[1])  # type: ignore[index]


FAULTS: Final = [
    Fault(no_lock_file, "python", "Lock file in sync", "uv.lock is missing: run 'uv lock'"),
    Fault(
        a_dependency_that_is_not_locked, "python", "Lock file in sync", "does not match pyproject"
    ),
    Fault(a_committed_token, "python", "Secret scan", "a file holds what looks like a secret"),
    Fault(an_unused_import, "python", "Lint", "fractions"),
    Fault(a_bad_format, "python", "Format", "would be reformatted"),
    Fault(a_wrong_type, "python", "Types", "Incompatible types in assignment"),
    Fault(a_failing_test, "python", "Tests", "FAILED tests/test_broken.py::test_that_fails"),
    Fault(a_test_file_that_collects_nothing, "python", "Tests", "no tests ran"),
    Fault(too_little_is_tested, "python", "Tests", "Required test coverage of"),
    Fault(
        a_threshold_below_the_platform_s, "python", "Tests", "the tests reach less than 80 %"
    ),
    Fault(
        a_gate_that_lets_a_worse_model_pass, "python", "Tests",
        "FAILED tests/test_training.py::test_the_gate_refuses",
    ),
    Fault(
        a_passport_that_lacks_a_field, "python", "Tests",
        "FAILED tests/test_training.py::test_the_gate_refuses_a_passport",
    ),
    Fault(a_cost_tag_that_is_gone, "policy", "Check it", "TAG101"),
    Fault(a_secret_that_is_not_declared, "policy", "Check it", "MY_OWN_TOKEN"),
    Fault(another_name, "policy", "Check it", "NAM006"),
    Fault(a_pin_that_drifted, "policy", "Check it", "PIN001"),
    Fault(a_manifest_with_an_unknown_field, "policy", "Check it", "DRF001"),
    Fault(a_Dockerfile_as_root, "image", "Lint the Dockerfile", "DL3002"),
]  # fmt: skip
