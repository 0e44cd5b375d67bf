"""`modelwright platform init`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelwright.cli.options import DataOption, JsonOption, QuietOption, VerboseOption
from modelwright.cli.progress import following
from modelwright.cli.terminal import Terminal
from modelwright.errors import UsageError

if TYPE_CHECKING:
    from modelwright.catalog.answering import Asker
    from modelwright.catalog.rendering import RenderedFile
    from modelwright.operations.platform_init import NewPlatform


def init(  # noqa: PLR0913, PLR0917 -- the contract's options
    target: Annotated[Path, typer.Argument(metavar="DIR", help="The new repository's folder.")],
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="A whole policy, ready-made.")
    ] = None,
    data: DataOption = [],  # noqa: B006 -- the framework copies it
    data_file: Annotated[
        Path | None,
        typer.Option("--data-file", "-f", help="Parts of a policy, as in platform.yml."),
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Ask nothing that has a default.")
    ] = False,
    tag: Annotated[bool, typer.Option("--tag", help="Tag the first release, v0.1.0.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Make your organisation's own platform repository: policy, templates, workflows."""
    from modelwright.operations.platform_beginning import packaged, prepare  # noqa: PLC0415
    from modelwright.operations.platform_init import init_platform  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)
    prepare(target)
    files, base = packaged()
    if policy:
        text = _ready(policy, files, [*data, *([str(data_file)] if data_file else [])])
    else:
        text = _answered(base, data, data_file, defaults=defaults)
    with following(_steps(text), terminal) as tell:
        made = init_platform(target, files, text, tag=tag, tell=tell)
    _say(made, terminal)


def _ready(file: Path, files: dict[str, RenderedFile], parts: list[str]) -> str:
    from modelwright.operations.first_policy import ready_policy  # noqa: PLC0415
    from modelwright.operations.given_policy import text_of  # noqa: PLC0415
    from modelwright.operations.platform_beginning import archetypes_in  # noqa: PLC0415

    if parts:
        raise UsageError(
            f"--policy is the whole policy, and {parts[0]} would change it",
            where="--policy",
            next_step="write that into the file, or leave --policy out",
        )
    return ready_policy(text_of(file, "--policy"), str(file), archetypes_in(files))


def _answered(base: str, data: list[str], data_file: Path | None, *, defaults: bool) -> str:
    from modelwright.operations.first_policy import answered_policy  # noqa: PLC0415
    from modelwright.operations.given_policy import given_parts  # noqa: PLC0415
    from modelwright.operations.policy_questions import policy_answers  # noqa: PLC0415

    answers = policy_answers(given_parts(data, data_file), defaults=defaults, ask=_asker())
    return answered_policy(base, answers)


def _asker() -> Asker | None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    from modelwright.cli.asking import ask  # noqa: PLC0415 -- 180 ms, for a person only

    return ask


def _steps(policy: str) -> int:
    """Return how many steps there are: two, and one for each project that is rendered."""
    from modelwright.policy.choices import offered  # noqa: PLC0415
    from modelwright.policy.load import read_plain  # noqa: PLC0415

    plain = read_plain(policy)
    pairs = sum(len(plain["teams"][team]["brands"]) for team in offered(plain["teams"]))
    return 2 + pairs * len(plain["archetypes"])


def _say(made: NewPlatform, terminal: Terminal) -> None:
    from modelwright.operations.finishing import change_folder  # noqa: PLC0415

    tags = ["ci-v1", "v0.1.0"]
    following_steps = [change_folder(made.folder)]
    if not made.tag:
        following_steps.append("git tag v0.1.0")
    following_steps += [
        f"git remote add origin {shlex.quote(made.url)}",
        f"git push --set-upstream origin main {' '.join(tags)}",
    ]
    terminal.document(
        {
            "platform": str(made.folder),
            "files": made.files,
            "brands": made.brands,
            "teams": made.teams,
            "rendered": made.rendered,
            "pin": dict(made.pin),
            "tag": made.tag,
            "next": following_steps,
        }
    )
    terminal.say(
        f"made {made.folder} ({made.files} files, {made.brands} brands, {made.teams} teams); "
        f"{made.rendered} projects render"
    )
    terminal.say(f"  next: {' && '.join(following_steps)}")
