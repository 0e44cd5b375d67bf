"""What a policy's shape cannot say: do its parts agree with each other?

Each check reads the plain data, from which every value of a wrong shape was taken out; so it finds
its own faults in a file that has others, and a part that is not there is another check's concern.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Final

from modelwright.policy.faults import Fault
from modelwright.policy.soundness import environments, names, retirement, secrets, tags, teams
from modelwright.policy.yaml_text import Document, Path

__all__ = ["CHECKS", "soundness_faults"]

CHECKS: Final = (
    environments.disagreements,
    retirement.disagreements,
    teams.disagreements,
    names.disagreements,
    tags.disagreements,
    secrets.disagreements,
)


def soundness_faults(document: Document, misshapen: Iterable[Path] = ()) -> list[Fault]:
    """Return where the parts of a policy disagree.

    Args:
        document: The policy's document.
        misshapen: Paths of the values whose shape is wrong.
    """
    data = _without(document.data, list(misshapen))
    return [
        Fault(document.line(finding.path), finding.problem, finding.next_step)
        for check in CHECKS
        for finding in check(data)
    ]


def _without(data: dict[str, Any], paths: list[Path]) -> dict[str, Any]:
    if not paths:
        return data
    data = deepcopy(data)
    for path in paths:
        _remove(data, path[:-1] if path[-1:] == ("[key]",) else path)
    return data


def _remove(data: Any, path: Path) -> None:  # noqa: ANN401 - any value of a YAML file
    parents = [data]
    for step in path[:-1]:
        try:
            parents.append(parents[-1][step])
        except (KeyError, IndexError, TypeError):
            return
    # Taking one item out of a list would move the others: the whole list goes.
    while path and isinstance(parents[-1], list):
        path = path[:-1]
        parents.pop()
    if path and isinstance(parents[-1], dict):
        parents[-1].pop(path[-1], None)
