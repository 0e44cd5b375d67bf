"""The files that `platform sync` writes: an engine cannot read the policy or the catalogue."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from modelwright.catalog.archetypes import Archetype
from modelwright.catalog.derived import Derived, cookiecutter_text, copier_context, digest_text
from modelwright.catalog.platform import COMPACT, DIGEST
from modelwright.policy.judged import judged_digests

PlainPolicy = Mapping[str, Any]
NOTE = "written by `modelwright platform sync`"
_NAME: Final = re.compile(r"\bcookiecutter(?:\.\w+)+")


def written_files(
    policy: PlainPolicy,
    archetypes: Sequence[Archetype],
    derived: Derived,
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
        COMPACT: json.dumps({DIGEST: digest, **policy}, separators=(",", ":")) + "\n",
        "templates/_shared/context.jinja": copier_context(
            derived, options, pin, judged_digests(policy)
        ),
        "templates/_shared/exclude.yml": _exclude(archetypes),
    }
    for archetype in archetypes:
        files[f"templates/{archetype.id}/cookiecutter.json"] = _cookiecutter_json(
            policy, archetype, derived, pin
        )
    return files


def _exclude(archetypes: Sequence[Archetype]) -> str:
    entries = [
        _when(f"archetype == '{archetype.id}' and {_known(left_out.unless)}", path)
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


def _known(unless: str) -> str:
    """Return when a path is left out; never where a project is older than what decides it.

    An update of Copier's renders the newest exclusions over the oldest answers.
    """
    names = dict.fromkeys(_NAME.findall(unless))
    return " and ".join([*(f"{name} is defined" for name in names), f"not ({unless})"])


def _when(condition: str, path: str) -> str:
    return f"{{% if {condition} %}}/{path.strip('/')}{{% endif %}}"


def _cookiecutter_json(
    policy: PlainPolicy, archetype: Archetype, derived: Derived, pin: Mapping[str, str]
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
        "policy_digest": digest_text(judged_digests(policy)),
    }
    content["__left_out"] = [
        _when(f"not ({left_out.unless})", path)
        for left_out in archetype.left_out
        for path in left_out.paths
    ]
    return json.dumps(content, indent=1, ensure_ascii=True) + "\n"
