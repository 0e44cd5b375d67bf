"""Renders a project for the tests of what it holds, under any policy and with any answers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

import jinja2
import yaml

REPOSITORY: Final = Path(__file__).parents[2]
SAMPLE: Final[dict[str, object]] = {
    "team": "norda-fraud",
    "brand": "norda",
    "use_case": "fraud-scoring",
    "personal_data": "personal",
    "description": 'Scores card payments "while" the customer waits',
    "serves": "",
    "allocation_key": "",
}
VARIATIONS: Final[dict[str, dict[str, object]]] = {
    "defaults": {},
    "every option": dict.fromkeys(
        ("ab_test", "load_test", "databricks", "dashboards", "devcontainer", "compose"), True
    ),
    "no option": {"ab_test": False, "load_test": False},
    "without A/B": {"ab_test": False},
    "without load test": {"load_test": False},
    "databricks": {"databricks": True},
    "dashboards": {"dashboards": True},
    "devcontainer": {"devcontainer": True},
    "compose": {"compose": True},
    "gcp, no gateway": {"team": "velora-search", "brand": "velora", "databricks": True},
    "no capability, client secret": {
        "team": "kitto-marketing",
        "brand": "kitto",
        "databricks": True,
    },
    "several brands": {
        "team": "group-personalisation",
        "brand": "velora",
        "serves": "norda",
        "allocation_key": "by-requests",
    },
    "no personal data": {"personal_data": "none"},
}


def sample_policy() -> dict[str, Any]:
    """Return the policy of this repository, to be changed at will."""
    policy: dict[str, Any] = yaml.safe_load((REPOSITORY / "platform.yml").read_text())
    return policy


def render(archetype: str, into: Path, **answers: object) -> Path:
    """Write the project that the answers describe into a new folder of `into`; return it."""
    return render_under(sample_policy(), archetype, into, **answers)


def render_under(policy: dict[str, Any], archetype: str, into: Path, **answers: object) -> Path:
    """Do the same as `render` under another policy."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(REPOSITORY),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    context = _context(env, archetype, policy, {**SAMPLE, **answers})
    project = into / str(context["repo_name"])
    source = REPOSITORY / "templates" / archetype / "{{ cookiecutter.repo_name }}"
    for file in sorted(source.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts and "_copier_conf" not in file.name:
            _write(env, file, project / _text(env, file.relative_to(source), context), context)
    _leave_out(env, project, archetype, context)
    return project


def _context(
    env: jinja2.Environment, archetype: str, policy: dict[str, Any], answers: dict[str, object]
) -> dict[str, Any]:
    owner, place = policy["teams"][answers["team"]], policy["brands"][answers["brand"]]
    context: dict[str, Any] = {"cost_centre": owner["cost_centre"], **policy["options"], **answers}
    context["_policy"] = policy
    suffix = policy["archetypes"][archetype]["suffix"]
    scope = {"archetype": archetype, "suffix": suffix, "policy": policy}
    scope |= {"owner": owner, "place": place}
    derived = yaml.safe_load((REPOSITORY / "templates/_shared/derived.yml").read_text())
    for name, text in derived["names"].items():
        context[name] = env.from_string(text.strip()).render(scope, cookiecutter=context)
    pin = yaml.safe_load((REPOSITORY / "templates/_shared/workflows.json").read_text())
    values = {"pin_sha": pin["sha"], "pin_version": pin["version"]}
    for name, text in derived["values"].items():
        values[name] = env.from_string(text.strip()).render(scope, cookiecutter=context)
    return {**context, "__d": values}


def _text(env: jinja2.Environment, path: Path, context: dict[str, Any]) -> str:
    return env.from_string(path.as_posix()).render(cookiecutter=context)


def _write(env: jinja2.Environment, file: Path, target: Path, context: dict[str, Any]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    name = file.relative_to(REPOSITORY).as_posix()
    target.write_text(env.get_template(name).render(cookiecutter=context))
    target.chmod(file.stat().st_mode)


def _leave_out(
    env: jinja2.Environment, project: Path, archetype: str, context: dict[str, Any]
) -> None:
    catalogue = yaml.safe_load((REPOSITORY / "templates" / archetype / "archetype.yml").read_text())
    for entry in catalogue["left_out"]:
        if env.compile_expression(entry["unless"])(cookiecutter=context):
            continue
        for pattern in entry["paths"]:
            for path in list(project.glob(pattern.rstrip("/"))):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
