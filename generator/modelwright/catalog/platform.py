"""A platform: an organisation's policy and templates at one version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from modelwright.catalog.archetypes import FILE, Archetype, archetype_from
from modelwright.catalog.tree import Tree
from modelwright.errors import RefusedError
from modelwright.policy.bounded import bounded
from modelwright.policy.choices import nearest
from modelwright.policy.safe_patterns import unsafe_pattern

if TYPE_CHECKING:
    from modelwright.catalog.rendering import Template

POLICY: Final = "platform.yml"
COMPACT: Final = "templates/_shared/policy.json"
DIGEST: Final = "_digest"


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Where templates and policy come from.

    Attributes:
        tree: The files of the platform's repository.
        source: What the answers file names as the template's source: a URL, or an absolute path.
        version: The tag, as git describes it; empty where there is none.
        origin: Who chose this platform, for a person.
        notice: What a person has to know of how it was had; empty where there is nothing.
        released: Whether its releases hold the version that was asked for; None where its tags
            cannot be read.
        stands_in: Whether that version could not be had, and this one stands in for it.
    """

    tree: Tree
    source: str
    version: str
    origin: str = field(default="", compare=False)
    notice: str = field(default="", compare=False)
    released: bool | None = field(default=None, compare=False)
    stands_in: bool = field(default=False, compare=False)

    @cached_property
    def policy(self) -> Mapping[str, Any]:
        """The policy as plain data.

        Raises:
            RefusedError: It is missing, or is not the one that the templates were written for.
        """
        try:
            text = self.tree.read(POLICY)
            with bounded(COMPACT):
                compact: dict[str, Any] = json.loads(self.tree.read(COMPACT))
        except ValueError as error:
            raise RefusedError(
                f"it is not JSON: {error}",
                where=f"{self.source}/{COMPACT}",
                next_step="run modelwright platform sync",
            ) from error
        except KeyError as error:
            raise RefusedError(
                f"there is no {error.args[0]} in the platform",
                where=self.source,
                next_step="name a platform's folder or URL with --platform",
            ) from error
        if not isinstance(compact, dict) or compact.pop(DIGEST, "") != digest(text):
            raise RefusedError(
                "the templates were not written for this policy",
                where=f"{self.source}/{POLICY}",
                next_step="run modelwright platform check, then modelwright platform sync",
            )
        self._refuse_slow_patterns(compact)
        return compact

    def _refuse_slow_patterns(self, policy: Mapping[str, Any]) -> None:
        where, step = f"{self.source}/{POLICY}", "run modelwright platform check, then sync"
        try:
            naming = policy["naming"]
            rules = [naming["repository"], naming["use_case"], *naming["derived"]]
            reasons = {str(rule["id"]): unsafe_pattern(str(rule["pattern"])) for rule in rules}
        except (KeyError, TypeError) as error:
            problem = "its naming rules have another form than those of a platform"
            raise RefusedError(problem, where=where, next_step=step) from error
        for identity, reason in reasons.items():
            if reason:
                problem = f"the pattern of {identity} may take too long on some name: {reason}"
                raise RefusedError(problem, where=where, next_step=step)

    @cached_property
    def template(self) -> Template:
        """The questions and the environment of the templates."""
        # Here, because the template engine costs the commands that render nothing 80 ms.
        from modelwright.catalog.rendering import open_template  # noqa: PLC0415

        return open_template(self.tree)

    @property
    def sample(self) -> bool:
        """Whether this is the made-up organisation's platform."""
        return bool(self.policy.get("sample"))

    def archetype(self, identity: str) -> Archetype:
        """Return one archetype.

        Raises:
            RefusedError: The policy offers no such archetype; the nearest is named.
        """
        offered = list(self.policy["archetypes"])
        if identity not in offered:
            raise RefusedError(
                f"there is no archetype {identity!r}",
                where="ARCHETYPE",
                next_step=f"choose {' or '.join(nearest(identity, offered) or offered)}",
            )
        text = self.tree.read(f"templates/{identity}/{FILE}").decode()
        return archetype_from(identity, text)

    @property
    def archetypes(self) -> list[Archetype]:
        """Every archetype that the policy offers."""
        return [self.archetype(identity) for identity in self.policy["archetypes"]]


def digest(text: bytes) -> str:
    """Return the fingerprint of a policy file."""
    return hashlib.sha256(text).hexdigest()
