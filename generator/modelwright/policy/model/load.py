"""Reads `platform.yml`: quickly as plain data, or wholly, with every fault named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelwright.paths import POLICY_FILE
from modelwright.policy.faults import PolicyError
from modelwright.policy.resource_limits import with_resource_limits
from modelwright.policy.yaml_reader import read_document

if TYPE_CHECKING:
    from modelwright.policy.model.document import Policy


def read_plain(text: str, where: str = POLICY_FILE) -> dict[str, Any]:
    """Return a policy as plain data, without judging it: for a policy known to be sound.

    Raises:
        PolicyError: The text is not YAML, repeats a key, or holds a mark of Jinja.
    """
    document = read_document(text, where)
    if document.faults:
        raise PolicyError(document.faults, where)
    return dict(document.data)


def load_policy(text: str, where: str) -> Policy:
    """Return a sound policy.

    Args:
        text: What the policy file holds.
        where: The file's name, for messages.

    Raises:
        PolicyError: It is unsound; every fault is named with its line and what to write instead.
    """
    # The models take a tenth of a second to import, which `read_plain` must not pay.
    from pydantic import ValidationError  # noqa: PLC0415

    from modelwright.policy.model.document import Policy  # noqa: PLC0415
    from modelwright.policy.model.soundness import soundness_faults  # noqa: PLC0415

    document = read_document(text, where)
    try:
        with with_resource_limits(
            where, next_step="write less; look at long lists and at patterns"
        ):
            policy = Policy.model_validate(document.data)
    except ValidationError as error:
        from modelwright.policy.model.schema import shape_faults  # noqa: PLC0415

        faults, paths = shape_faults(error, document)
        raise PolicyError(
            [*document.faults, *faults, *soundness_faults(document, paths)], where
        ) from error
    faults = [*document.faults, *soundness_faults(document)]
    if faults:
        raise PolicyError(faults, where)
    return policy
