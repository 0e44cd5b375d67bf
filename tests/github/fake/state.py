"""What stands on the fake: accounts, teams, secrets, repositories, and who may do what."""

import itertools
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

NOW = "2026-11-02T09:00:00Z"
_numbers = itertools.count(1001)


def number() -> int:
    return next(_numbers)


@dataclass
class Token:
    """A credential. `permissions` maps a permission's name to `read`, `write` or `admin`."""

    value: str
    login: str
    kind: str = "installation"
    permissions: dict[str, str] = field(default_factory=dict)
    repository: str | None = None
    scopes: tuple[str, ...] = ()
    expired: bool = False
    calls_left: int | None = None


@dataclass(frozen=True)
class App:
    """A GitHub App: its public key, and what it is granted where it is installed."""

    public_key: RSAPublicKey
    permissions: dict[str, str]


@dataclass
class Team:
    slug: str
    members: set[str] = field(default_factory=set)
    id: int = field(default_factory=number)


@dataclass
class Secret:
    name: str
    visibility: str = "selected"
    value: str = ""
    repositories: set[int] = field(default_factory=set)


@dataclass
class Environment:
    name: str
    id: int = field(default_factory=number)
    wait_timer: int = 0
    prevent_self_review: bool = False
    reviewers: list[dict] = field(default_factory=list)
    branch_policy: dict | None = None
    branch_policies: dict[int, dict] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


@dataclass
class Repository:
    owner: str
    name: str
    git: Path
    settings: dict
    id: int = field(default_factory=number)
    topics: list[str] = field(default_factory=list)
    properties: dict[str, object] = field(default_factory=dict)
    vulnerability_alerts: bool = False
    security_fixes: bool = False
    rulesets: dict[int, dict] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    labels: dict[str, dict] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)
    collaborators: dict[str, str] = field(default_factory=dict)
    actions: dict = field(default_factory=dict)
    selected_actions: dict = field(default_factory=dict)
    workflow: dict = field(default_factory=dict)
    access: str = "none"
    oidc: dict = field(default_factory=lambda: {"use_default": True})
    runs: list[dict] = field(default_factory=list)
    dispatches: list[dict] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    hooks: list[str] = field(default_factory=list)
    invitations: list[str] = field(default_factory=list)
    runners: list[str] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass
class Organisation:
    login: str
    plan: str = "enterprise"
    members: dict[str, str] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    variables: dict[str, Secret] = field(default_factory=dict)
    enabled_repositories: str = "all"
    selected_repositories: set[int] = field(default_factory=set)
    allowed_actions: str = "all"
    properties: dict[str, dict] = field(default_factory=dict)
    private_repositories: bool = True
    create_repositories: bool = True
    deletes_repositories: bool = True
    id: int = field(default_factory=number)
    installation: int = field(default_factory=number)


@dataclass
class State:
    """All of it; `repositories` by full name in lower case, `server` an older one's version."""

    folder: Path
    organisations: dict[str, Organisation] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    url: str = ""
    server: str = ""

    def user(self, login: str) -> int:
        return self.users.setdefault(login, number())
