"""Make a project: take the answers, check them, render the files, move them into place.

`finish` then does what needs the folder: lock file, repository, first commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from modelwright.adapters.disk.placing import place, refuse_occupied
from modelwright.errors import RefusedError
from modelwright.policy.answers import answers_refusals
from modelwright.template.answer_collector import Answers, Asker, collect_answers
from modelwright.template.platform import Platform
from modelwright.template.rendering import render
from modelwright.template.tree import RenderedFile
from modelwright.template.version import refuse_unknown
from modelwright.update.conflicts import refuse_names

_NEEDED = ("team", "brand", "use_case", "description")


@dataclass(frozen=True, kw_only=True)
class NewProject:
    """A new project.

    Attributes:
        folder: Its folder.
        files: The paths in it, sorted.
    """

    folder: Path
    files: list[str]


def new_project(  # noqa: PLR0913 -- what a project follows from
    platform: Platform,
    archetype: str,
    into: Path,
    *,
    given: Mapping[str, object],
    defaults: bool,
    ask: Asker | None,
    tell: Callable[[str], None] = lambda _: None,
) -> NewProject:
    """Make a project in a new folder inside `into`.

    Args:
        platform: Policy and templates.
        archetype: The archetype's id.
        into: Its parent folder, made if it is missing.
        given: Answers by name.
        defaults: Take the default of every question, and the archetype's sample.
        ask: Asks a person; None without a terminal.
        tell: Is called with the name of each step.

    Raises:
        RefusedError: An answer or a name is refused, or the target is occupied; nothing is written.
        UsageError: An answer is missing.
        ExternalSystemError: The target cannot be written.
    """
    given = known_answers(platform, archetype, given, defaults=defaults)
    answers, files = render_project(
        platform, archetype, given, defaults=defaults, ask=ask, tell=tell
    )
    target = into / answers.values["cookiecutter"]["repo_name"]
    refuse_occupied(target)
    place(files, target)
    return NewProject(folder=target, files=sorted(files))


def known_answers(
    platform: Platform, archetype: str, given: Mapping[str, object], *, defaults: bool
) -> dict[str, object]:
    """Return the answers that are known before a question is put, and check them.

    With `defaults` they are the archetype's sample too, unless they are given; on a sample platform
    its first team.

    Raises:
        RefusedError: There is no such archetype, one answers no question, or a rule refuses one.
    """
    pattern = platform.archetype(archetype)
    sample: dict[str, object] = dict(pattern.sample) if defaults else {}
    if defaults and platform.sample:
        sample["team"] = next(iter(platform.policy["teams"]))
    answers = {**sample, **given}
    refuse_answers(platform, archetype, answers)
    return answers


def refuse_answers(platform: Platform, archetype: str, given: Mapping[str, object]) -> None:
    """Check the answers that are known so far.

    Raises:
        RefusedError: One of them answers no question, or a rule refuses it.
    """
    names = platform.template.questionnaire.names
    refuse_unknown([name for name in names if name != "archetype"], given)
    answers = {name: str(value) for name, value in given.items()}
    team = platform.policy["teams"].get(answers.get("team", ""))
    if team and len(team["brands"]) == 1:
        answers.setdefault("brand", team["brands"][0])
    if "team" in answers and not team:
        answers["brand"] = next(iter(platform.policy["brands"]))
    if any(name not in answers for name in _NEEDED):
        return
    for refusal in answers_refusals(platform.policy, archetype, answers):
        raise RefusedError(
            f"{refusal.rule}: {refusal.problem}",
            where=f"answer {refusal.kind}",
            next_step=refusal.next_step,
            rule=refusal.rule,
        )


def render_project(  # noqa: PLR0913 -- what a project follows from
    platform: Platform,
    archetype: str,
    given: Mapping[str, object],
    *,
    defaults: bool = True,
    ask: Asker | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Answers, dict[str, RenderedFile]]:
    """Return the answers and files of a project, in memory.

    Raises:
        RefusedError: An answer is refused, or a file has a name that no project may have.
        UsageError: An answer is missing.
    """
    template = platform.template
    answers = collect_answers(
        template.questionnaire,
        template.env,
        given={**given, "archetype": archetype},
        defaults=defaults,
        ask=ask,
    )
    tell("render the files")
    provenance = {"_src_path": platform.source}
    if platform.version:
        provenance["_commit"] = platform.version
    files = render(template, answers, provenance)
    refuse_names(files, platform.version)
    return answers, files
