"""Values of variables and secrets: from environment variables, or random where that is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modelwright.provisioning.actual_state import ActualEnvironment, ActualState
from modelwright.provisioning.desired_state import DesiredState

__all__ = ["fill_values", "missing_values"]


def fill_values(desired: DesiredState, environ: Mapping[str, str]) -> DesiredState:
    """Return the state with every empty variable taken from the environment where it is set."""

    def filled(variables: Mapping[str, str]) -> dict[str, str]:
        return {name: value or environ.get(name, "") for name, value in variables.items()}

    environments = tuple(
        replace(one, variables=filled(one.variables)) for one in desired.environments
    )
    return replace(desired, variables=filled(desired.variables), environments=environments)


def missing_values(
    desired: DesiredState, actual: ActualState, environ: Mapping[str, str]
) -> list[str]:
    """Return the variables and secrets that have no value and may not get a random one."""
    places = [(desired.variables, desired.secrets, actual.variables, actual.secrets)]
    for one in desired.environments:
        now = actual.environments.get(one.name, ActualEnvironment())
        places.append((one.variables, one.secrets, now.variables, now.secrets))
    missing: set[str] = set()
    for variables, secrets, set_already, stored in places:
        missing |= {name for name, value in variables.items() if not value} - set(set_already)
        unknown = {name for name in secrets if not environ.get(name)}
        missing |= unknown - desired.generated_secrets - stored
    return sorted(missing)
