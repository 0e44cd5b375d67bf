"""What `new` refuses before a question is put or a file is rendered."""

from __future__ import annotations

from collections.abc import Mapping

from modelwright.catalog.platform import Platform
from modelwright.catalog.version import refuse_unknown
from modelwright.errors import RefusedError
from modelwright.policy.answers import answers_refusals

_NEEDED = ("team", "brand", "use_case", "description")


def refuse_answers(platform: Platform, archetype: str, given: Mapping[str, object]) -> None:
    """Judge the answers that are known so far.

    Raises:
        RefusedError: One of them answers no question, or a rule refuses it.
    """
    names = platform.template.questionnaire.names
    refuse_unknown([name for name in names if name != "archetype"], given)
    answers = {name: str(value) for name, value in given.items()}
    team = platform.policy["teams"].get(answers.get("team", ""))
    if team and len(team["brands"]) == 1:
        answers.setdefault("brand", team["brands"][0])
    if "team" in answers and not team:
        answers["brand"] = next(iter(platform.policy["brands"]))
    if any(name not in answers for name in _NEEDED):
        return
    for refusal in answers_refusals(platform.policy, archetype, answers):
        raise RefusedError(
            f"{refusal.rule}: {refusal.problem}",
            where=f"answer {refusal.kind}",
            next_step=refusal.next_step,
            rule=refusal.rule,
        )
