"""Writes what both engines read from one list, `templates/_shared/derived.yml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

ANSWERS: Final = ("team", "brand", "use_case", "personal_data", "description")
UNASKED: Final = ("serves", "allocation_key", "managed_only")
POLICY_PARTS: Final = ("organisation", "platform", "environments", "tags", "secrets", "available")


@dataclass(frozen=True, kw_only=True)
class Derived:
    """Jinja texts by name: those that become part of `cookiecutter`, and those of its `__d`."""

    names: Mapping[str, str]
    values: Mapping[str, str]


def derived_from(text: str) -> Derived:
    """Read a `derived.yml`."""
    data: Mapping[str, Any] = yaml.safe_load(text)
    return Derived(names=data["names"], values=data["values"])


def copier_context(
    derived: Derived,
    options: Sequence[str],
    pin: Mapping[str, str],
    digests: Mapping[str, str],
) -> str:
    """Return the template that gives Copier the namespace `cookiecutter`, as one JSON document.

    Args:
        derived: The derived values.
        options: The names of the boolean options.
        pin: The platform's workflow pin, `sha` and `version`.
        digests: The fingerprint of what a check reads of the policy, by brand.
    """
    asked = ", ".join(f"'{name}': {name}" for name in (*ANSWERS, *UNASKED, *options))
    kept = ", ".join(f"'{part}': policy.{part}" for part in POLICY_PARTS)
    lines = [
        "{%- set suffix = policy.archetypes[archetype].suffix -%}",
        "{%- set owner = policy.teams[team] -%}",
        f"{{%- set cookiecutter = {{{asked}, 'cost_centre': cost_centre or owner.cost_centre,",
        f"    '_policy': {{{kept}, 'brands': {{brand: policy.brands[brand]}},"
        " 'teams': {team: owner}}} -%}",
        "{%- set place = policy.brands[brand] -%}",
    ]
    for name, text in derived.names.items():
        lines += _set(f"name_{name}", text)
        lines.append(
            f"{{%- set cookiecutter = dict(cookiecutter, {name}=name_{name}) -%}}",
        )
    for name, text in derived.values.items():
        lines += _set(f"value_{name}", text)
    values = ", ".join(f"'{name}': value_{name}" for name in derived.values)
    pins = f"'pin_sha': '{pin['sha']}', 'pin_version': '{pin['version']}'"
    pins += f", 'policy_digest': {dict(digests)}[brand]"
    lines.append(f"{{{{ dict(cookiecutter, __d={{{values}, {pins}}}) | to_json }}}}")
    return "\n".join(lines) + "\n"


def cookiecutter_text(text: str, archetype: str) -> str:
    """Return a derived value as Cookiecutter can render it: with its scope set in front."""
    scope = (
        f"{{% set archetype = '{archetype}' %}}{{% set policy = cookiecutter._policy %}}"
        "{% set suffix = policy.archetypes[archetype].suffix %}"
        "{% set owner = policy.teams[cookiecutter.team] %}"
        "{% set place = policy.brands[cookiecutter.brand] %}"
    )
    return scope + text.strip()


def digest_text(digests: Mapping[str, str]) -> str:
    """Return the fingerprint for a project's brand as Cookiecutter can render it."""
    return f"{{{{ ({dict(digests)})[cookiecutter.brand] }}}}"


def _set(name: str, text: str) -> list[str]:
    return [f"{{%- set {name} -%}}{text.strip()}{{%- endset -%}}"]
