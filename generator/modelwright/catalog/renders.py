"""Renders one version of a template after the other with the same answers, for a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelwright.catalog.answering import Answers
from modelwright.catalog.rendering import ANSWERS_FILE, RenderedFile, Template, sources
from modelwright.catalog.unchanged import Identified, unchanged
from modelwright.catalog.version import DialectVersion


@dataclass
class Renders:
    """Remembers the last version: what the next provably shares with it is not rendered again.

    Attributes:
        rendered: How many files were rendered so far.
    """

    rendered: int = 0
    _last: tuple[Template, Identified, Answers] | None = field(default=None, repr=False)
    _files: dict[str, RenderedFile] = field(default_factory=dict, repr=False)

    def files(
        self, version: DialectVersion, tree: Identified, given: Mapping[str, object]
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
        answers = version.replayed({n: value for n, value in given.items() if n in names})
        now = (version.template, tree, answers)
        paths = [path for path in sources(version.template, answers) if path != ANSWERS_FILE]
        same = unchanged(self._last, now) & set(self._files) if self._last else set()
        made = version.files(answers, set(paths) - same)
        self._files = {path: made[path] if path in made else self._files[path] for path in paths}
        self._last = now
        self.rendered += len(made)
        return self._files
