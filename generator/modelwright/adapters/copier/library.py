"""Copier's worker and template, changed to render without git, network or traces.

Copier's own functions fetch, check out and compile a template for every render, and start git once
for every file. Here one checkout serves all renders, and compiled code is cached.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePath
from types import CodeType
from typing import Any, Final
from weakref import WeakKeyDictionary

from copier import load_settings
from copier._jinja_ext import get_yield_context
from copier._main import Worker, as_operation
from copier._settings import SettingsModel, is_trusted_repository
from copier._template import Template
from copier._types import LazyDict, Phase
from copier._user_data import AnswersMap
from copier.errors import ForbiddenPathError
from jinja2 import Environment, TemplateError

from modelwright.adapters.copier.checkout import Checkout
from modelwright.errors import RefusedError

__all__ = ["OpenTemplate", "Render", "open_copier_template", "questions_phase"]

_PRESET: Final = ("vcs", "local_abspath", "commit", "commit_hash", "git_index_modes")
_TEMPLATES: Final[WeakKeyDictionary[Checkout, dict[str, Template]]] = WeakKeyDictionary()
_CODE: Final[dict[tuple[str, str | None, str], CodeType]] = {}
_MOST_CODE: Final = 5000

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
    templates = _TEMPLATES.setdefault(checkout, {})
    if source not in templates:
        templates[source] = _without_git(Template(url=source, ref=checkout.description), checkout)
    return OpenTemplate(template=templates[source], settings=_settings(), checkout=checkout)


def _settings() -> SettingsModel:
    settings = load_settings()
    return SettingsModel(defaults=dict(settings.defaults), trust=set(settings.trust))


def _without_git(template: Template, checkout: Checkout) -> Template:
    """Set the properties for which a template would ask git."""
    place = checkout.folder.resolve()
    values: tuple[object, ...] = ("git", place, checkout.description, checkout.commit, {})
    vars(template).update(zip(_PRESET, values, strict=True))
    return template


class Render(Worker):
    """Copier's worker over a template that is there already."""

    project: Path
    opened: OpenTemplate
    project_worker: Worker

    @classmethod
    def create(
        cls, opened: OpenTemplate, *, project: Path, answers_file: str, into: Path, trust: bool
    ) -> Render:
        """Prepare a render.

        Args:
            opened: The template.
            project: The project; its name and the external data in it are read.
            answers_file: The path of the answers file in the project.
            into: An empty folder that bears the project's name.
            trust: Load the template's extensions and read external data from anywhere.
        """
        worker = cls(
            src_path=opened.template.url,
            dst_path=into,
            answers_file=Path(answers_file),
            vcs_ref=opened.checkout.description,
            settings=opened.settings,
            defaults=True,
            overwrite=True,
            quiet=True,
            unsafe=trust,
            skip_tasks=True,
        )
        worker.project, worker.opened = project, opened
        worker.template = opened.template
        worker.project_worker = Worker(
            src_path=opened.template.url,
            dst_path=project.resolve(),
            answers_file=Path(answers_file),
            settings=opened.settings,
            unsafe=trust,
        )
        worker.project_worker.template = opened.template
        return worker

    @as_operation("update")
    def render_files(self, values: Mapping[str, Any], stored: Iterable[str]) -> None:
        """Render every file with these answers into the folder, as an update does."""
        self.install(values, stored)
        self._refuse_submodules()
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
        """Use these values as the answers, of which only some are stored in the answers file."""
        self._start(AnswersMap(user=dict(values)))
        self.answers.hidden.update(set(values) - set(stored))

    def begin(self, given: Mapping[str, Any], last: Mapping[str, Any]) -> AnswersMap:
        """Start with what is given and what the answers file holds."""
        self._start(AnswersMap(init=dict(given), last=dict(last)))
        return self.answers

    def _start(self, answers: AnswersMap) -> None:
        # The names of the files with external data may hang on answers.
        self.answers = self.project_worker.answers = answers
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

    def _refuse_submodules(self) -> None:
        """Check that no part of the project is a submodule, whose files are missing.

        Raises:
            RefusedError: One does.
        """
        root = self.template.local_abspath
        start = self.template_copy_root
        inside = [p for p in self.opened.checkout.submodules if (root / p).is_relative_to(start)]
        if inside:
            raise RefusedError(
                f"the template takes files from another repository, at {', '.join(inside)}",
                where=f"{self.template.url} {self.opened.checkout.description}",
                next_step="run copier update, which fetches it",
            )

    def _ask(self) -> None:
        """Ask nothing: `install` has set the answers."""

    @cached_property
    def jinja_env(self) -> Any:  # noqa: ANN401 -- Copier's own type
        """The environment; one for all renders of a version, unless it loads extensions."""
        if self.template.jinja_extensions:
            return super().jinja_env
        shared = vars(self.opened.template)
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
        """Read external data in the project's folder, not in the folder of the render."""
        self.project_worker.jinja_env = self.jinja_env
        data = self.project_worker._external_data()  # noqa: SLF001 -- the same class

        def read(name: str) -> Any:  # noqa: ANN401 -- whatever YAML holds
            try:
                return data[name]
            except ForbiddenPathError as error:
                path = self.template.external_data[name]
                raise RefusedError(
                    f"the template reads a file outside the project: {path!r}",
                    where=f"{self.template.url} {self.opened.checkout.description}",
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


def share_compiled_code(env: Environment, options: Mapping[str, Any]) -> None:
    """Make an environment share compiled code with all others, of any version and project.

    Args:
        env: Copier's environment, with no extensions but Copier's own.
        options: The `_envops`, on which the code depends.
    """
    options_key = repr(sorted(options.items()))
    compile_source = env.compile

    def share(source: Any, name: str | None = None, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 -- as Jinja has it
        if not isinstance(source, str) or more.get("raw"):
            return compile_source(source, name, *rest, **more)
        # What Copier does whenever it compiles: its loops in names begin afresh.
        loop = get_yield_context(env)
        loop.yield_name = loop.yield_iterable = None
        key = (options_key, name, source)
        if key not in _CODE:
            if len(_CODE) >= _MOST_CODE:
                _CODE.clear()
            _CODE[key] = compile_source(source, name, *rest, **more)
        return _CODE[key]

    vars(env)["compile"] = share
