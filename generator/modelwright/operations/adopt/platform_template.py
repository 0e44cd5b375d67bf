"""A template of ours, as `adopt` needs it: what is guessed, asked, compared and written."""

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
        newest: The version whose policy and questions the answers are guessed by.
    """

    history: GitHistory
    newest: str
    wanted: AdoptRequest
    _renders: RenderCache = field(default_factory=RenderCache, repr=False)

    @property
    def rendered(self) -> int:
        """How many files were rendered to compare versions."""
        return self._renders.rendered

    def guesses(
        self, repository: InspectedRepository, made: Sequence[Origin]
    ) -> dict[str, InferredAnswer]:
        """Return what is guessed for its questions, the archetype among them.

        Raises:
            RefusedError: An answer of the command line is to no question of its.
            UsageError: Nothing says what the repository shall be.
        """
        platform, wanted = self._platform(self.newest), self.wanted
        names = platform.template.questionnaire.names
        if wanted.governed and GOVERNED not in names:
            raise RefusedError(
                f"{self.newest} of the platform cannot govern a repository with its own source",
                where="--managed-only",
                next_step="name a later version with --to, or ask the platform team for one",
            )
        refuse_unknown([name for name in names if name != ARCHETYPE], wanted.answers)
        archetype = _inferred_archetype(platform, repository, made, wanted)
        platform = self._knowing(_single_value(archetype))
        known = KnownPlatform(
            policy=platform.policy, archetype=platform.archetype(_single_value(archetype))
        )
        found = infer_answers(repository, made, wanted.answers, known)
        return {ARCHETYPE: archetype, **{n: g for n, g in found.items() if n in names[1:]}}

    def settle(self, guesses: Mapping[str, InferredAnswer], ask: Asker | None) -> dict[str, object]:
        """Return the answers that are sure, and those that a person gives.

        Raises:
            UsageError: Something is not sure and nobody can be asked.
            RefusedError: An answer is refused.
        """
        platform = self._platform(self.newest)
        sure = unambiguous_answers(guesses)
        open_ = [
            question
            for question in platform.template.questionnaire.questions
            if question.name not in sure and _is_open(question, guesses, platform, sure)
        ]
        if not open_:
            return sure
        if ask is None:
            raise refuse_ambiguous([question.name for question in open_], guesses)
        asked = [question.name for question in open_]
        questionnaire = platform.template.questionnaire
        questions = tuple(
            _ask_where_ambiguous(q, guesses) if q.name in asked else q.lenient
            for q in questionnaire.questions
        )
        # The other answers are judged by the version that fits best.
        answers = collect_answers(
            replace(questionnaire, questions=questions),
            platform.template.env,
            given=sure,
            defaults=True,
            ask=ask_with_evidence(ask, guesses),
        )
        return {**sure, **{name: answers.values[name] for name in asked}}

    def files(self, name: str, given: Mapping[str, object]) -> dict[str, RenderedFile]:
        """Return the files of a version that are compared: not hers, which she replaces.

        Raises:
            ModelwrightError: The version cannot be rendered with these answers.
        """
        tree = self.history.tree(name)
        version = DialectVersion(tree, name, self.history.source)
        owner_of = self._platform(name).archetype(str(given[ARCHETYPE])).owner_of
        files = self._renders.files(version, tree, given)
        return {path: file for path, file in files.items() if owner_of(path) != "yours"}

    def judge(self, name: str, given: Mapping[str, object]) -> None:
        """Raise what a version says against the answers.

        Raises:
            RefusedError: It refuses one.
        """
        self._answers(name, given)

    def made(
        self, name: str, given: Mapping[str, object]
    ) -> tuple[Answers, dict[str, RenderedFile]]:
        """Return the answers, judged by a version, and all its files.

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

    def _knowing(self, archetype: str) -> Platform:
        """Return the newest version that has an archetype; it becomes the newest of all.

        Raises:
            RefusedError: None has it, or the version that is asked for has not.
        """
        names = [self.newest]
        if not (self.wanted.to or self.wanted.governed):
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
    made: Sequence[Origin],
    wanted: AdoptRequest,
) -> InferredAnswer:
    if wanted.archetype:
        return InferredAnswer(
            ARCHETYPE, (AnswerEvidence(ARCHETYPE, wanted.archetype, "--archetype"),)
        )
    guess = infer_archetype(repository, made)
    if guess is None or not guess.unambiguous:
        raise UsageError(
            f"what it shall be is not sure: {guess.explanation}"
            if guess
            else "nothing says what it is",
            where="--archetype",
            next_step=f"add --archetype {' or '.join(platform.policy['archetypes'])}",
        )
    return guess


def _single_value(guess: InferredAnswer) -> str:
    return str(guess.values[0])


def _is_open(
    question: Question,
    guesses: Mapping[str, InferredAnswer],
    platform: Platform,
    sure: Mapping[str, object],
) -> bool:
    """Say whether a question that is not surely answered must be put."""
    if question.computed:
        return False
    if question.name == "brand":
        team = platform.policy["teams"].get(str(sure.get("team", "")))
        return team is None or len(team["brands"]) > 1
    if question.default is MISSING:
        return question.ask is True
    guess = guesses.get(question.name)
    return guess is not None and len(guess.values) > 1


def _ask_where_ambiguous(question: Question, guesses: Mapping[str, InferredAnswer]) -> Question:
    """Return a question that is put even where it has a default, if its guesses disagree."""
    if question.name not in guesses:
        return question
    return replace(question, default=MISSING, ask=True)
