"""What each call does and answers, a module for each corner of the API."""

from tests.github.fake.answering import (
    accounts,
    actions,
    apps,
    commits,
    environments,
    granting,
    labels,
    repositories,
    rulesets,
    teams,
    values,
    ways,
)
from tests.github.fake.answering.commits import after_push

__all__ = ["MODULES", "after_push"]

MODULES = (
    accounts,
    actions,
    apps,
    commits,
    environments,
    granting,
    labels,
    repositories,
    rulesets,
    teams,
    values,
    ways,
)
