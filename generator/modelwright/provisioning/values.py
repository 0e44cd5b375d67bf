"""Values that neither policy nor answers hold: from the surroundings, or made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modelwright.provisioning.desired import DesiredState

__all__ = ["filled", "missing_values"]


def filled(desired: DesiredState, surroundings: Mapping[str, str]) -> DesiredState:
    """Return the state with every empty variable taken from the surroundings, where it is there."""

    def taken(variables: Mapping[str, str]) -> dict[str, str]:
        return {name: value or surroundings.get(name, "") for name, value in variables.items()}

    environments = tuple(
        replace(one, variables=taken(one.variables)) for one in desired.environments
    )
    return replace(desired, variables=taken(desired.variables), environments=environments)


def missing_values(desired: DesiredState, surroundings: Mapping[str, str]) -> list[str]:
    """Return the variables and secrets that have no value and may not be given a made-up one."""
    variables = [
        name
        for group in (desired.variables, *(one.variables for one in desired.environments))
        for name, value in group.items()
        if not value
    ]
    secrets = [*desired.secrets, *(name for one in desired.environments for name in one.secrets)]
    unknown = [name for name in secrets if name not in desired.owned and not surroundings.get(name)]
    return sorted({*variables, *unknown})
