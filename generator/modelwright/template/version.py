"""One version of a template, ready to render one project, and a cache of what it rendered."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from jinja2 import UndefinedError

from modelwright.errors import MissingAnswerError, RefusedError, UnansweredError
from modelwright.paths import ANSWERS_FILE
from modelwright.policy.choices import nearest
from modelwright.template.answer_collector import Answers, Asker, collect_answers
from modelwright.template.archetypes import is_covered
from modelwright.template.questions import Questionnaire
from modelwright.template.rendering import Template, open_template, render, setting, source_paths
from modelwright.template.tree import RenderedFile, Tree
from modelwright.template.unchanged_files import IdentifiedTree, files_known_unchanged


class Version(Protocol):
    """What an update needs of a template at one version, whoever renders it."""

    @property
    def name(self) -> str:
        """The tag, which the answers file keeps as `_commit`."""

    def answers(
        self, stored: Mapping[str, object], given: Mapping[str, object], ask: Asker | None
    ) -> Answers:
        """Put the questions to a project that was made earlier.

        Args:
            stored: What its answers file holds, `born` and `_src_path` among it.
            given: Answers that replace stored ones.
            ask: Puts a new question without a default to a person; None where nobody is there.

        Raises:
            RefusedError: An answer is refused, is missing, or answers no question.
        """

    def files(
        self, answers: Answers, only: Container[str] | None = None
    ) -> dict[str, RenderedFile]:
        """Return the files of the project by path, the answers file among them."""

    def skipped(self, answers: Answers) -> Sequence[str]:
        """Return the patterns of files that are left alone where they exist."""

    def left_out(self, paths: Iterable[str], old: Answers, new: Answers) -> set[str]:
        """Return what the exclusions of this version keep out of an update, as Copier does.

        Args:
            paths: The paths of the old render.
            old: The answers that the project was made with: these decide.
            new: The answers for this version, for names that the old ones lack.
        """


@dataclass(frozen=True)
class DialectVersion:
    """A version that this program renders itself.

    Attributes:
        tree: The template repository.
        name: The tag.
        source: What the answers file names.
    """

    tree: Tree
    name: str
    source: str

    @cached_property
    def template(self) -> Template:
        """The questions and the environment."""
        return open_template(self.tree)

    def answers(
        self, stored: Mapping[str, object], given: Mapping[str, object], ask: Asker | None = None
    ) -> Answers:
        """Put the questions to a project that was made earlier."""
        refuse_unknown(self.template.questionnaire.names, given)
        return self._collect(self.template.questionnaire, stored, given, ask)

    def replay(self, stored: Mapping[str, object]) -> Answers:
        """Take the stored answers as they are: they made the project, whatever a rule says.

        Raises:
            RefusedError: They do not fit this version's questions.
        """
        questions = tuple(question.lenient for question in self.template.questionnaire.questions)
        return self._collect(
            replace(self.template.questionnaire, questions=questions), stored, {}, None
        )

    def _collect(
        self,
        questionnaire: Questionnaire,
        stored: Mapping[str, object],
        given: Mapping[str, object],
        ask: Asker | None,
    ) -> Answers:
        kept = {name: value for name, value in stored.items() if name[:1] != "_"}
        try:
            return collect_answers(
                questionnaire,
                self.template.env,
                given={**{n: v for n, v in kept.items() if n in questionnaire.names}, **given},
                defaults=True,
                ask=ask,
                known={n: v for n, v in kept.items() if n not in questionnaire.names},
            )
        except MissingAnswerError as error:
            raise UnansweredError(
                f"{self.name} asks what the project does not answer",
                error.names,
                where=ANSWERS_FILE,
                next_step=error.next_step,
            ) from error

    def files(
        self, answers: Answers, only: Container[str] | None = None
    ) -> dict[str, RenderedFile]:
        """Return the files of the project by path."""
        provenance = {"_src_path": self.source, "_commit": self.name}
        return render(self.template, answers, provenance, only)

    def skipped(self, answers: Answers) -> Sequence[str]:
        """Return the patterns of files that are left alone where they exist."""
        return setting(self.template, answers, "skip_if_exists")

    def left_out(self, paths: Iterable[str], old: Answers, new: Answers) -> set[str]:
        """Return what the exclusions of this version keep out of an update, as Copier does."""
        values = Answers(values={**new.values, **old.values}, stored=[])
        try:
            patterns = setting(self.template, values, "exclude")
        except RefusedError as error:
            if not isinstance(error.__cause__, UndefinedError):
                raise
            raise RefusedError(
                f"what {self.name} excludes does not render for an older project: "
                f"{error.__cause__}",
                where="copier.yml: _exclude",
                next_step="tell the platform team to write `is defined and` before it",
            ) from error
        return {path for path in paths if is_covered(patterns, path)}


def refuse_unknown(names: Sequence[str], given: Mapping[str, object]) -> None:
    """Check that every given answer answers a question.

    Raises:
        RefusedError: One does not; the nearest question is named.
    """
    for name in given:
        if name not in names:
            near = nearest(name, names) or names
            raise RefusedError(
                f"there is no question {name!r}",
                where="--data",
                next_step=f"did you mean {' or '.join(near)}?",
            )


@dataclass
class RenderCache:
    """Caches the last version: what the next provably shares with it is not rendered again.

    Attributes:
        rendered: How many files were rendered so far.
    """

    rendered: int = 0
    _last: tuple[Template, IdentifiedTree, Answers] | None = field(default=None, repr=False)
    _files: dict[str, RenderedFile] = field(default_factory=dict, repr=False)

    def files(
        self, version: DialectVersion, tree: IdentifiedTree, given: Mapping[str, object]
    ) -> dict[str, RenderedFile]:
        """Return the files of a project by path, without the answers file.

        Args:
            version: The version.
            tree: Its files.
            given: The answers, judged by nobody; what the version does not ask is left out.

        Raises:
            ModelwrightError: The version cannot be rendered with these answers.
        """
        names = version.template.questionnaire.names
        answers = version.replay({n: value for n, value in given.items() if n in names})
        now = (version.template, tree, answers)
        paths = [path for path in source_paths(version.template, answers) if path != ANSWERS_FILE]
        same = files_known_unchanged(self._last, now) & set(self._files) if self._last else set()
        rendered = version.files(answers, set(paths) - same)
        self._files = {
            path: rendered[path] if path in rendered else self._files[path] for path in paths
        }
        self._last = now
        self.rendered += len(rendered)
        return self._files
