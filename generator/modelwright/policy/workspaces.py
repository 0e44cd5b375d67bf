"""The rule on Databricks: what is deployed there needs the brand's workspaces."""

from __future__ import annotations

from typing import Any, Mapping  # noqa: UP035 - Cookiecutter's Python may be older

from modelwright.policy.refusal import Refusal, show

__all__ = ["workspace_refusal"]


def workspace_refusal(policy: Mapping[str, Any], answers: Mapping[str, Any]) -> Refusal | None:
    """Refuse the option `databricks` (ANS005) in a new project of a brand without a workspace."""
    brand = answers["brand"]
    # Some doors have answers as they stand in a file, others as text.
    wanted = str(answers.get("databricks")).lower() == "true"
    if not wanted or policy["brands"][brand]["databricks"]:
        return None
    problem = f"databricks is on, but brand {show(brand)} has no workspace in the policy"
    next_step = "take databricks=false, or have its workspaces added to platform.yml"
    return Refusal("ANS005", "databricks", "true", problem, next_step)
