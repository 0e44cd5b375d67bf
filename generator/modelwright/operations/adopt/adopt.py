"""Take a repository under management: infer its answers, find its version, write the answers file.

Nothing is written before everything is known, and then only the answers file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

import yaml

from modelwright.adapters.disk.atomic_write import write_atomically
from modelwright.adapters.disk.stored_answers import stored_answers
from modelwright.adapters.git.history import GitHistory
from modelwright.adapters.git.project_files import ProjectFiles, content_of, read_project
from modelwright.adapters.git.repository import ProjectRepository, repository_of
from modelwright.adapters.worktree.journal import interrupted_update
from modelwright.errors import ExternalSystemError, RefusedError
from modelwright.operations.adopt.copier_template import CopierTemplate
from modelwright.operations.adopt.platform_template import PlatformTemplate
from modelwright.operations.adopt.request import AdoptRequest, Person
from modelwright.operations.adopt.source import refuse_managed, template_of
from modelwright.operations.adopt.version_search import (
    Search,
    VersionChoice,
    choose_version,
    lasting_name,
    newest_version,
)
from modelwright.operations.update.request import UpdateRequest
from modelwright.operations.update.update import update
from modelwright.paths import ANSWERS_FILE, COMPILED_POLICY, POLICY_FILE
from modelwright.template.answer_collector import Answers
from modelwright.template.archetypes import MANAGED_ONLY as GOVERNED
from modelwright.template.inference.evidence import InferredAnswer, InspectedRepository
from modelwright.template.inference.origin import origins
from modelwright.template.tree import RenderedFile
from modelwright.update.outcome import UpdateOutcome

__all__ = [
    "AdoptRequest",
    "Adoption",
    "Person",
    "add_missing_files",
    "adoption_of",
    "answers_file",
    "update_after_adoption",
    "write_answers",
]


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """What is known of a repository that is taken under management.

    Attributes:
        folder: Its folder.
        source: What the answers file names as the template's source.
        origin: Where the template was read, for a person.
        choice: The version that it starts from, and how well it fits.
        inferred: The evidence for each answer.
        answers: Every answer.
        files: The files of that version, the answers file among them.
        replaced_files: Files of the tool that made it, which the answers file replaces.
        notes: What a person should know of the template.
    """

    folder: Path
    source: str
    origin: str
    choice: VersionChoice
    inferred: Mapping[str, InferredAnswer]
    answers: Answers = field(repr=False)
    files: Mapping[str, RenderedFile] = field(repr=False)
    replaced_files: Sequence[str]
    notes: Sequence[str]

    @property
    def governed(self) -> bool:
        """Whether only its governing files become the platform's."""
        return self.answers.values.get(GOVERNED) is True

    @property
    def missing(self) -> list[str]:
        """The files of the version that the repository does not have."""
        paths = (path for path in self.files if path != ANSWERS_FILE)
        return sorted(path for path in paths if not (self.folder / path).exists())

    def source_of_answer(self, question: str) -> list[str]:
        """Return where an answer comes from."""
        answer = self.inferred.get(question)
        if answer is None:
            return ["the template's default"]
        return answer.sources if answer.unambiguous else ["asked"]


def adoption_of(request: AdoptRequest, person: Person) -> Adoption:
    """Work out how a repository is taken under management; nothing is written.

    Raises:
        RefusedError: It is managed already, no version fits, or an answer is refused.
        UsageError: An answer is ambiguous and nobody can be asked.
        ExternalSystemError: It is in no git repository or has changes, or the template is missing.
    """
    local = _read_repository(request.path)
    repository = _inspected(local)
    recorded = origins(repository)
    refuse_managed(recorded, request)
    _refuse_unfinished(repository_of(request.path))
    history, pinned_version = template_of(request, recorded)
    with history:
        template = _template_at(history, request, pinned_version)
        inferred = template.infer(repository, recorded)
        given = template.decide(inferred, person.ask)
        search = Search(
            history=history,
            template=template,
            origins=recorded,
            contents=_file_contents(request.path, local),
        )
        choice = choose_version(search, request, given, person.follow)
        answers, files = template.render_checked(choice.version, given)
        return Adoption(
            folder=request.path,
            source=history.source,
            origin=history.origin,
            notes=_platform_notes(history, answers),
            choice=choice,
            inferred=inferred,
            answers=answers,
            files=files,
            replaced_files=[origin.file for origin in recorded if origin.file != ANSWERS_FILE],
        )


def answers_file(adoption: Adoption) -> Path:
    """Return the path of the answers file."""
    return adoption.folder / ANSWERS_FILE


def write_answers(adoption: Adoption) -> Path:
    """Write the answers file atomically; return its path.

    Raises:
        ExternalSystemError: It cannot be written.
    """
    path = answers_file(adoption)
    write_atomically(path, adoption.files[ANSWERS_FILE].content)
    return path


def update_after_adoption(adoption: Adoption, request: AdoptRequest) -> UpdateOutcome:
    """Update a repository from the version that it starts from to the newest.

    A governed repository gets the governing files of the version that it starts from. Those that it
    lacks it never had, so none of them counts as deleted.

    Raises:
        RefusedError: The newest version refuses an answer; nothing was changed.
        ExternalSystemError: Something outside fails; nothing was lost.
    """
    update_request = UpdateRequest(
        to=adoption.choice.version if adoption.governed else "",
        adopting=yaml.safe_load(adoption.files[ANSWERS_FILE].content),
        from_scratch=adoption.governed,
        offline=request.offline,
        trust=request.trust,
    )
    outcome = update(adoption.folder, update_request)
    if outcome.status == "current":
        write_answers(adoption)
    return outcome


def add_missing_files(request: AdoptRequest) -> UpdateOutcome | None:
    """Add the governing files that a governed repository lacks.

    Returns:
        What was done; None where it is not governed yet.
    """
    if not (request.apply and request.governed and (request.path / ANSWERS_FILE).is_file()):
        return None
    try:
        stored = stored_answers(request.path)
    except RefusedError:
        return None
    if stored.get(GOVERNED) is not True or not isinstance(stored.get("_commit"), str):
        return None
    return update(
        request.path,
        UpdateRequest(to=stored["_commit"], from_scratch=True, offline=request.offline),
    )


def _refuse_unfinished(repository: ProjectRepository) -> None:
    if interrupted_update(repository) is not None:
        raise ExternalSystemError(
            "an update of it was interrupted",
            where=str(repository.folder),
            next_step=f"finish it: modelwright update {quote(str(repository.folder))}",
        )
    repository.refuse_dirty()


def _template_at(
    history: GitHistory, request: AdoptRequest, pinned_version: str
) -> PlatformTemplate | CopierTemplate:
    name = lasting_name(history, request.to or pinned_version or newest_version(history))
    tree = history.tree(name)
    try:
        tree.read(POLICY_FILE)
        tree.read(COMPILED_POLICY)
    except KeyError:
        return CopierTemplate(history=history, newest=name, request=request)
    return PlatformTemplate(history=history, newest=name, request=request)


def _platform_notes(history: GitHistory, answers: Answers) -> list[str]:
    notes = [history.notice] if history.notice else []
    policy = answers.values.get("policy")
    if isinstance(policy, dict) and policy.get("sample"):
        notes.append("the platform is a sample; name your organisation's with --platform")
    return notes


def _read_repository(path: Path) -> ProjectFiles:
    if path.is_file():
        raise RefusedError(
            "it is a file",
            where=str(path),
            next_step=f"name the folder of a repository, such as {path.parent}",
        )
    return read_project(path)


def _inspected(project_files: ProjectFiles) -> InspectedRepository:
    return InspectedRepository(
        texts=project_files.texts,
        folder=project_files.folder,
        remote=project_files.remote,
        others=project_files.others,
    )


def _file_contents(root: Path, project_files: ProjectFiles) -> dict[str, bytes]:
    texts = {path: text.encode() for path, text in project_files.texts.items()}
    return {**texts, **content_of(root, project_files.others)}
