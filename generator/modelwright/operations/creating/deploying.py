"""What a project's first deployment would fail for, found before anything is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelwright.operations.creating.project import Prepared
from modelwright.operations.creating.refusing import refuse
from modelwright.operations.creating.wish import Wish
from modelwright.policy.first_deployment import Deployment, of_project
from modelwright.provisioning.checks import WORKFLOWS
from modelwright.provisioning.faults import PreflightFault

__all__ = ["deployment_faults"]

_CALLED: Final = {
    "kubernetes": "/deploy-kubernetes.yml@",
    "databricks": "/deploy-databricks.yml@",
    "image": "/build-image.yml@",
}


def deployment_faults(
    policy: Mapping[str, Any], project: Prepared, wish: Wish
) -> list[PreflightFault]:
    """Return what the platform's workflows that a planned project calls would refuse.

    Raises:
        RefusedError: They would, and it is not only planned.
    """
    found = [] if wish.undo else _found(policy, project)
    if not wish.plan:
        refuse(found, f"{project.desired.organisation}/{project.desired.name}")
    return found


def _found(policy: Mapping[str, Any], project: Prepared) -> list[PreflightFault]:
    called = "".join(
        file.content.decode()
        for path, file in project.files.items()
        if path.startswith(WORKFLOWS) and not file.link
    )
    needs = Deployment(**{what: name in called for what, name in _CALLED.items()})
    return [
        PreflightFault(
            f"its first deployment would fail: {point.problem}",
            f"ask the platform team to fill in {point.where} in platform.yml",
            refused=True,
        )
        for point in of_project(policy, str(project.answers["brand"]), needs)
        if point.blocks
    ]
