"""`modelwright start`, which a starter's own workflow runs; and `modelwright platform starter`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelwright.cli.session import (
    JsonOption,
    PlatformOption,
    QuietOption,
    VerboseOption,
    open_platform_for,
)
from modelwright.cli.terminal import Terminal, progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelwright.operations.start.start import StartedProject
    from modelwright.template.platform import Platform

_STEPS = 3


def start(  # noqa: PLR0913, PLR0917 -- the command's options
    path: Annotated[Path, typer.Argument(help="The repository's work tree.")] = Path(),
    api: Annotated[
        str, typer.Option("--api", metavar="URL", help="GitHub's API.", show_default=False)
    ] = "",
    no_lock: Annotated[bool, typer.Option("--no-lock", help="Make no lock file.")] = False,
    summary: Annotated[
        Path | None, typer.Option("--summary", help="Add a report to this file, as Markdown.")
    ] = None,
    platform_name: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Make the project of a repository that came from a starter; for the starter's workflow."""
    from modelwright.operations.start.start import start as start_project  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)
    platform = open_platform_for(platform_name, terminal)
    with progress(_STEPS, terminal) as tell:
        started = start_project(
            platform, path, api=api, lock=not no_lock, environ=os.environ, tell=tell
        )
    terminal.document(
        {"repository": started.repository, "done": started.done, "left": started.left}
    )
    headline = _headline(started)
    terminal.say(headline)
    for line in started.left:
        terminal.say(f"  left to the form: {line}")
    if summary is not None:
        with summary.open("a", encoding="utf-8") as file:
            file.write(_markdown(started, headline, platform.policy["platform"]["url"]))


def _headline(started: StartedProject) -> str:
    if not started.done:
        return f"{started.repository} is a project already; nothing was done"
    return f"started {started.repository}: {started.url}"


def _markdown(started: StartedProject, headline: str, platform: str) -> str:
    if not started.done:
        return f"## {headline}\n"
    asked = ", ".join(f"{name} {started.answers[name]}" for name in ("team", "brand", "use_case"))
    return (
        f"## {headline}\n\n"
        + "".join(f"- {line}\n" for line in started.done)
        + f"\n### Left to the platform's form\n\nRun *New ML project* at {platform}/actions "
        f"for {started.answers['archetype']}, {asked}, and *resume*. It\n\n"
        + "".join(f"- {line}\n" for line in started.left)
    )


def starter(  # noqa: PLR0913, PLR0917 -- the command's options
    into: Annotated[Path, typer.Argument(help="The folder that gets one folder for each.")],
    publish: Annotated[
        bool, typer.Option("--publish", help="Push each to the template repository of its name.")
    ] = False,
    api: Annotated[
        str, typer.Option("--api", metavar="URL", help="GitHub's API.", show_default=False)
    ] = "",
    platform_name: PlatformOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a template repository for every brand and pattern, from a release of the platform."""
    from modelwright.operations.start.starters import write_starters  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet)
    platform = open_platform_for(platform_name, terminal)
    with progress(len(platform.policy["brands"]), terminal) as tell:
        written = write_starters(platform, into, tell)
        pushed = _publish(platform, written, api, tell) if publish else []
    terminal.document({"written": [str(folder) for folder in written], "published": pushed})
    for folder in written:
        terminal.say(f"wrote {folder}")
    for name in pushed:
        terminal.say(f"renewed {name}")


def _publish(
    platform: Platform, written: list[Path], api: str, tell: Callable[[str], None]
) -> list[str]:
    from modelwright.operations.start.starters import publish_starters  # noqa: PLC0415

    return publish_starters(platform, written, api=api, environ=os.environ, tell=tell)
