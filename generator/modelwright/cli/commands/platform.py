"""`modelwright platform`: init, check, sync, use and starter."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelwright.adapters.sources import packaged, platforms
from modelwright.adapters.system import urls
from modelwright.cli.commands import start
from modelwright.cli.prompt import terminal_prompt
from modelwright.cli.session import (
    DataOption,
    JsonOption,
    QuietOption,
    VerboseOption,
    opened_platforms,
)
from modelwright.cli.terminal import Terminal, progress
from modelwright.errors import FindingsError, UsageError
from modelwright.paths import POLICY_FILE

if TYPE_CHECKING:
    from modelwright.operations.platform.init import NewPlatform
    from modelwright.policy.model.first_deployment import MissingSetting
    from modelwright.template.tree import RenderedFile


app = typer.Typer(
    help="Keep the organisation's platform.", no_args_is_help=True, rich_markup_mode=None
)
PlatformArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="platform.yml or its folder.", show_default=False),
]


@app.command()
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
    from modelwright.operations.platform.init import (  # noqa: PLC0415
        check_target,
        init_platform,
        packaged_files,
    )

    terminal = Terminal(as_json=as_json, quiet=quiet, verbose=verbose)
    check_target(target)
    files, base = packaged_files()
    if policy:
        text = _ready_policy(policy, files, [*data, *([str(data_file)] if data_file else [])])
    else:
        text = _policy_from_answers(base, data, data_file, defaults=defaults)
    with progress(_steps(text), terminal) as tell:
        made = init_platform(target, files, text, tag=tag, report=tell)
    _print_platform(made, terminal)


def _ready_policy(file: Path, files: dict[str, RenderedFile], parts: list[str]) -> str:
    from modelwright.operations.platform.init import archetypes_in  # noqa: PLC0415
    from modelwright.operations.platform.policy_input import (  # noqa: PLC0415
        check_ready_policy,
        text_of,
    )

    if parts:
        raise UsageError(
            f"--policy is the whole policy, and {parts[0]} would change it",
            where="--policy",
            next_step="write that into the file, or leave --policy out",
        )
    return check_ready_policy(text_of(file, "--policy"), str(file), archetypes_in(files))


def _policy_from_answers(
    base: str, data: list[str], data_file: Path | None, *, defaults: bool
) -> str:
    from modelwright.operations.platform.interview import policy_answers  # noqa: PLC0415
    from modelwright.operations.platform.policy_input import (  # noqa: PLC0415
        policy_from_answers,
        policy_parts_from_options,
    )

    answers = policy_answers(
        policy_parts_from_options(data, data_file), defaults=defaults, ask=terminal_prompt()
    )
    return policy_from_answers(base, answers)


def _steps(policy: str) -> int:
    """Return how many steps there are: two, and one for each project that is rendered."""
    from modelwright.policy.choices import choices_on_offer  # noqa: PLC0415
    from modelwright.policy.model.load import read_plain  # noqa: PLC0415

    plain = read_plain(policy)
    pairs = sum(len(plain["teams"][team]["brands"]) for team in choices_on_offer(plain["teams"]))
    return 2 + pairs * len(plain["archetypes"])


def _print_platform(made: NewPlatform, terminal: Terminal) -> None:
    from modelwright.operations.new.finish import change_folder  # noqa: PLC0415

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


@app.command()
def check(
    where: PlatformArgument = None, as_json: JsonOption = False, quiet: QuietOption = False
) -> None:
    """Say whether the policy is sound and every archetype renders for every brand and team."""
    # Here, because reading the policy strictly costs every other command 100 ms.
    from modelwright.operations.platform import sync as syncing  # noqa: PLC0415
    from modelwright.operations.platform.check import check_platform, combinations, to_fill_in  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet)
    named = where is not None and (where.is_file() or where.suffix in {".yml", ".yaml"})
    file = where if where and named else _platform_folder(where) / POLICY_FILE
    platform = check_platform(file)
    todo = combinations(platform)
    with progress(len(todo), terminal) as tell:
        for combination in todo:
            tell(combination.name)
            combination.render()
    stale = list(syncing.stale_files(file.parent))
    open_points = to_fill_in(platform)
    terminal.document(
        {
            "file": str(file),
            "rendered": len(todo),
            "stale": stale,
            "to_fill_in": [asdict(point) for point in open_points],
        }
    )
    if stale:
        raise FindingsError(
            f"{len(stale)} files were not written from this policy: {', '.join(stale)}",
            where=str(file),
            next_step="run modelwright platform sync",
        )
    terminal.say(f"{file}: sound; {len(todo)} projects render")
    for line in _open_points(open_points):
        terminal.say(line)
    _remind_of_the_pin(file.parent, terminal)


def _remind_of_the_pin(root: Path, terminal: Terminal) -> None:
    from modelwright.operations.platform.pin import stale_pin  # noqa: PLC0415

    changed = stale_pin(root) if (root / ".git").exists() else ""
    if changed:
        terminal.note(
            f"{changed} changed since the pin: once it is merged, and before the release, run "
            "modelwright platform sync --pin"
        )


def _open_points(points: Sequence[MissingSetting]) -> Iterator[str]:
    for blocks, title in (
        (True, "to fill in before the first deployment, which fails without:"),
        (False, "to know before the first deployment:"),
    ):
        chosen = [point for point in points if point.blocks is blocks]
        if chosen:
            yield title
        for point in chosen:
            yield f"  {point.where}: {point.problem}"


@app.command()
def sync(
    where: PlatformArgument = None,
    pin: Annotated[
        bool, typer.Option("--pin", help="Let projects call, and be checked by, today's commit.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write what derives from the policy: each archetype's cookiecutter.json, the fragments."""
    from modelwright.operations.platform import pin as pinning  # noqa: PLC0415
    from modelwright.operations.platform import sync as syncing  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet)
    root = _platform_folder(where)
    moved = pinning.move_pin(root) if pin else None
    written = moved.written if moved else syncing.sync(root)
    new_pin = {"sha": moved.sha, "version": moved.version} if moved else None
    terminal.document({"written": written, **({"pin": new_pin} if pin else {})})
    for path in written:
        terminal.say(f"wrote {path}")
    if moved:
        terminal.say(f"  next: git tag {moved.version} {moved.sha[:12]}, commit, and tag a release")
    elif pin:
        terminal.say("the pin stays: nothing that a project's check needs changed since")
    if not written:
        terminal.say("nothing to write")


@app.command()
def use(
    place: Annotated[str, typer.Argument(metavar="URL|DIR[@REF]", help="Your platform.")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Work with this platform from now on."""
    terminal = Terminal(as_json=as_json, quiet=quiet)
    platform = platforms.locate_platform(place)
    opened_platforms.append(platform)
    name = platform.policy["organisation"]["name"]
    absolute = place if ":" in place else str(Path(place).expanduser().absolute())
    stored = urls.split_credentials(absolute)
    path = platforms.configure(stored)
    terminal.document({"platform": stored, "organisation": name, "configuration": str(path)})
    terminal.say(f"the platform is now {name}'s, {stored} (written to {path})")
    if stored != absolute:
        terminal.note(
            "the user name and the password are not kept: let git's credential helper know them, "
            "or write them into MODELWRIGHT_PLATFORM"
        )


def _platform_folder(where: Path | None) -> Path:
    if where is None:
        return Path() if Path(POLICY_FILE).exists() else packaged.own_root()
    return where.parent if where.name == POLICY_FILE or where.is_file() else where


app.command("starter")(start.starter)
