"""`docs/policy.md` has every key of the policy, with an example that is valid there."""

import re
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel

from modelwright.policy.model.document import Policy
from tests.policies import ROOT, plain

REFERENCE = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([\w.*]+)` \|.*\| `([^`]+)` \|$", REFERENCE, re.MULTILINE)
OF_EVERY_CHOICE = r"^(archetypes|brands)\.\*\.(retired|renamed_to)$"
OF_EVERY_RULE = r"^naming\.\w+\.(id|since|pattern|min_length|max_length|wording|example)$"


def keys(annotation, path=""):
    """Return every key that holds no further keys."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        return [
            key
            for name, field in fields
            for key in keys(field.annotation, f"{path}.{field.alias or name}")
        ]
    parts = [part for part in get_args(annotation) if part is not Ellipsis]
    if not parts or isinstance(parts[0], str | int):
        return [path.lstrip(".")]
    if annotation.__origin__ is dict:
        return keys(_bare(parts[1]), f"{path}.*")
    return keys(_bare(parts[0]), path)


def _bare(annotation):
    return get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation


def test_every_key_has_a_row():
    shared = {
        re.sub(OF_EVERY_RULE, r"naming.repository.\1", re.sub(OF_EVERY_CHOICE, r"teams.*.\2", key))
        for key in keys(Policy)
    }

    assert len(shared) > 60
    assert shared <= {key for key, _ in ROWS} | {"naming.repository.id"}


def test_no_row_speaks_of_a_key_that_is_not_there():
    assert {key for key, _ in ROWS} <= set(keys(Policy))


@pytest.mark.parametrize(("key", "example"), ROWS, ids=[key for key, _ in ROWS])
def test_the_example_of_a_row_is_valid(key, example):
    policy = plain()
    *parents, last = key.split(".")
    place = policy
    for step in parents:
        place = next(iter(place.values())) if step == "*" else place.setdefault(step, {})
        place = place[0] if isinstance(place, list) else place
    place[next(iter(place), "other") if last == "*" else last] = yaml.safe_load(example)

    Policy.model_validate(policy)
