"""Copier's library, as far as a render needs it: the only module that imports it.

Copier's own functions fetch, check out and compile a template for every render, and start git once
for every file. Here one template on the disk serves them all, and no render leaves a trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePath
from typing import Any, Final
from weakref import WeakKeyDictionary

from copier import load_settings
from copier._main import Worker, as_operation
from copier._settings import SettingsModel, is_trusted_repository
from copier._template import Template
from copier._types import LazyDict, Phase
from copier._user_data import AnswersMap
from copier.errors import ForbiddenPathError
from jinja2 import TemplateError

from modelwright.adapters.copier.checkout import Checkout, share_compiled_code
from modelwright.errors import RefusedError

__all__ = ["OpenTemplate", "Render", "open_copier_template", "questions_phase"]

_PRESET: Final = ("vcs", "local_abspath", "commit", "commit_hash", "git_index_modes")
_TEMPLATES: Final[WeakKeyDictionary[Checkout, dict[str, Template]]] = WeakKeyDictionary()

# What `Render` replaces: under another name it would go on unseen, and ask its own questions.
_REPLACED: Final = (
    *("_ask", "_external_data", "_render_context", "_render_file", "jinja_env"),
    "_sync_git_index_executable_bit",
)
_MISSING_NAMES: Final = [
    *(name for name in _PRESET if not isinstance(vars(Template).get(name), cached_property)),
    *(name for name in _REPLACED if name not in vars(Worker)),
]
if _MISSING_NAMES:
    raise ImportError(f"it has no {', '.join(_MISSING_NAMES)}")


@dataclass(frozen=True, kw_only=True)
class OpenTemplate:
    """A template at one version, as Copier sees it.

    Attributes:
        template: Copier's own view; nothing in it asks git or a host any more.
        settings: The user's settings of Copier: defaults and trust.
        checkout: Where the files stand.
    """

    template: Template
    settings: SettingsModel
    checkout: Checkout

    @property
    def trusted(self) -> bool:
        """Whether the user's settings of Copier trust the template's source."""
        return is_trusted_repository(self.settings.trust, self.template.url)


def open_copier_template(checkout: Checkout, source: str) -> OpenTemplate:
    """Return a template that Copier need not fetch.

    Args:
        checkout: Its files at one version.
        source: What the answers file names.
    """
    known = _TEMPLATES.setdefault(checkout, {})
    if source not in known:
        known[source] = _without_git(Template(url=source, ref=checkout.described), checkout)
    return OpenTemplate(template=known[source], settings=_settings(), checkout=checkout)


def _settings() -> SettingsModel:
    settings = load_settings()
    return SettingsModel(defaults=dict(settings.defaults), trust=set(settings.trust))


def _without_git(template: Template, checkout: Checkout) -> Template:
    """Tell a template what it would otherwise ask git for."""
    place = checkout.folder.resolve()
    known: tuple[object, ...] = ("git", place, checkout.described, checkout.commit, {})
    vars(template).update(zip(_PRESET, known, strict=True))
    return template


class Render(Worker):
    """Copier's worker over a template that is there already."""

    project: Path
    lasting: OpenTemplate
    elsewhere: Worker

    @classmethod
    def of(
        cls, lasting: OpenTemplate, *, project: Path, answers_file: str, into: Path, trust: bool
    ) -> Render:
        """Prepare a render.

        Args:
            lasting: The template.
            project: The project; its name and the external data in it are read.
            answers_file: The path of the answers file in the project.
            into: An empty folder that bears the project's name.
            trust: Load the template's extensions and read external data from anywhere.
        """
        worker = cls(
            src_path=lasting.template.url,
            dst_path=into,
            answers_file=Path(answers_file),
            vcs_ref=lasting.checkout.described,
            settings=lasting.settings,
            defaults=True,
            overwrite=True,
            quiet=True,
            unsafe=trust,
            skip_tasks=True,
        )
        worker.project, worker.lasting = project, lasting
        worker.template = lasting.template
        worker.elsewhere = Worker(
            src_path=lasting.template.url,
            dst_path=project.resolve(),
            answers_file=Path(answers_file),
            settings=lasting.settings,
            unsafe=trust,
        )
        worker.elsewhere.template = lasting.template
        return worker

    @as_operation("update")
    def rendered(self, values: Mapping[str, Any], stored: Iterable[str]) -> None:
        """Render every file with these answers into the folder, as an update does."""
        self.install(values, stored)
        self._refuse_borrowed()
        self.run_copy()

    @as_operation("update")
    def patterns(self, texts: Sequence[str], values: Mapping[str, Any]) -> list[str]:
        """Return patterns rendered over answers, in their order; one text may hold several."""
        self.install(values, values)
        extra = {"_copier_operation": "update"}
        rendered = (self._render_string(text, extra_context=extra) for text in texts)
        return [line for text in rendered for line in re.split(r"\r\n|\r|\n", text)]

    def matching(self, patterns: Iterable[str], paths: Iterable[str]) -> set[str]:
        """Return the paths that gitignore's patterns cover."""
        covered = self._path_matcher(patterns)
        return {path for path in paths if covered(Path(path))}

    def install(self, values: Mapping[str, Any], stored: Iterable[str]) -> None:
        """Take these values as the answers, of which only some are kept in the answers file."""
        self._start(AnswersMap(user=dict(values)))
        self.answers.hidden.update(set(values) - set(stored))

    def begin(self, given: Mapping[str, Any], last: Mapping[str, Any]) -> AnswersMap:
        """Start with what is given and what the answers file holds."""
        self._start(AnswersMap(init=dict(given), last=dict(last)))
        return self.answers

    def _start(self, answers: AnswersMap) -> None:
        # The names of the files with external data may hang on answers.
        self.answers = self.elsewhere.answers = answers
        answers.metadata = self.template.metadata
        answers.external = self._external_data()

    def context(self) -> Mapping[str, Any]:
        """Return every name that a text of the template may use."""
        context: Mapping[str, Any] = self._render_context()
        return context

    @property
    def answers_file_name(self) -> str:
        """The path of the answers file in the project."""
        return str(self.answers_file)

    def _refuse_borrowed(self) -> None:
        """Check that no part of the project stands in another repository: it is not there.

        Raises:
            RefusedError: One does.
        """
        root = self.template.local_abspath
        start = self.template_copy_root
        inside = [p for p in self.lasting.checkout.borrowed if (root / p).is_relative_to(start)]
        if inside:
            raise RefusedError(
                f"the template takes files from another repository, at {', '.join(inside)}",
                where=f"{self.template.url} {self.lasting.checkout.described}",
                next_step="run copier update, which fetches it",
            )

    def _ask(self) -> None:
        """Ask nothing: `install` brought the answers."""

    @cached_property
    def jinja_env(self) -> Any:  # noqa: ANN401 -- Copier's own type
        """The environment; one for all renders of a version, unless it holds foreign code."""
        if self.template.jinja_extensions:
            return super().jinja_env
        shared = vars(self.lasting.template)
        if "_environment" not in shared:
            shared["_environment"] = super().jinja_env
            share_compiled_code(shared["_environment"], self.template.envops)
        return shared["_environment"]

    def _render_context(self) -> Any:  # noqa: ANN401 -- Copier's own type
        context = super()._render_context()
        conf = context["_copier_conf"]
        conf["dst_path"] = PurePath(self.project)
        if not self.template.jinja_extensions:
            # A temporary folder of ours would be a difference between two versions.
            conf["src_path"] = PurePath(self.template.url)
        return context

    def _external_data(self) -> LazyDict[str, Any]:
        """Read external data where the project stands, not where it is rendered."""
        self.elsewhere.jinja_env = self.jinja_env
        data = self.elsewhere._external_data()  # noqa: SLF001 -- the same class

        def read(name: str) -> Any:  # noqa: ANN401 -- whatever YAML holds
            try:
                return data[name]
            except ForbiddenPathError as error:
                path = self.template.external_data[name]
                raise RefusedError(
                    f"the template reads a file outside the project: {path!r}",
                    where=f"{self.template.url} {self.lasting.checkout.described}",
                    next_step="if you trust its owners, add --trust",
                ) from error

        return LazyDict({name: partial(read, name) for name in data})

    def _render_file(self, src_relpath: Path, dst_relpath: Path, extra_context: Any = None) -> None:  # noqa: ANN401
        try:
            super()._render_file(src_relpath, dst_relpath, extra_context)
        except (TemplateError, UnicodeDecodeError) as error:
            error.add_note(src_relpath.as_posix())
            raise

    def _sync_git_index_executable_bit(self, dst_relpath: Path, src_mode: int) -> None:
        """Start no git: there is no index where a render goes."""


def questions_phase() -> Any:  # noqa: ANN401 -- Copier's context manager
    """Return Copier's phase of questions."""
    return Phase.use(Phase.PROMPT)
