"""The record in an organisation's platform: which version of modelwright its files came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import yaml

from modelwright.errors import RefusedError
from modelwright.policy.yaml_limits import UNREADABLE

FILE: Final = ".modelwright.yml"
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
    def text(self) -> str:
        """The record file's text."""
        return _NOTE + yaml.safe_dump(
            {"source": self.source, "version": self.version}, sort_keys=False
        )


def record_from(text: str) -> PlatformRecord:
    """Read a record file.

    Raises:
        RefusedError: It has another form.
    """
    try:
        data = yaml.safe_load(text)
        return PlatformRecord(source=str(data["source"]), version=str(data["version"]))
    except (yaml.YAMLError, *UNREADABLE) as error:
        raise RefusedError(
            "it does not say from which source and version this platform came",
            where=FILE,
            next_step=f"restore it: git checkout HEAD -- {FILE}",
        ) from error
