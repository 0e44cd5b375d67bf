"""A platform: an organisation's policy and templates at one version, and where they came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import yaml

from modelwright.errors import RefusedError
from modelwright.paths import (
    COMPILED_POLICY,
    PLATFORM_RECORD,
    POLICY_FILE,
    archetype_file,
)
from modelwright.policy.choices import nearest
from modelwright.policy.model.load import load_policy, read_plain
from modelwright.policy.resource_limits import with_resource_limits
from modelwright.policy.safe_patterns import unsafe_pattern
from modelwright.policy.yaml_reader import CONSTRUCTION_ERRORS
from modelwright.template.archetypes import Archetype, archetype_from
from modelwright.template.tree import Tree

if TYPE_CHECKING:
    from modelwright.template.rendering import Template

DIGEST: Final = "_digest"
_NOTE: Final = "# Where this platform's files came from; `modelwright update` brings newer ones.\n"


@dataclass(frozen=True, kw_only=True)
class PlatformRecord:
    """Where a platform's files came from.

    Attributes:
        source: The URL or absolute path of modelwright's repository.
        version: A tag of it, or git's description of a commit.
    """

    source: str
    version: str

    @property
    def answers(self) -> dict[str, str]:
        """Source and version as a project's answers file names them."""
        return {"_src_path": self.source, "_commit": self.version}

    @property
    def text(self) -> str:
        """The record file's text."""
        return _NOTE + yaml.safe_dump(
            {"source": self.source, "version": self.version}, sort_keys=False
        )


def parse_platform_record(text: str) -> PlatformRecord:
    """Read a record file.

    Raises:
        RefusedError: It has another form.
    """
    try:
        data = yaml.safe_load(text)
        return PlatformRecord(source=str(data["source"]), version=str(data["version"]))
    except (yaml.YAMLError, *CONSTRUCTION_ERRORS) as error:
        raise RefusedError(
            "it does not say from which source and version this platform came",
            where=PLATFORM_RECORD,
            next_step=f"restore it: git checkout HEAD -- {PLATFORM_RECORD}",
        ) from error


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
            text = self.tree.read(POLICY_FILE)
            with with_resource_limits(COMPILED_POLICY):
                compact: dict[str, Any] = json.loads(self.tree.read(COMPILED_POLICY))
        except ValueError as error:
            raise RefusedError(
                f"it is not JSON: {error}",
                where=f"{self.source}/{COMPILED_POLICY}",
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
                where=f"{self.source}/{POLICY_FILE}",
                next_step="run modelwright platform check, then modelwright platform sync",
            )
        self._refuse_unusable(compact)
        return compact

    def _refuse_unusable(self, policy: Mapping[str, Any]) -> None:
        """Refuse a policy without an address or naming rules, or with a slow pattern."""
        where, step = f"{self.source}/{POLICY_FILE}", "run modelwright platform check, then sync"
        try:
            naming, _ = policy["naming"], policy["platform"]["url"]
            rules = [naming["repository"], naming["use_case"], *naming["derived"]]
            reasons = {str(rule["id"]): unsafe_pattern(str(rule["pattern"])) for rule in rules}
        except (KeyError, TypeError) as error:
            problem = "its address or its naming rules have another form than those of a platform"
            raise RefusedError(problem, where=where, next_step=step) from error
        for identity, reason in reasons.items():
            if reason:
                problem = f"the pattern of {identity} may take too long on some name: {reason}"
                raise RefusedError(problem, where=where, next_step=step)

    @cached_property
    def template(self) -> Template:
        """The questions and the environment of the templates."""
        # Here, because the template engine costs the commands that render nothing 80 ms.
        from modelwright.template.rendering import open_template  # noqa: PLC0415

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
        text = self.tree.read(archetype_file(identity)).decode()
        return archetype_from(identity, text)

    @property
    def archetypes(self) -> list[Archetype]:
        """Every archetype that the policy offers."""
        return [self.archetype(identity) for identity in self.policy["archetypes"]]


def digest(text: bytes) -> str:
    """Return the checksum of a policy file, as `policy.json` holds it."""
    return hashlib.sha256(text).hexdigest()


def refuse_unsound(tree: Tree, source: str) -> None:
    """Do nothing where a platform's policy is sound, or there is none.

    Raises:
        RefusedError: The policy has faults, or `policy.json` is not what `sync` writes from it.
    """
    try:
        text, stored = tree.read(POLICY_FILE).decode(), tree.read(COMPILED_POLICY)
    except (KeyError, OSError):
        return
    except UnicodeDecodeError as error:
        raise RefusedError(
            f"it is not UTF-8: {error.reason}",
            where=f"{source}/{POLICY_FILE}",
            next_step="store it as UTF-8, then run modelwright platform sync",
        ) from error
    load_policy(text, f"{source}/{POLICY_FILE}")
    expected = json.loads(json.dumps(read_plain(text), default=str))
    try:
        compact = json.loads(stored)
    except ValueError:
        compact = None
    if not isinstance(compact, dict) or {**compact, DIGEST: ""} != {**expected, DIGEST: ""}:
        raise RefusedError(
            f"it does not hold the policy of {POLICY_FILE}",
            where=f"{source}/{COMPILED_POLICY}",
            next_step="run modelwright platform check, then modelwright platform sync",
        )
