"""Tiny templates that have the real doors: Copier's validators, and Cookiecutter's hook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.policies import ROOT

FRAGMENTS = ("naming.jinja", "python_names.jinja", "characters.jinja")
IMPORT = "{% import 'templates/_shared/naming.jinja' as naming %}"
QUESTIONS = {
    "_templates_suffix": "",
    "_subdirectory": "tree",
    "_envops": {"undefined": "jinja2.StrictUndefined"},
    "policy": {"type": "json", "when": False, "default": "{% include 'policy.json' %}"},
    "brand": {"type": "str"},
    "suffix": {"type": "str", "default": "", "validator": ""},
    "use_case": {
        "type": "str",
        "validator": IMPORT + "{{ naming.use_case(policy, brand, use_case, suffix) }}",
    },
    "description": {
        "type": "str",
        "default": "Scores card payments",
        "validator": IMPORT + "{{ naming.text(description) }}",
    },
}
NAME = (
    "{{ cookiecutter.brand }}-{{ cookiecutter.use_case }}"
    "{{ '-' ~ cookiecutter.suffix if cookiecutter.suffix else '' }}"
)


def copier_template(folder: Path, policy: Mapping[str, Any]) -> Path:
    """Write a template of Copier that asks for names as ours does."""
    shared = folder / "templates" / "_shared"
    shared.mkdir(parents=True)
    for fragment in FRAGMENTS:
        text = (ROOT / "templates" / "_shared" / fragment).read_text(encoding="utf-8")
        (shared / fragment).write_text(text, encoding="utf-8")
    (folder / "tree").mkdir()
    (folder / "tree" / "name.txt").write_text("{{ use_case }}: {{ description }}\n")
    (folder / "policy.json").write_text(json.dumps(policy))
    (folder / "copier.yml").write_text(yaml.safe_dump(QUESTIONS, sort_keys=False))
    return folder


def cookiecutter_template(folder: Path, policy: Mapping[str, Any]) -> Path:
    """Write a template of Cookiecutter with our hook, laid out as in this repository."""
    template = folder / "templates" / "online-serving"
    tree = template / "{{ cookiecutter.repo_name }}"
    tree.mkdir(parents=True)
    (tree / "name.txt").write_text("{{ cookiecutter.use_case }}: {{ cookiecutter.description }}\n")
    (folder / "generator").symlink_to(ROOT / "generator")
    hooks = template / "hooks"
    hooks.mkdir()
    hook = (ROOT / "hooks" / "pre_gen_project.py").read_text(encoding="utf-8")
    (hooks / "pre_gen_project.py").write_text(hook, encoding="utf-8")
    questions = {
        "team": "norda-fraud",
        "brand": "norda",
        "suffix": policy["archetypes"]["online-serving"]["suffix"],
        "use_case": "fraud-scoring",
        "personal_data": "personal",
        "description": "Scores card payments",
        "repo_name": NAME,
        "package_name": "{{ cookiecutter.use_case | replace('-', '_') }}",
        "_policy": policy,
        "__d": {"archetype": "online-serving"},
    }
    (template / "cookiecutter.json").write_text(json.dumps(questions))
    return template
