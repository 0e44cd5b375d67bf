"""The first policy of a new platform: from answers, or a complete file of the user's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from modelwright.errors import RefusedError, UsageError
from modelwright.operations.new.answer_options import answers_from_options
from modelwright.paths import POLICY_FILE
from modelwright.policy.faults import PolicyError
from modelwright.policy.model.load import load_policy, read_plain
from modelwright.policy.model.policy_file import (
    compose_policy,
    organisation_blocks,
    read_blocks,
    write_block,
)
from modelwright.policy.yaml_reader import read_document

_HEADER: Final = """\
# The policy of {name}: the platform team edits this file, runs `modelwright platform sync`
# and tags a release. docs/policy.md explains every key; `modelwright platform check` names
# every fault in it.
"""
_EXAMPLE: Final = re.compile(r"(?<=example: )[a-z0-9-]+-fraud-scoring-serve\b")


def policy_parts_from_options(data: Sequence[str], data_file: Path | None) -> dict[str, object]:
    """Return values by dotted path, such as `brands.norda.cloud`; `--data` wins over the file.

    Args:
        data: Texts of the form `PATH=VALUE`.
        data_file: A part of a policy, in the form of `platform.yml`.

    Raises:
        UsageError: One of them has another form, or the file cannot be read.
        RefusedError: The file repeats a key, or holds a mark of Jinja.
    """
    parts = dict(_flatten("", _read_mapping(data_file))) if data_file else {}
    return {**parts, **answers_from_options(data, None)}


def text_of(path: Path, option: str) -> str:
    """Return the text of a file that an option names.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(
            f"it cannot be read: {reason}",
            where=f"{option} {path}",
            next_step="name a file in the form of platform.yml",
        ) from error


def _read_mapping(path: Path) -> Mapping[str, object]:
    document = read_document(text_of(path, "--data-file"), str(path))
    if document.faults:
        raise PolicyError(document.faults, str(path))
    return document.mapping


def _flatten(path: str, value: object) -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping) or (path and not value):
        # An empty mapping means the same as a missing one.
        if not isinstance(value, Mapping):
            yield path, value
        return
    for name, entry in value.items():
        yield from _flatten(f"{path}.{name}" if path else str(name), entry)


def policy_from_answers(base: str, answers: Mapping[str, Any]) -> str:
    """Return a policy's text: `base`, with the answered sections in place of its own.

    Args:
        base: The policy that came with this program, for every section without questions.
        answers: The sections, in the form of a policy.

    Raises:
        RefusedError: The sections do not agree with each other or with the rules.
    """
    own = {
        "": _HEADER.format(name=answers["organisation"]["name"]),
        "sample": "",
        "organisation": write_block("organisation", answers["organisation"]),
        "platform": write_block("platform", answers["platform"]),
        "environments": write_block("environments", answers["environments"]),
        "brands": write_block("brands", answers["brands"], deep=True),
        "teams": write_block("teams", answers["teams"]),
        "naming": _naming(base, next(iter(answers["brands"]))),
        "github": _github(base, answers["environments"][-1]),
    }
    text = compose_policy(base, own)
    try:
        load_policy(text, POLICY_FILE)
    except PolicyError as error:
        faults = error.faults
        raise RefusedError(
            "; ".join(dict.fromkeys(fault.problem for fault in faults)),
            where="the answers",
            next_step=f"{faults[0].next_step}; nothing was written",
        ) from error
    _refuse_idle_brands(answers)
    return text


def check_ready_policy(text: str, where: str, archetypes: Collection[str]) -> str:
    """Return a policy's text unchanged, where it can be a platform's first policy.

    Args:
        text: A complete policy.
        where: Its file, for messages.
        archetypes: Those that have templates.

    Raises:
        RefusedError: It has faults, is a sample's, or offers an archetype without templates.
    """
    policy = load_policy(text, where)
    if policy.sample:
        raise RefusedError(
            "it is the policy of a made-up organisation",
            where=where,
            next_step="put your own organisation, brands and teams in, and take out `sample: true`",
        )
    for identity in policy.archetypes:
        if identity not in archetypes:
            raise RefusedError(
                f"there are no templates for the archetype '{identity}'",
                where=where,
                next_step=f"take it out; there are {', '.join(sorted(archetypes))}",
            )
    return text


def merge_policies(old: str, new: str, ours: str) -> tuple[str, str]:
    """Return two versions of modelwright's own policy as they would be in an organisation's file.

    The organisation's own sections are in both, so a merge brings only what modelwright changed in
    the rest: archetypes, options, secrets, pins of actions.

    Args:
        old: The policy of the version that the platform came from.
        new: That of the newer version.
        ours: The organisation's.
    """
    own = organisation_blocks(ours)
    return compose_policy(old, own), compose_policy(new, own)


def _naming(base: str, brand: str) -> str:
    """Return the naming rules with one of the organisation's own brands in the example."""
    example = f"{brand}-fraud-scoring-serve"
    block = read_blocks(base)["naming"]
    max_length = read_plain(base)["naming"]["repository"]["max_length"]
    return _EXAMPLE.sub(example, block) if len(example) <= max_length else block


def _github(base: str, last: str) -> str:
    """Return what repositories are like, with the reviewers at the last environment."""
    settings = read_plain(base)["github"]
    reviewers = next(iter(settings["reviewers"].values()))
    return write_block("github", {**settings, "reviewers": {last: reviewers}})


def _refuse_idle_brands(answers: Mapping[str, Any]) -> None:
    busy = {brand for team in answers["teams"].values() for brand in team["brands"]}
    idle = [brand for brand in answers["brands"] if brand not in busy]
    if idle:
        raise RefusedError(
            f"no team works for brand '{idle[0]}', so it could have no project",
            where=f"answer brands.{idle[0]}",
            next_step=f"name {idle[0]} in teams.<team>.brands, or leave the brand out",
        )
