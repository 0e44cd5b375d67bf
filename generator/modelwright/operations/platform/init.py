"""`modelwright platform init`: write and check a platform in a temporary folder, then move it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelwright.adapters.disk.placing import place, refuse_occupied
from modelwright.adapters.git.commands import GIT, commit, make_repository, stage
from modelwright.adapters.sources.packaged import own_files, own_version
from modelwright.adapters.system.process import run
from modelwright.errors import RefusedError, UsageError
from modelwright.operations.new.finish import require_author
from modelwright.operations.platform.check import check_platform, combinations
from modelwright.operations.platform.pin import commit_of_head, pin_to
from modelwright.operations.platform.sync import sync, with_overlays
from modelwright.paths import ARCHETYPE_FILE, PLATFORM_RECORD, POLICY_FILE, README, WORKFLOW_PIN
from modelwright.policy.model.load import read_plain
from modelwright.template.platform import PlatformRecord
from modelwright.template.tree import RenderedFile

FIRST_RELEASE: Final = "v0.1.0"
FIRST_PIN: Final = "ci-v1"
Report = Callable[[str], None]


def check_target(target: Path) -> None:
    """Check, before the first question, that a repository can be made at a path.

    Raises:
        RefusedError: Something is there already.
        ExternalSystemError: Git is missing, or knows no author.
        UsageError: It is the current folder, which cannot be replaced.
    """
    if target.resolve() == Path.cwd():
        raise UsageError(
            "it is the folder that you are in", where=str(target), next_step="name a new folder"
        )
    refuse_occupied(target, next_step="name a new folder")
    require_author(Path.cwd())


def packaged_files() -> tuple[dict[str, RenderedFile], str]:
    """Return the files of a new platform, and the text of the policy among them.

    Raises:
        RefusedError: This program came with an organisation's platform, not with modelwright's.
    """
    files = own_files()
    policy = files[POLICY_FILE].content.decode()
    if README not in files:
        name = read_plain(policy)["organisation"]["name"]
        raise RefusedError(
            f"this modelwright is {name}'s own, and makes no other platform",
            next_step="run the public one: "
            "uvx --from modelwright-cli modelwright platform init DIR",
        )
    return files, policy


def archetypes_in(files: Mapping[str, RenderedFile]) -> set[str]:
    """Return the archetypes that have templates."""
    parts = [path.split("/") for path in files]
    return {part[1] for part in parts if part[0] == "templates" and part[2:] == [ARCHETYPE_FILE]}


@dataclass(frozen=True, kw_only=True)
class NewPlatform:
    """A platform repository that was made.

    Attributes:
        folder: Its folder.
        files: The number of its files.
        brands: The number of its brands.
        teams: The number of its teams.
        rendered: The number of projects that were rendered to check it.
        pin: The commit that projects call, and its name.
        url: The URL to clone it from.
        tag: The release that was tagged; empty without one.
    """

    folder: Path
    files: int
    brands: int
    teams: int
    rendered: int
    pin: Mapping[str, str]
    url: str
    tag: str


def init_platform(
    target: Path, files: Mapping[str, RenderedFile], policy: str, *, tag: bool, report: Report
) -> NewPlatform:
    """Make a platform repository in a new folder.

    Args:
        target: Its folder; made where it is missing.
        files: What it begins with.
        policy: The text of its sound policy.
        tag: Tag the first release too.
        report: Called with every step.

    Raises:
        RefusedError: The target is occupied, or a project does not render; nothing is written.
        ExternalSystemError: Git or the disk failed; nothing is written.
    """
    plain = read_plain(policy)
    files_to_write = _files_to_write(files, policy, plain["environments"])
    checked = 0

    def finish(folder: Path) -> None:
        nonlocal checked
        report("write what follows from the policy")
        sync(folder)
        checked = _render_all(folder, report)
        report("make the repository")
        _commit_twice(folder)
        if tag:
            run((*GIT, "tag", "--no-sign", FIRST_RELEASE), folder=folder)

    place(files_to_write, target, finish)
    return NewPlatform(
        folder=target,
        files=len(files_to_write),
        brands=len(plain["brands"]),
        teams=len(plain["teams"]),
        rendered=checked,
        pin=json.loads((target / WORKFLOW_PIN).read_text(encoding="utf-8")),
        url=plain["platform"]["url"],
        tag=FIRST_RELEASE if tag else "",
    )


def _files_to_write(
    files: Mapping[str, RenderedFile], policy: str, environments: Sequence[str]
) -> dict[str, RenderedFile]:
    source = read_plain(files[POLICY_FILE].content.decode())["platform"]["url"]
    record = PlatformRecord(source=source, version=own_version())
    return {
        **with_overlays(files, environments),
        POLICY_FILE: RenderedFile(policy.encode()),
        PLATFORM_RECORD: RenderedFile(record.text.encode()),
    }


def _render_all(folder: Path, report: Report) -> int:
    pending = combinations(check_platform(folder / POLICY_FILE))
    for combination in pending:
        report(combination.name)
        combination.render()
    return len(pending)


def _commit_twice(folder: Path) -> None:
    """Commit the platform, then the pin, which names a commit that is on main already."""
    make_repository(folder)
    require_author(folder)
    _commit_all(folder, "feat: begin the platform")
    run((*GIT, "tag", "--no-sign", FIRST_PIN), folder=folder)
    pin_to(folder, commit_of_head(folder), FIRST_PIN)
    _commit_all(folder, "feat: pin the workflows that projects call")


def _commit_all(folder: Path, message: str) -> None:
    # A user's own ignore rules must not leave files of the platform out.
    stage(folder, "--force")
    commit(folder, message)
