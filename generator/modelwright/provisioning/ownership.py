"""Ownership of a repository: what its record claims, and what only the organisation may set.

The mark of a repository that modelwright made are its custom properties for team, brand and
archetype. GitHub lets nobody who may write to a repository, not even its administrators, change
them where the organisation's definition says `values_editable_by: org_actors`.

Source:
    GitHub Docs, "Managing custom properties for repositories in your organization".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["OWNER_FIELDS", "Owner", "Ownership", "owner_of", "ownership_from"]

OWNER_FIELDS: Final = ("team", "brand", "archetype")
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Team, brand and archetype of a project; empty where they are not known."""

    team: str = ""
    brand: str = ""
    archetype: str = ""

    @property
    def complete(self) -> bool:
        """Whether all three are known."""
        return bool(self.team and self.brand and self.archetype)

    @property
    def display_name(self) -> str:
        """The team as a message may show it; text that is no id is not repeated."""
        return self.team if _ID.fullmatch(self.team) else "another team"


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """The owner of a repository, and the custom properties that mark it.

    Attributes:
        owner: Team, brand and archetype of the request.
        properties: The custom property that marks each of the three.
        former: Ids that the policy renamed to the team, and to the brand.
    """

    owner: Owner = field(default_factory=Owner)
    properties: Mapping[str, str] = field(default_factory=dict)
    former: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def mark(self, properties: Mapping[str, str]) -> Owner:
        """Return the owner that a repository's custom properties name."""
        return owner_of({one: properties.get(name) for one, name in self.properties.items()})

    def is_ours(self, other: Owner) -> bool:
        """Say whether another owner is this one, perhaps under a former name."""
        return all(
            getattr(other, one) == getattr(self.owner, one)
            or getattr(other, one) in self.former.get(one, ())
            for one in OWNER_FIELDS
        )


def owner_of(values: Mapping[str, Any]) -> Owner:
    """Return the owner that answers or properties name; what is no text is empty."""
    return Owner(
        **{one: value for one in OWNER_FIELDS if isinstance(value := values.get(one), str)},
    )


def ownership_from(policy: Mapping[str, Any], answers: Mapping[str, Any]) -> Ownership:
    """Return the ownership of a project's repository."""
    return Ownership(
        owner=owner_of(answers),
        properties={
            source: key
            for key, source in reversed(policy["tags"].items())
            if source in OWNER_FIELDS
        },
        former={
            "team": frozenset(_renamed_to(policy["teams"], answers["team"])),
            "brand": frozenset(_renamed_to(policy["brands"], answers["brand"])),
        },
    )


def _renamed_to(entries: Mapping[str, Mapping[str, Any]], identity: str) -> Iterator[str]:
    for key, entry in entries.items():
        if entry.get("renamed_to") == identity:
            yield key
