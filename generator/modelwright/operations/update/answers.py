"""A project's answers under a new version: refusals, warnings, changed names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from modelwright.adapters.disk.stored_answers import stored_answers
from modelwright.errors import RefusedError
from modelwright.operations.update.request import UpdateRequest
from modelwright.operations.update.workspace import Workspace
from modelwright.paths import COMPILED_POLICY
from modelwright.policy.answers import answers_refusals
from modelwright.policy.choices import RETIRED
from modelwright.policy.rules import Refusal
from modelwright.template.answer_collector import Answers, Asker
from modelwright.template.tree import Tree
from modelwright.template.untrusted import working_on_untrusted
from modelwright.template.version import Version

NAMES: Final = ("repo_name", "package_name")
_TRUE: Final = ("1", "y", "yes", "true", "on")
_FALSE: Final = ("0", "n", "no", "false", "off")
_POLICY_ANSWERS: Final = ("archetype", "team", "brand", "use_case", "description")


def read_answers(workspace: Workspace, request: UpdateRequest) -> Mapping[str, Any]:
    """Return the answers that the project keeps, or that its adoption will write.

    Raises:
        RefusedError: It keeps none, or they cannot be read.
        ExternalSystemError: Its answers file is not in git.
    """
    if request.adopting is not None:
        return request.adopting
    stored = stored_answers(workspace.folder, request.answers_file)
    workspace.require_committed(request.answers_file)
    return stored


def new_answers(
    version: Version,
    stored: Mapping[str, object],
    given: Mapping[str, object],
    ask: Asker | None,
) -> Answers:
    """Return the answers under a new version; a stored one changes only where it is given.

    Raises:
        RefusedError: One is refused, missing, or would change by itself.
    """
    answers = version.answers(stored, given, ask)
    remembered = answers.stored_values
    for name, before in stored.items():
        if (
            name in remembered
            and name not in given
            and not _is_same_answer(before, remembered[name])
        ):
            raise RefusedError(
                f"{version.name} would change the answer {name} from {before!r} to "
                f"{remembered[name]!r}",
                where=f"answer {name}",
                next_step=f"choose one: --data {name}=...",
            )
    return answers


def refuse_new_names(
    before: Answers, after: Answers, version: str, *, given: Mapping[str, object], rename: bool
) -> list[str]:
    """Check that names which are derived from the answers stay; return notes on those that changed.

    Raises:
        RefusedError: One would change although no answer was changed.
    """
    notes = []
    for name in NAMES:
        old, new = _derived_name(before, name), _derived_name(after, name)
        if old == new:
            continue
        if not (given or rename):
            raise RefusedError(
                f"{version} would rename the project: {name} from {old!r} to {new!r}",
                where="the platform's naming rule",
                next_step="accept it with --rename, or ask the platform team to keep the old rule "
                "for existing projects",
            )
        notes.append(f"{name} changes from {old} to {new}")
    return notes


def refused_today(tree: Tree, stored: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a version's policy would refuse in a new project with these answers.

    A template without a policy refuses nothing.

    Raises:
        RefusedError: The policy refuses it in a project of any age, or has another form.
    """
    with working_on_untrusted(COMPILED_POLICY):
        yield from _refused_today(tree, stored)


def _refused_today(tree: Tree, stored: Mapping[str, Any]) -> Iterator[str]:
    policy = policy_of(tree)
    if policy is None or any(name not in stored for name in _POLICY_ANSWERS):
        return
    answers = {name: "" if value is None else str(value) for name, value in stored.items()}
    archetype, born = answers["archetype"], answers.get("born", "")
    for refusal in answers_refusals(policy, archetype, answers, born=born) if born else ():
        raise RefusedError(
            f"{refusal.rule}: {refusal.problem}",
            where=f"answer {refusal.kind}",
            next_step=f"{refusal.next_step}: --data {refusal.kind}=...",
            rule=refusal.rule,
        )
    for refusal in answers_refusals(policy, archetype, answers):
        warning = f"{refusal.rule}: {refusal.problem}; a new project would be refused"
        yield f"{warning}{_replacement_advice(policy, refusal)}"


def _replacement_advice(policy: Mapping[str, Any], refusal: Refusal) -> str:
    """Return how a project leaves a retired team or brand; empty for any other refusal."""
    entries = {"team": policy["teams"], "brand": policy["brands"]}.get(refusal.kind, {})
    if refusal.rule != RETIRED:
        return ""
    successor = entries.get(refusal.value, {}).get("renamed_to", "")
    if successor:
        return f"; move to it: modelwright update --data {refusal.kind}={successor}"
    command = f": modelwright update --data {refusal.kind}=..." if entries else ""
    return f"; {refusal.next_step}{command}"


def policy_of(tree: Tree) -> dict[str, Any] | None:
    """Return the policy that comes with the templates; None where there is none."""
    try:
        policy: dict[str, Any] = json.loads(tree.read(COMPILED_POLICY))
    except KeyError:
        return None
    return policy


def _is_same_answer(before: object, after: object) -> bool:
    """Say whether two answers mean the same, though a question's type or order changed."""
    if isinstance(before, list) and isinstance(after, list):
        return sorted(map(str, before)) == sorted(map(str, after))
    if isinstance(after, bool):
        return str(before).strip().lower() in (_TRUE if after else _FALSE)
    return before == after or str(before) == str(after)


def _derived_name(answers: Answers, name: str) -> str:
    context = answers.values.get("cookiecutter")
    return str(context.get(name, "")) if isinstance(context, dict) else ""
