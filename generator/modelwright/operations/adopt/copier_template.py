"""Adopts into any other Copier template, which Copier's library renders."""

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
        newest: The version whose questions are asked.
    """

    history: GitHistory
    newest: str
    request: AdoptRequest

    def infer(
        self, repository: InspectedRepository, origins: Sequence[Origin]
    ) -> dict[str, InferredAnswer]:
        """Return the answers that the tools which made the repository recorded.

        Raises:
            RefusedError: An option needs a platform of ours.
        """
        del repository
        for option, asked in (
            ("--archetype", self.request.archetype),
            ("--managed-only", self.request.governed),
        ):
            if asked:
                raise RefusedError(
                    f"the template is no platform, so {option} has no meaning",
                    where=self.history.source,
                    next_step=f"leave {option} out, or name a platform with --platform",
                )
        copier = [origin for origin in origins if origin.file != CRUFT_FILE]
        return recorded_answers(copier, self.request.answers)

    def decide(
        self, inferred: Mapping[str, InferredAnswer], ask: Asker | None
    ) -> dict[str, object]:
        """Return the unambiguous answers, and those that a person gives.

        Raises:
            MissingAnswerError: An answer is ambiguous and nobody can be asked.
        """
        sure = unambiguous_answers(inferred)
        ambiguous = [name for name in inferred if name not in sure]
        if ambiguous and ask is None:
            raise refuse_ambiguous(ambiguous, inferred)
        if ask is None:
            return sure
        chosen = {name: ask(_prompt_for_conflict(inferred[name])) for name in ambiguous}
        try:
            answers = self._answers(
                self.newest, {**sure, **chosen}, ask_with_evidence(ask, inferred)
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

    def check(self, name: str, given: Mapping[str, object]) -> None:
        """Check the answers against the rules of a version.

        Raises:
            RefusedError: It refuses one.
            MissingAnswerError: One is missing.
        """
        self._answers(name, given, None)

    def render_checked(
        self, name: str, given: Mapping[str, object]
    ) -> tuple[Answers, dict[str, RenderedFile]]:
        """Return the answers, checked by a version, and all its files.

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
        data_options = {key: value for key, value in given.items() if key in self.request.answers}
        stored = {key: value for key, value in given.items() if key not in data_options}
        try:
            return self._version(name).answers(stored, data_options, ask)
        except UnansweredError as error:
            raise MissingAnswerError(
                error.problem, error.names, where=error.where, next_step=error.next_step
            ) from error

    def _version(self, name: str, *, replay: bool = False) -> CopierVersion:
        return copier_version(
            self.history,
            name,
            project=self.request.path,
            source=self.history.source,
            replay=replay,
            trust=self.request.trust,
        )


def _prompt_for_conflict(answer: InferredAnswer) -> Prompt:
    """Return the question that lets a person choose among sources which disagree."""
    data_options: dict[str, AnswerEvidence] = {str(entry.value): entry for entry in answer.evidence}
    return Prompt(
        name=answer.question,
        message=f"Which {answer.question} is it?",
        kind="str",
        choices={f"{value} ({entry.source})": entry.value for value, entry in data_options.items()},
        default=None,
        refusal=lambda _: "",
    )
