"""Says whether a platform's policy is at fault where a command failed with a fault of ours.

A policy is not validated at each command: that takes a tenth of a second, and an older version's
policy may have another form. So a platform that was never checked can make anything fail.
"""

from __future__ import annotations

import json

from modelwright.catalog.platform import COMPACT, DIGEST, POLICY
from modelwright.catalog.tree import Tree
from modelwright.errors import RefusedError
from modelwright.policy.load import load_policy, read_plain

__all__ = ["refuse_unsound"]


def refuse_unsound(tree: Tree, source: str) -> None:
    """Do nothing where a platform's policy is sound, or there is none.

    Raises:
        RefusedError: The policy has faults, or `policy.json` is not what `sync` writes from it.
    """
    try:
        text, stored = tree.read(POLICY).decode(), tree.read(COMPACT)
    except (KeyError, OSError):
        return
    except UnicodeDecodeError as error:
        raise RefusedError(
            f"it is not UTF-8: {error.reason}",
            where=f"{source}/{POLICY}",
            next_step="store it as UTF-8, then run modelwright platform sync",
        ) from error
    load_policy(text, f"{source}/{POLICY}")
    expected = json.loads(json.dumps(read_plain(text), default=str))
    try:
        compact = json.loads(stored)
    except ValueError:
        compact = None
    if not isinstance(compact, dict) or {**compact, DIGEST: ""} != {**expected, DIGEST: ""}:
        raise RefusedError(
            f"it does not hold the policy of {POLICY}",
            where=f"{source}/{COMPACT}",
            next_step="run modelwright platform check, then modelwright platform sync",
        )
