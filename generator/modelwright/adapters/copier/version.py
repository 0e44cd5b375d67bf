"""One version of any Copier template, rendered by Copier's library.

`template.version.DialectVersion` renders what our own dialect covers; this is for every other
template. Nothing is run, fetched or written outside a temporary folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from modelwright.adapters.copier.answers import CopierAnswerCollector
from modelwright.adapters.copier.checkout import Checkout, checkout
from modelwright.adapters.copier.errors import translated_errors, with_output
from modelwright.adapters.copier.library import OpenTemplate, Render, open_copier_template
from modelwright.adapters.copier.trust import refuse_untrusted, skipped_commands
from modelwright.adapters.disk.folders import temporary_root
from modelwright.adapters.disk.tree import rendered_files
from modelwright.paths import ANSWERS_FILE
from modelwright.policy.resource_limits import with_resource_limits
from modelwright.template.answer_collector import Answers, Asker
from modelwright.template.history import History
from modelwright.template.project_paths import refuse_paths
from modelwright.template.tree import RenderedFile


@dataclass(kw_only=True)
class CopierVersion:
    """A version that Copier's library renders.

    Attributes:
        history: The template's history.
        version: The tag, or whatever else names a version.
        project: The project's folder; its name and the external data in it are read.
        answers_file: The path of the answers file in the project.
        source: What the answers file names, where that is not what the history says.
        replay: Whether the project stands at this version, so that its answers are taken as they
            are; otherwise this version's rules check them.
        since: The version that the project stands at; decides which migrations apply.
        trust: Whether to load the template's extensions. Tasks and migrations never run.
    """

    history: History
    version: str
    project: Path
    answers_file: str = ANSWERS_FILE
    source: str = ""
    replay: bool = False
    since: str = ""
    trust: bool = False
    _last_render: _LastRender | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What the answers file keeps as `_commit`."""
        return self._checkout.description

    @property
    def notes(self) -> Sequence[str]:
        """What Copier would have run and this did not, one sentence each."""
        with self._open() as template:
            return skipped_commands(template, self.since, replay=self.replay)

    def answers(
        self, stored: Mapping[str, object], given: Mapping[str, object], ask: Asker | None = None
    ) -> Answers:
        """Return the answers of an existing project to this version's questions."""
        ask = with_output(ask)
        with self._render() as render:
            collector = CopierAnswerCollector(
                render=render, version=self.name, replay=self.replay, ask=ask
            )
            return collector.collect(stored, given)

    def files(
        self, answers: Answers, only: Container[str] | None = None
    ) -> dict[str, RenderedFile]:
        """Return the files of the project by path, the answers file among them."""
        files = self._render_once(answers).files
        return {path: file for path, file in files.items() if only is None or path in only}

    def skipped(self, answers: Answers) -> Sequence[str]:
        """Return the paths of files that are left alone where they exist."""
        return self._render_once(answers).skipped

    def left_out(self, paths: Iterable[str], old: Answers, new: Answers) -> set[str]:
        """Return what the `_exclude` of this version keeps out of an update.

        Copier leaves these paths out of the old render too, so that a file which a template no
        longer renders for projects that have it is not deleted there.

        Args:
            paths: The paths of the old render.
            old: The answers that the project was made with: these decide.
            new: The answers for this version, for names that the old ones lack.
        """
        values = {**new.values, **old.values}
        with self._render() as render:
            return render.matching(render.patterns(render.all_exclusions, values), paths)

    def _render_once(self, answers: Answers) -> _LastRender:
        if self._last_render is None or self._last_render.answers != answers:
            with self._render() as render:
                render.render_files(answers.values, answers.stored)
                files = rendered_files(render.dst_path)
                links = [path for path, file in files.items() if file.link]
                refuse_paths(files, links=links, where=f"{self.history.source} {self.name}")
                patterns = render.patterns(render.all_skip_if_exists, answers.values)
                skipped = render.matching(patterns, files)
            own_answers = Answers(values=dict(answers.values), stored=list(answers.stored))
            self._last_render = _LastRender(
                answers=own_answers, files=files, skipped=sorted(skipped)
            )
        return self._last_render

    @cached_property
    def _checkout(self) -> Checkout:
        return checkout(self.history, self.version)

    @contextmanager
    def _open(self) -> Iterator[OpenTemplate]:
        """Open the template; limit its resources and translate Copier's errors."""
        source = self.source or self.history.source
        where = f"{source} {self.name}"
        with (
            with_resource_limits(where, next_step="tell the owner of the template"),
            translated_errors(where),
        ):
            template = open_copier_template(self._checkout, source)
            if not self.trust:
                refuse_untrusted(template, self.since, replay=self.replay)
            yield template

    @contextmanager
    def _render(self) -> Iterator[Render]:
        with (
            self._open() as template,
            tempfile.TemporaryDirectory(dir=temporary_root()) as folder,
        ):
            into = Path(folder, self.project.absolute().name or "project")
            into.mkdir()
            yield Render.create(
                template,
                project=self.project,
                answers_file=self.answers_file,
                into=into,
                trust=self.trust or template.trusted,
            )


@dataclass(frozen=True, kw_only=True)
class _LastRender:
    """The last render, in case the same is needed again."""

    answers: Answers
    files: dict[str, RenderedFile]
    skipped: list[str]
