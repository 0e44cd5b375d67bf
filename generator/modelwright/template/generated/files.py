"""The files that `platform sync` writes: an engine cannot read the policy or the catalogue."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from modelwright.paths import COMPILED_POLICY, COOKIECUTTER_CONTEXT
from modelwright.policy.fingerprint import policy_fingerprints
from modelwright.template.archetypes import Archetype
from modelwright.template.platform import DIGEST

PlainPolicy = Mapping[str, Any]
NOTE = "written by `modelwright platform sync`"
_NAME: Final = re.compile(r"\bcookiecutter(?:\.\w+)+")
ANSWERS: Final = ("team", "brand", "use_case", "personal_data", "description")
UNASKED: Final = ("serves", "allocation_key", "managed_only")
POLICY_PARTS: Final = ("organisation", "platform", "environments", "tags", "secrets", "available")


@dataclass(frozen=True, kw_only=True)
class DerivedValues:
    """Jinja texts by name: those that become part of `cookiecutter`, and those of its `__d`."""

    names: Mapping[str, str]
    values: Mapping[str, str]


def derived_values_from(text: str) -> DerivedValues:
    """Read a `derived.yml`."""
    data: Mapping[str, Any] = yaml.safe_load(text)
    return DerivedValues(names=data["names"], values=data["values"])


def copier_context(
    derived: DerivedValues,
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
        lines += _set_block(f"name_{name}", text)
        lines.append(
            f"{{%- set cookiecutter = dict(cookiecutter, {name}=name_{name}) -%}}",
        )
    for name, text in derived.values.items():
        lines += _set_block(f"value_{name}", text)
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


def _set_block(name: str, text: str) -> list[str]:
    return [f"{{%- set {name} -%}}{text.strip()}{{%- endset -%}}"]


def generated_files(
    policy: PlainPolicy,
    archetypes: Sequence[Archetype],
    derived: DerivedValues,
    *,
    pin: Mapping[str, str],
    digest: str,
) -> dict[str, str]:
    """Return the text of every written file by its path from the template repository's root.

    Args:
        policy: The policy as plain data.
        archetypes: What the policy offers.
        derived: The derived values.
        pin: The platform's workflow pin, `sha` and `version`.
        digest: The fingerprint of `platform.yml`.
    """
    options = list(policy["options"])
    files = {
        COMPILED_POLICY: json.dumps({DIGEST: digest, **policy}, separators=(",", ":")) + "\n",
        "templates/_shared/context.jinja": copier_context(
            derived, options, pin, policy_fingerprints(policy)
        ),
        "templates/_shared/exclude.yml": _exclude(archetypes),
    }
    for archetype in archetypes:
        files[f"templates/{archetype.id}/{COOKIECUTTER_CONTEXT}"] = _cookiecutter_json(
            policy, archetype, derived, pin
        )
    return files


def _exclude(archetypes: Sequence[Archetype]) -> str:
    entries = [
        _when(f"archetype == '{archetype.id}' and {_condition(left_out.unless)}", path)
        for archetype in archetypes
        for left_out in archetype.left_out
        for path in left_out.paths
    ]
    entries += [
        _when(f"archetype == '{archetype.id}' and born is defined", path)
        for archetype in archetypes
        for path in archetype.owners.get("yours", ())
    ]
    return f"# {NOTE}\n_exclude: {json.dumps(entries, indent=2)}\n"


def _condition(unless: str) -> str:
    """Return when a path is left out; never where a project is older than what decides it.

    An update of Copier's renders the newest exclusions over the oldest answers.
    """
    names = dict.fromkeys(_NAME.findall(unless))
    return " and ".join([*(f"{name} is defined" for name in names), f"not ({unless})"])


def _when(condition: str, path: str) -> str:
    return f"{{% if {condition} %}}/{path.strip('/')}{{% endif %}}"


def _cookiecutter_json(
    policy: PlainPolicy, archetype: Archetype, derived: DerivedValues, pin: Mapping[str, str]
) -> str:
    teams = list(policy["teams"])
    content: dict[str, object] = {
        "_note": NOTE,
        "_policy": policy,
        "team": teams,
        "brand": "{{ cookiecutter._policy.teams[cookiecutter.team].brands[0] }}",
        "use_case": archetype.sample["use_case"],
        "personal_data": ["personal", "pseudonymous", "none"],
        "description": archetype.sample["description"],
        "cost_centre": "{{ cookiecutter._policy.teams[cookiecutter.team].cost_centre }}",
        "serves": "",
        "allocation_key": "",
        "managed_only": False,
        **policy["options"],
    }
    for name, text in derived.names.items():
        content[name] = cookiecutter_text(text, archetype.id)
    content["__d"] = {
        **{name: cookiecutter_text(text, archetype.id) for name, text in derived.values.items()},
        "pin_sha": pin["sha"],
        "pin_version": pin["version"],
        "policy_digest": digest_text(policy_fingerprints(policy)),
    }
    content["__left_out"] = [
        _when(f"not ({left_out.unless})", path)
        for left_out in archetype.left_out
        for path in left_out.paths
    ]
    return json.dumps(content, indent=1, ensure_ascii=True) + "\n"
