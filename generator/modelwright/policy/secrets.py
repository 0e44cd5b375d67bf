"""Which secrets a project needs, by name; never a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

NAME_PATTERN: Final = r"(?!GITHUB_)[A-Z_][A-Z0-9_]*"


@dataclass(frozen=True)
class NeededSecret:
    """One entry of a project's manifest.

    Attributes:
        kind: `secret`, or `variable` for what may be read by anybody.
        level: `organisation`, `repository` or `environment`.
        owner: `platform` or `team`.
        rotated_by: `platform` or `team`.
        environment: The environment in its name; empty where its name holds none.
    """

    name: str
    purpose: str
    kind: str
    level: str
    owner: str
    rotated_by: str
    environment: str = ""


def needed_secrets(
    policy: Mapping[str, Any],
    *,
    archetype: str,
    brand: str,
    auth: str = "",
    environments: Iterable[str] = (),
) -> list[NeededSecret]:
    """Return the secrets of a project, in the policy's order and then in that of environments.

    Args:
        policy: The policy as a plain mapping.
        archetype: Id of the project's archetype.
        brand: Id of the project's brand.
        auth: How it authenticates; empty takes the brand's way.
        environments: Its environments; empty takes the policy's.
    """
    way = auth or policy["brands"][brand]["auth"]
    places = tuple(environments) or tuple(policy["environments"])
    return [
        secret
        for entry in policy["secrets"]
        if archetype in entry.get("archetypes", [archetype]) and way in entry.get("auth", [way])
        for secret in _expand_entry(entry, brand, places)
    ]


def secret_kinds(policy: Mapping[str, Any], brand: str, *, level: str = "") -> dict[str, str]:
    """Return the kind of every secret and variable that a brand's projects may have, by name.

    Args:
        policy: The policy as a plain mapping.
        brand: Id of the brand.
        level: Only those of this level; empty is every level.
    """
    way, places = policy["brands"][brand]["auth"], policy["environments"]
    return {
        secret.name: secret.kind
        for entry in policy["secrets"]
        if way in entry.get("auth", [way]) and level in {"", entry["level"]}
        for secret in _expand_entry(entry, brand, places)
    }


def _expand_entry(
    entry: Mapping[str, Any], brand: str, environments: Iterable[str]
) -> Iterator[NeededSecret]:
    name = entry["name"].replace("{BRAND}", _capitals(brand))
    fields = {key: entry[key] for key in ("purpose", "kind", "level", "owner", "rotated_by")}
    if "{ENVIRONMENT}" not in name:
        yield NeededSecret(name=name, **fields)
        return
    for environment in environments:
        full = name.replace("{ENVIRONMENT}", _capitals(environment))
        yield NeededSecret(name=full, environment=environment, **fields)


def _capitals(text: str) -> str:
    return text.upper().replace("-", "_")
