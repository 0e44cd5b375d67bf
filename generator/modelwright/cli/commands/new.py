"""`modelwright new`: a project in a new folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelwright.cli.prompt import choose_archetype, prompt_with_name
from modelwright.cli.session import (
    ArchetypeArgument,
    DataFileOption,
    DataOption,
    JsonOption,
    PlatformOption,
    QuietOption,
    VerboseOption,
    open_platform_for,
)
from modelwright.cli.terminal import Terminal, progress
from modelwright.paths import PYPROJECT

if TYPE_CHECKING:
    from modelwright.operations.new.finish import PendingError
    from modelwright.operations.new.new import NewProject
    from modelwright.template.platform import Platform


def new(  # noqa: PLR0913, PLR0917 -- the contract's options
    archetype: ArchetypeArgument = "",
    into: Annotated[
        Path, typer.Option("--into", help="The folder that the project's folder is made in.")
    ] = Path(),
    data: DataOption = [],  # noqa: B006 -- the framework copies it
    data_file: DataFileOption = None,
    defaults: Annotated[bool, typer.Option("--defaults", help="Ask nothing.")] = False,
    git: Annotated[
        bool | None,
        typer.Option("--git/--no-git", help="Make a repository; by default not inside another."),
    ] = None,
    no_lock: Annotated[bool, typer.Option("--no-lock", help="Make no lock file.")] = False,
    to: Annotated[
        str, typer.Option("--to", metavar="VERSION", help="A released version of the template.")
    ] = "",
    platform_name: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Make a project in a new folder, named by the organisation's rule."""
    # Here, because the template engine costs the commands that render nothing 80 ms.
    from modelwright.operations.new.answer_options import answers_from_options  # noqa: PLC0415
    from modelwright.operations.new.finish import finish, steps, surrounding_repository  # noqa: PLC0415
    from modelwright.operations.new.new import new_project  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)
    platform = open_platform_for(platform_name, terminal, version=to)
    given = answers_from_options(data, data_file)
    ask = prompt_with_name(platform, defaults=defaults, into=into)
    archetype = choose_archetype(platform, archetype, ask)
    most = 1 + len(steps(archetype=archetype, lock=not no_lock, git=git is not False))
    with progress(most, terminal) as tell:
        project = new_project(
            platform, archetype, into, given=given, defaults=defaults, ask=ask, tell=tell
        )
        around = surrounding_repository(project.folder) if git is None else None
        wants_git = around is None if git is None else git
        lock = not no_lock and PYPROJECT in project.files
        pending = finish(project.folder, steps(archetype=archetype, lock=lock, git=wants_git), tell)
    _print(project, archetype, platform, terminal, around=around, pending=pending)


def _print(  # noqa: PLR0913 -- what a person is told
    project: NewProject,
    archetype: str,
    platform: Platform,
    terminal: Terminal,
    *,
    around: Path | None,
    pending: list[PendingError],
) -> None:
    terminal.document(
        {
            "project": str(project.folder),
            "archetype": archetype,
            "platform": {"source": platform.source, "version": platform.version},
            "files": project.files,
            "inside": str(around) if around else None,
            "next_step": pending[-1].next_step if pending else "",
            "pending": [{"problem": one.problem, "next_step": one.next_step} for one in pending],
        }
    )
    terminal.say(f"made {project.folder} ({len(project.files)} files)")
    if around:
        terminal.say(
            f"  it stands inside the repository {around}: commit it there; --git makes a "
            "repository of its own"
        )
    if PYPROJECT in project.files:
        from modelwright.operations.new.finish import change_folder  # noqa: PLC0415

        terminal.say(f"  next: {change_folder(project.folder)} && uv run poe demo")
    for one in pending:
        terminal.say(f"{one.problem}\n  next: {one.next_step}")
