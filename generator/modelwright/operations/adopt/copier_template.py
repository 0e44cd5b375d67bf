"""Any other Copier template, as `adopt` needs it: Copier's library renders it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelwright.adapters.copier import copier_version
from modelwright.adapters.git.history import GitHistory
from modelwright.errors import MissingAnswerError, RefusedError, UnansweredError
from modelwright.operations.adopt.request import (
    AdoptRequest,
    ask_with_evidence,
    refuse_ambiguous,
    unambiguous_answers,
)
from modelwright.paths import ANSWERS_FILE, CRUFT_FILE
from modelwright.template.answer_collector import Answers, Asker, Prompt
from modelwright.template.inference.evidence import (
    AnswerEvidence,
    InferredAnswer,
    InspectedRepository,
)
from modelwright.template.inference.inference import recorded_answers
from modelwright.template.inference.origin import Origin
from modelwright.template.tree import RenderedFile

if TYPE_CHECKING:
    from modelwright.adapters.copier import CopierVersion


@dataclass(kw_only=True)
class CopierTemplate:
    """A template repository without a policy of ours.

    Attributes:
        history: Its versions.
        newest: The version whose questions are put.
    """

    history: GitHistory
    newest: str
    wanted: AdoptRequest

    def guesses(
        self, repository: InspectedRepository, made: Sequence[Origin]
    ) -> dict[str, InferredAnswer]:
        """Return what the repository's makers wrote down.

        Raises:
            RefusedError: What is asked for needs a platform of ours.
        """
        del repository
        for option, asked in (
            ("--archetype", self.wanted.archetype),
            ("--managed-only", self.wanted.governed),
        ):
            if asked:
                raise RefusedError(
                    f"the template is no platform, so {option} means nothing to it",
                    where=self.history.source,
                    next_step=f"leave {option} out, or name a platform with --platform",
                )
        copier = [maker for maker in made if maker.file != CRUFT_FILE]
        return recorded_answers(copier, self.wanted.answers)

    def settle(self, guesses: Mapping[str, InferredAnswer], ask: Asker | None) -> dict[str, object]:
        """Return the answers that are sure, and those that a person gives.

        Raises:
            MissingAnswerError: Something is not sure and nobody can be asked.
        """
        sure = unambiguous_answers(guesses)
        quarrels = [name for name in guesses if name not in sure]
        if quarrels and ask is None:
            raise refuse_ambiguous(quarrels, guesses)
        if ask is None:
            return sure
        chosen = {name: ask(_prompt_for_conflict(guesses[name])) for name in quarrels}
        try:
            answers = self._answers(
                self.newest, {**sure, **chosen}, ask_with_evidence(ask, guesses)
            )
        except RefusedError:
            # An older version may take what the newest refuses: the one that fits judges.
            return {**sure, **chosen}
        return {**sure, **chosen, **answers.stored_values}

    def files(self, name: str, given: Mapping[str, object]) -> dict[str, RenderedFile]:
        """Return the files of a version.

        Raises:
            ModelwrightError: The version cannot be rendered with these answers.
        """
        version = self._version(name, replay=True)
        files = version.files(version.answers(given, {}))
        return {path: file for path, file in files.items() if path != ANSWERS_FILE}

    def judge(self, name: str, given: Mapping[str, object]) -> None:
        """Raise what a version says against the answers.

        Raises:
            RefusedError: It refuses one.
            MissingAnswerError: One is missing.
        """
        self._answers(name, given, None)

    def made(
        self, name: str, given: Mapping[str, object]
    ) -> tuple[Answers, dict[str, RenderedFile]]:
        """Return the answers, judged by a version, and all its files.

        Raises:
            RefusedError: The version refuses an answer, or writes no answers file.
        """
        answers = self._answers(name, given, None)
        files = self._version(name).files(answers)
        if ANSWERS_FILE not in files:
            raise RefusedError(
                f"{name} of the template writes no {ANSWERS_FILE}, so nothing can be updated",
                where=self.history.source,
                next_step="ask its owner to add the template of the answers file",
            )
        return answers, files

    def _answers(self, name: str, given: Mapping[str, object], ask: Asker | None) -> Answers:
        told = {key: value for key, value in given.items() if key in self.wanted.answers}
        stored = {key: value for key, value in given.items() if key not in told}
        try:
            return self._version(name).answers(stored, told, ask)
        except UnansweredError as error:
            raise MissingAnswerError(
                error.problem, error.names, where=error.where, next_step=error.next_step
            ) from error

    def _version(self, name: str, *, replay: bool = False) -> CopierVersion:
        return copier_version(
            self.history,
            name,
            project=self.wanted.path,
            source=self.history.source,
            replay=replay,
            trust=self.wanted.trust,
        )


def _prompt_for_conflict(guess: InferredAnswer) -> Prompt:
    """Return the question which of several sources is right."""
    told: dict[str, AnswerEvidence] = {str(entry.value): entry for entry in guess.evidence}
    return Prompt(
        name=guess.question,
        message=f"Which {guess.question} is it?",
        kind="str",
        choices={f"{value} ({entry.source})": entry.value for value, entry in told.items()},
        default=None,
        refusal=lambda _: "",
    )
