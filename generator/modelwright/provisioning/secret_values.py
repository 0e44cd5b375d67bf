"""Values that neither policy nor answers hold: from the surroundings, or made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modelwright.provisioning.actual_state import ActualEnvironment, ActualState
from modelwright.provisioning.desired_state import DesiredState

__all__ = ["fill_values", "missing_values"]


def fill_values(desired: DesiredState, surroundings: Mapping[str, str]) -> DesiredState:
    """Return the state with every empty variable taken from the surroundings, where it is there."""

    def taken(variables: Mapping[str, str]) -> dict[str, str]:
        return {name: value or surroundings.get(name, "") for name, value in variables.items()}

    environments = tuple(
        replace(one, variables=taken(one.variables)) for one in desired.environments
    )
    return replace(desired, variables=taken(desired.variables), environments=environments)


def missing_values(
    desired: DesiredState, actual: ActualState, surroundings: Mapping[str, str]
) -> list[str]:
    """Return the variables and secrets that have no value and may not be given a made-up one."""
    places = [(desired.variables, desired.secrets, actual.variables, actual.secrets)]
    for one in desired.environments:
        now = actual.environments.get(one.name, ActualEnvironment())
        places.append((one.variables, one.secrets, now.variables, now.secrets))
    missing: set[str] = set()
    for variables, secrets, set_already, stored in places:
        missing |= {name for name, value in variables.items() if not value} - set(set_already)
        unknown = {name for name in secrets if not surroundings.get(name)}
        missing |= unknown - desired.generated_secrets - stored
    return sorted(missing)
