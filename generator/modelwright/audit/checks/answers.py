"""Are the answers, the names that follow from them, and the repository's own name within policy?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from modelwright.audit.findings import Finding
from modelwright.audit.project import Project
from modelwright.paths import ANSWERS_FILE
from modelwright.policy.answers import answers_refusals
from modelwright.policy.rules import LIBRARIES, Refusal, binds, refusals, repository_refusal

RETIRED: Final = "ANS002"
UNKNOWN: Final = "ANS001"
_ELSEWHERE: Final = "name the project's own version with --platform to have it judged"
_ANSWER_OF: Final = {
    "cost centre": "cost_centre",
    "allocation key": "allocation_key",
    "use case": "use_case",
}


def check_answers(project: Project) -> Iterator[Finding]:
    """Judge every answer as a new project's, and tell only what was legal at birth."""
    born = str(project.answers.get("born", ""))
    for refusal in _refusals(project, born):
        # The list of libraries grows with every lock file; no policy's version says since when.
        listed_since = refusal.rule == LIBRARIES and bool(born)
        legal_at_birth = refusal.rule == RETIRED or listed_since or not binds(refusal, born)
        # Another version of the policy cannot know which choices came or went since.
        unknown = refusal.rule == UNKNOWN and bool(project.unjudged)
        yield Finding(
            where=_where(project, refusal),
            rule=refusal.rule,
            problem=refusal.problem,
            next_step=_ELSEWHERE if unknown else _next_step(refusal, legal_at_birth=legal_at_birth),
            warning=legal_at_birth or unknown,
        )


def check_repository(project: Project) -> Iterator[Finding]:
    """Compare the repository's name, at its remote or else its folder's, with the answers' own."""
    if not project.known:
        return
    refusal = repository_refusal(
        project.policy,
        project.remote or project.folder,
        brand=project.answers["brand"],
        use_case=project.answers["use_case"],
        suffix=_suffix(project),
    )
    if refusal:
        yield Finding(
            where=".git/config:1" if project.remote else f"{ANSWERS_FILE}:1",
            rule=refusal.rule,
            problem=f"{refusal.problem} (the {_named_by(project)})",
            next_step=refusal.next_step,
        )


def _refusals(project: Project, born: str) -> list[Refusal]:
    answers, policy = project.answers, project.policy
    archetype = answers["archetype"]
    found = answers_refusals(policy, archetype, answers)
    if born:
        found += answers_refusals(policy, archetype, answers, born=born)
    if project.known:
        brand, use_case = answers["brand"], answers["use_case"]
        found += refusals(policy, brand=brand, use_case=use_case, suffix=_suffix(project))
    return list(dict.fromkeys(found))


def _suffix(project: Project) -> str:
    suffix: str = project.policy["archetypes"][project.answers["archetype"]]["suffix"]
    return suffix


def _named_by(project: Project) -> str:
    return "remote origin" if project.remote else "folder"


def _where(project: Project, refusal: Refusal) -> str:
    name = _ANSWER_OF.get(refusal.kind, refusal.kind)
    key = name if name in project.answers else "use_case"
    return f"{ANSWERS_FILE}:{project.document(ANSWERS_FILE).line(key)}"


def _next_step(refusal: Refusal, *, legal_at_birth: bool) -> str:
    if legal_at_birth:
        return f"nothing at once: it was legal when the project was made; {refusal.next_step}"
    return f"answer again by an update: {refusal.next_step}"
