"""What an organisation on GitHub has, as far as a new repository depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["OrganisationState"]


@dataclass(frozen=True, kw_only=True)
class OrganisationState:
    """An organisation as far as it was read.

    Attributes:
        known: Whether there is such an organisation.
        requesters: The logins of who requests the repository; empty where nobody is known.
        members: Those of them who are active members of the project's own team.
        admin: The login that GitHub makes an administrator of what it creates; empty for an app.
        scopes: What a user's token may do; None where GitHub does not say.
        plan: The organisation's plan; empty where GitHub does not say.
        may_create: Whether members may create private repositories; None where it does not say.
        teams: The id of every needed team that exists, by slug.
        secrets: The visibility of every secret of the organisation, by name.
        variables: The visibility of the needed variables, by name.
        properties: The definition of every custom property by name; None where there are none.
        actions: Which repositories and actions may run.
        personal: Whether the name is a person's account.
        permissions: What the app is granted, by permission; empty where GitHub does not say.
        server: The version of GitHub Enterprise Server; empty on github.com.
        integration: The id of the app that publishes the workflows' checks; 0 where unknown.
        denied: What the token may not read, as GitHub says it.
    """

    known: bool = True
    requesters: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    admin: str = ""
    scopes: frozenset[str] | None = None
    plan: str = ""
    may_create: bool | None = None
    teams: Mapping[str, int] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, Mapping[str, Any]] | None = None
    actions: Mapping[str, Any] = field(default_factory=dict)
    personal: bool = False
    permissions: Mapping[str, str] = field(default_factory=dict)
    server: str = ""
    integration: int = 0
    denied: tuple[str, ...] = ()

    @property
    def visibility(self) -> Mapping[str, Mapping[str, str]]:
        """The visibility by name of its secrets and of its variables, by the kind of a grant."""
        return {"secret": self.secrets, "variable": self.variables}
