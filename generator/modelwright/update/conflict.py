"""What a person must look at after an update, with one line of advice each."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import Final, Literal

Kind = Literal["content", "binary", "deleted", "names", "managed", "in the way", "meanwhile"]

ADVICE: Final[dict[Kind, str]] = {
    "content": "edit what stands between the markers, then git add {path}",
    "binary": "yours stands; the template's is {aside}: keep one as {path}, then git add {path}",
    "deleted": "the template has it no more: git rm {path} to follow, git add {path} to keep yours",
    "names": "you and the template moved or replaced it differently: keep one, git rm the other",
    "managed": "the template owns it and was followed; yours is {aside}: put the change where your "
    "own code stands, then git rm -f {aside}",
    "in the way": "your file is not in git and was left alone; the template's is {aside}",
    "meanwhile": "the update's stands; yours is {aside}: put your change into {path}, then "
    "delete {aside}",
}
WHAT: Final[dict[Kind, str]] = {
    "content": "both changed the same lines",
    "binary": "both changed a file that cannot be merged",
    "deleted": "you changed what the template deleted",
    "names": "it has two names, or two kinds",
    "managed": "you changed a managed file",
    "in the way": "an untracked file is in the way",
    "meanwhile": "you changed it after the update was interrupted",
}


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """One path that a person must look at.

    Attributes:
        aside: The path of the other version, where both cannot stand in one file.
    """

    path: str
    kind: Kind
    aside: str = ""

    @property
    def problem(self) -> str:
        """What happened, in a few words."""
        return WHAT[self.kind]

    @property
    def advice(self) -> str:
        """What to do, in one line."""
        return ADVICE[self.kind].format(path=quote(self.path), aside=quote(self.aside))
