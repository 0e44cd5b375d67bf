"""Adopts into a platform: infers, asks and checks the answers, and renders its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from modelwright.adapters.git.history import GitHistory
from modelwright.errors import RefusedError, UsageError
from modelwright.operations.adopt.request import (
    AdoptRequest,
    ask_with_evidence,
    refuse_ambiguous,
    unambiguous_answers,
)
from modelwright.template.answer_collector import Answers, Asker, collect_answers
from modelwright.template.archetypes import MANAGED_ONLY as GOVERNED
from modelwright.template.inference.evidence import (
    AnswerEvidence,
    InferredAnswer,
    InspectedRepository,
)
from modelwright.template.inference.inference import KnownPlatform, infer_answers, infer_archetype
from modelwright.template.inference.origin import ARCHETYPE, Origin
from modelwright.template.platform import Platform
from modelwright.template.questions import MISSING, Question
from modelwright.template.tree import RenderedFile
from modelwright.template.version import DialectVersion, RenderCache, refuse_unknown


@dataclass(kw_only=True)
class PlatformTemplate:
    """A template repository with a policy.

    Attributes:
        history: Its versions.
        newest: The version whose policy and questions are used to infer answers.
    """

    history: GitHistory
    newest: str
    request: AdoptRequest
    _renders: RenderCache = field(default_factory=RenderCache, repr=False)

    @property
    def rendered(self) -> int:
        """How many files were rendered to compare versions."""
        return self._renders.rendered

    def infer(
        self, repository: InspectedRepository, origins: Sequence[Origin]
    ) -> dict[str, InferredAnswer]:
        """Return what is inferred for its questions, the archetype among them.

        Raises:
            RefusedError: An option answers none of its questions.
            UsageError: The archetype is ambiguous.
        """
        platform, request = self._platform(self.newest), self.request
        names = platform.template.questionnaire.names
        if request.governed and GOVERNED not in names:
            raise RefusedError(
                f"{self.newest} of the platform cannot govern a repository with its own source",
                where="--managed-only",
                next_step="name a later version with --to, or ask the platform team for one",
            )
        refuse_unknown([name for name in names if name != ARCHETYPE], request.answers)
        archetype = _inferred_archetype(platform, repository, origins, request)
        platform = self._with_archetype(_single_value(archetype))
        known = KnownPlatform(
            policy=platform.policy, archetype=platform.archetype(_single_value(archetype))
        )
        answers = infer_answers(repository, origins, request.answers, known)
        return {ARCHETYPE: archetype, **{n: g for n, g in answers.items() if n in names[1:]}}

    def decide(
        self, inferred: Mapping[str, InferredAnswer], ask: Asker | None
    ) -> dict[str, object]:
        """Return the unambiguous answers, and those that a person gives.

        Raises:
            MissingAnswerError: An answer is ambiguous and nobody can be asked.
            RefusedError: An answer is refused.
        """
        platform = self._platform(self.newest)
        sure = unambiguous_answers(inferred)
        open_questions = [
            question
            for question in platform.template.questionnaire.questions
            if question.name not in sure and _is_open(question, inferred, platform, sure)
        ]
        if not open_questions:
            return sure
        if ask is None:
            raise refuse_ambiguous([question.name for question in open_questions], inferred)
        open_names = [question.name for question in open_questions]
        questionnaire = platform.template.questionnaire
        questions = tuple(
            _ask_where_ambiguous(q, inferred) if q.name in open_names else q.lenient
            for q in questionnaire.questions
        )
        # The other answers are judged by the version that fits best.
        answers = collect_answers(
            replace(questionnaire, questions=questions),
            platform.template.env,
            given=sure,
            defaults=True,
            ask=ask_with_evidence(ask, inferred),
        )
        return {**sure, **{name: answers.values[name] for name in open_names}}

    def files(self, name: str, given: Mapping[str, object]) -> dict[str, RenderedFile]:
        """Return the files of a version that are compared: those that the team owns are left out.

        Raises:
            ModelwrightError: The version cannot be rendered with these answers.
        """
        tree = self.history.tree(name)
        version = DialectVersion(tree, name, self.history.source)
        owner_of = self._platform(name).archetype(str(given[ARCHETYPE])).owner_of
        files = self._renders.files(version, tree, given)
        return {path: file for path, file in files.items() if owner_of(path) != "yours"}

    def check(self, name: str, given: Mapping[str, object]) -> None:
        """Check the answers against the rules of a version.

        Raises:
            RefusedError: It refuses one.
        """
        self._answers(name, given)

    def render_checked(
        self, name: str, given: Mapping[str, object]
    ) -> tuple[Answers, dict[str, RenderedFile]]:
        """Return the answers, checked by a version, and all its files.

        Raises:
            RefusedError: The version refuses an answer.
        """
        version, answers = self._answers(name, given)
        return answers, version.files(answers)

    def _answers(self, name: str, given: Mapping[str, object]) -> tuple[DialectVersion, Answers]:
        self._platform(name).archetype(str(given[ARCHETYPE]))
        version = DialectVersion(self.history.tree(name), name, self.history.source)
        names = version.template.questionnaire.names
        return version, version.answers({n: v for n, v in given.items() if n in names}, {})

    def _with_archetype(self, archetype: str) -> Platform:
        """Return the newest version that has an archetype; `newest` becomes it.

        Raises:
            RefusedError: No version has it, or the one that `--to` names has not.
        """
        names = [self.newest]
        if not (self.request.to or self.request.governed):
            names += [release.version for release in reversed(self.history.releases)]
        for name in names:
            platform = self._platform(name)
            if archetype in platform.policy["archetypes"]:
                self.newest = name
                return platform
        platform = self._platform(self.newest)
        platform.archetype(archetype)
        return platform

    def _platform(self, name: str) -> Platform:
        return Platform(tree=self.history.tree(name), source=self.history.source, version=name)


def _inferred_archetype(
    platform: Platform,
    repository: InspectedRepository,
    origins: Sequence[Origin],
    request: AdoptRequest,
) -> InferredAnswer:
    if request.archetype:
        return InferredAnswer(
            ARCHETYPE, (AnswerEvidence(ARCHETYPE, request.archetype, "--archetype"),)
        )
    answer = infer_archetype(repository, origins)
    if answer is None or not answer.unambiguous:
        raise UsageError(
            f"its archetype is ambiguous: {answer.explanation}"
            if answer
            else "nothing tells its archetype",
            where="--archetype",
            next_step=f"add --archetype {' or '.join(platform.policy['archetypes'])}",
        )
    return answer


def _single_value(answer: InferredAnswer) -> str:
    return str(answer.values[0])


def _is_open(
    question: Question,
    inferred: Mapping[str, InferredAnswer],
    platform: Platform,
    sure: Mapping[str, object],
) -> bool:
    """Say whether a question without an unambiguous answer must be asked."""
    if question.computed:
        return False
    if question.name == "brand":
        team = platform.policy["teams"].get(str(sure.get("team", "")))
        return team is None or len(team["brands"]) > 1
    if question.default is MISSING:
        return question.ask is True
    answer = inferred.get(question.name)
    return answer is not None and len(answer.values) > 1


def _ask_where_ambiguous(question: Question, inferred: Mapping[str, InferredAnswer]) -> Question:
    """Return a question that is asked even where it has a default, if its evidence disagrees."""
    if question.name not in inferred:
        return question
    return replace(question, default=MISSING, ask=True)
