"""Every rule that `check` knows, by its stable id: what errors, findings and waivers quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

ANSWERS: Final = {
    "ANS001": "archetype, team, brand and personal data are among the policy's",
    "ANS002": "archetype, team and brand are neither retired nor renamed",
    "ANS003": "the team works for the brand",
    "ANS004": "stored names are those that the answers give",
    "ANS005": "a project on Databricks has workspaces there",
    "TXT001": "the description holds no character that a format cannot carry",
    "TXT002": "there is a description",
    "TXT003": "the description is short enough",
    "TXT004": "the description neither begins nor ends with a space",
    "TAG001": "the cost centre is one of finance's",
    "TAG002": "the brands that it also serves exist",
    "TAG003": "a project for several brands has an allocation key",
    "TAG004": "the allocation key has its form",
}
NAMES: Final = {
    "NAM005": "the repository's name reads back into its parts",
    "NAM006": "the repository has the name that its answers give",
    "NAM007": "the package hides no library and no tool",
}
REPOSITORY: Final = {
    "PRJ001": "project.yaml is there and whole",
    "PRJ002": "project.yaml says what the answers say",
    "PRJ003": "the project's status exists, and its review is not overdue",
    "TAG101": "every Kubernetes object and pod template carries the cost tags",
    "TAG102": "the image carries the cost tags",
    "TAG103": "everything on Databricks carries the cost tags",
    "TAG104": "project.yaml records the cost tags",
    "TAG105": "MLflow's runs and versions get the cost tags",
    "TAG106": "serverless on Databricks has the budget policy",
    "SEC001": "secrets.yaml is there and whole",
    "SEC002": "every reference to a secret is listed",
    "SEC003": "every listed secret is referred to",
    "SEC004": ".env.example names the listed secrets and holds no value",
    "SEC005": "no value of a secret stands in the repository",
    "SEC006": ".env is kept out of git",
    "PIN001": "the platform's workflows are used at the platform's commit",
    "PIN002": "everything else is pinned to a commit, with its version beside it",
    "DRF001": "managed files are as the platform renders them",
    "DRF002": "no managed file is missing",
    "DRF003": "drift could be judged",
    "CFL001": "no file holds a conflict marker",
    "CFL002": "no version of a file is left beside it",
    "LCK001": "uv.lock is there",
    "LCK002": "uv.lock matches pyproject.toml",
    "LCK003": "uv.lock takes packages from the policy's index and the project's own",
    "YML001": "every YAML file can be read",
}
PLATFORM: Final = {
    "PLT001": "the answers name the platform that judges",
    "PLT002": "the answers name a version that the platform released",
    "PLT003": "the policy is the one of the project's version",
}
WAIVERS: Final = {
    "WVR001": "waivers are whole, and name a rule",
    "WVR002": "no waiver has ended",
}
UNWAIVABLE: Final = frozenset((*PLATFORM, *WAIVERS))
UNJUDGED: Final = frozenset(("PIN001", "DRF001", "DRF002", "DRF003"))


def rule_ids(policy: Mapping[str, Any]) -> dict[str, str]:
    """Return what each rule asks for, by its id; the naming rules are the policy's own."""
    naming = policy["naming"]
    names = {naming[kind]["id"]: f"{kind.replace('_', ' ')} name" for kind in _FORMS}
    names |= {rule["id"]: f"name of the {rule['kind']}" for rule in naming["derived"]}
    within = {rule: f"the {title} is within its rule" for rule, title in names.items()}
    return PLATFORM | ANSWERS | within | NAMES | REPOSITORY | WAIVERS


_FORMS: Final = ("repository", "use_case", "reserved", "python")
