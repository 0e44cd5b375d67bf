"""A checksum of what `check` reads of a policy: one fingerprint for each brand.

The check of a pull request runs at the workflows' pin, and reads the policy that stands there. Two
versions of a policy with the same fingerprint give the same verdict on a brand's projects. Teams
are left out: a project's record says who owns it, so that a new team concerns no other project.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

_WHOLE: Final = ("environments", "naming", "tags", "secrets")
_ORGANISATION: Final = ("github", "cost_tag_prefix")
_PLATFORM: Final = ("repository", "url")
_BRAND: Final = ("cloud", "runtime", "auth", "databricks")
_DIGITS: Final = 16


def policy_fingerprints(policy: Mapping[str, Any]) -> dict[str, str]:
    """Return the fingerprint of what a check reads, by brand: 16 hexadecimal digits.

    Args:
        policy: The policy as a plain mapping, as written or compact.
    """
    common = {
        **{part: policy[part] for part in _WHOLE},
        "organisation": _select(policy["organisation"], _ORGANISATION),
        "platform": _select(policy["platform"], _PLATFORM),
        "suffixes": {name: entry["suffix"] for name, entry in policy["archetypes"].items()},
        "personal_data": sorted(policy["personal_data"]),
    }
    # The login goes to this index. Without one the fingerprint stays what it was.
    if index := policy.get("available", {}).get("package_index"):
        common["package_index"] = index
    return {
        brand: _digest({**common, "brand": _select(entry, _BRAND)})
        for brand, entry in policy["brands"].items()
    }


def _select(entry: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: entry.get(name) for name in names}


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
