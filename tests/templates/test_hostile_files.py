"""What a workflow reads out of a project's files reaches an output only in its own form."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.templates.real_tools.workflows import ACTIONS, REUSABLE

ROOT = Path(__file__).parents[2]
REGISTRY = "100000000021.dkr.ecr.eu-central-1.amazonaws.com/ml"
# Each step that takes something out of a project's file, with the file and the line that it takes.
READERS = {
    "build-image.yml": [
        ("Read what the image is called and its labels say", "project.yaml", "id: {}"),
        ("Read what the image is called and its labels say", ".copier-answers.yml", "_commit: {}"),
        ("Read what the image is called and its labels say", "pyproject.toml", 'version = "{}"'),
    ],
    "deploy-kubernetes.yml": [
        ("Read what is deployed, and where to", "project.yaml", "id: {}"),
        (
            "Read what is deployed, and where to",
            "deploy/k8s/base/kustomization.yaml",
            "namespace: {}",
        ),
    ],
    "deploy-databricks.yml": [
        (
            "The monitor, once there is something to watch",
            "resources/monitor.yml",
            "      table_name: ${{bundle.target}}.{}",
        ),
    ],
    "move-model": [
        ("Move the alias", "project.yaml", "  - name: {}"),
        ("Move the alias", "project.yaml", 'brand: "{}"'),
    ],
}
HOSTILE = [
    "image=evil.example/ml/x",
    "good{again}image=evil.example",
    "$(touch stolen)",
    "`touch stolen`",
    "x; touch stolen",
    "::set-output name=image::evil.example",
    "../../other",
    "-rf",
    "a b",
    "x\\nimage=evil.example",
    "\u202egood",
    "x" * 5000,
]
STUB = '#!/bin/sh\necho "$0 $*" >> "{}"\n'


def steps(name):
    if name.endswith(".yml"):
        jobs = yaml.safe_load((REUSABLE / name).read_text())["jobs"].values()
        return [step for job in jobs for step in job["steps"]]
    return yaml.safe_load((ACTIONS / name / "action.yml").read_text())["runs"]["steps"]


def run_of(name, title):
    return next(step["run"] for step in steps(name) if step["name"] == title)


@pytest.fixture
def project(tmp_path):
    """An example, with its Databricks files, and tools that only say that they were called."""
    folder = shutil.copytree(ROOT / "examples/online-serving", tmp_path / "project")
    monitor = folder / "resources/monitor.yml"
    monitor.parent.mkdir(exist_ok=True)
    monitor.write_text("      table_name: ${bundle.target}.norda_fraud.scores\n")
    (tmp_path / "bin").mkdir()
    for tool in ("databricks", "kubectl", "docker"):
        stub = tmp_path / "bin" / tool
        stub.write_text(STUB.format(tmp_path / "called"))
        stub.chmod(0o755)
    (tmp_path / "runner").mkdir()
    (tmp_path / "runner/identity").write_text("")
    return folder


def run(project, script, **env):
    place = project.parent
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=project, capture_output=True, text=True, check=False,
        env={
            **os.environ, "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_OUTPUT": str(place / "output"), "GITHUB_ENV": str(place / "environment"),
            "GITHUB_STEP_SUMMARY": str(place / "summary"), "RUNNER_TEMP": str(place / "runner"),
            "REGISTRY": REGISTRY, "TARGET": "dev", "PREFIX": "FRAUD", "VERB": "rollback",
            "REASON": "why", "VERSION": "", "GITHUB_ACTOR": "ada", **env,
        },
    )  # fmt: skip


def write(project, file, line, value):
    """Replace the line that a step reads, or add it."""
    path = project / file
    key = line.partition("{")[0].partition("$")[0]
    kept = [text for text in path.read_text().splitlines() if not text.startswith(key)]
    place = kept.index("[project]") + 1 if file == "pyproject.toml" else 0
    form = line.replace("${{", "${").replace("}}", "}")
    written = form.replace("{}", value.replace("{again}", f"\n{form.partition('{}')[0]}"))
    path.write_text("\n".join([*kept[:place], written, *kept[place:], ""]))


CASES = [(name, *reader) for name, readers in READERS.items() for reader in readers]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(("name", "title", "file", "line"), CASES)
def test_hostile_content_reaches_nothing(name, title, file, line, hostile, project, tmp_path):
    write(project, file, line, hostile)

    ran = run(project, run_of(name, title))

    assert ran.returncode != 0
    assert not list(tmp_path.rglob("stolen"))
    for out in ("output", "environment", "called"):
        assert "evil" not in ((tmp_path / out).read_text() if (tmp_path / out).exists() else "")
    commands = [text for text in ran.stdout.splitlines() if text.startswith("::")]
    assert all(text.startswith("::error") for text in commands)
    assert "evil" not in "".join(commands)


@pytest.mark.parametrize(
    "extra",
    [
        '_note: "\n_commit: image=evil.example/ml/x"\n',
        "_commit: |\n  v1.0.0\n_commit: image=evil.example/ml/x\n",
    ],
)
def test_a_second_line_of_the_answers_is_no_second_output(extra, project, tmp_path):
    answers = project / ".copier-answers.yml"
    answers.write_text(answers.read_text() + extra)
    title = "Read what the image is called and its labels say"

    ran = run(project, run_of("build-image.yml", title))

    assert ran.returncode == 1
    assert not (tmp_path / "output").exists()


def test_the_files_as_they_were_rendered_are_read(project, tmp_path):
    for name in ("build-image.yml", "deploy-kubernetes.yml"):
        title, *_ = READERS[name][0]
        ran = run(project, run_of(name, title))
        assert ran.returncode == 0, ran.stdout + ran.stderr

    outputs = dict(text.split("=", 1) for text in (tmp_path / "output").read_text().splitlines())
    assert set(outputs) == {"image", "version", "template", "created"}
    assert outputs["image"] == f"{REGISTRY}/norda-fraud-scoring-serve"


@pytest.mark.parametrize(
    "registry", ["evil.example", "evil.example/a b", "evil.example/x\nimage=y", "u:p@evil.example/x"]
)
def test_a_registry_out_of_its_form_is_refused(registry, project):
    title, *_ = READERS["build-image.yml"][0]

    assert run(project, run_of("build-image.yml", title), REGISTRY=registry).returncode == 1


@pytest.mark.parametrize("prefix", ["PATH=x;", "a[$(touch stolen)]", "", "lower"])
def test_a_prefix_that_is_no_variable_is_refused(prefix, project, tmp_path):
    ran = run(project, run_of("move-model", "Move the alias"), PREFIX=prefix)

    assert ran.returncode != 0
    assert not list(tmp_path.rglob("stolen"))


def test_every_step_that_reads_a_project_s_file_stands_in_the_table():
    known = {(name, title) for name, readers in READERS.items() for title, *_ in readers}
    ours = {"release.yml", "ci.yml"}
    places = [path.name for path in REUSABLE.glob("*.yml") if path.name not in ours]
    places += [path.parent.name for path in ACTIONS.glob("*/action.yml")]
    reading = {
        (name, step["name"])
        for name in places
        for step in (steps(name) if "jobs" in whole(name) or "runs" in whole(name) else [])
        if "sed -n" in step.get("run", "") or "uv version" in step.get("run", "")
    }

    assert reading == known


def whole(name):
    path = REUSABLE / name if name.endswith(".yml") else ACTIONS / name / "action.yml"
    return yaml.safe_load(path.read_text())
