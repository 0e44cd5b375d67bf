"""`modelwright platform`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelwright.adapters import packaged, platforms, urls
from modelwright.cli import initialising, starting
from modelwright.cli.options import JsonOption, QuietOption
from modelwright.cli.progress import following
from modelwright.cli.terminal import Terminal
from modelwright.errors import FindingsError

if TYPE_CHECKING:
    from modelwright.policy.first_deployment import ToFillIn

app = typer.Typer(
    help="Keep the organisation's platform.", no_args_is_help=True, rich_markup_mode=None
)
app.command("init")(initialising.init)
app.command("starter")(starting.starter)
Where = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="platform.yml or its folder.", show_default=False),
]


def _root(where: Path | None) -> Path:
    if where is None:
        return Path() if Path("platform.yml").exists() else packaged.own_root()
    return where.parent if where.name == "platform.yml" or where.is_file() else where


@app.command()
def check(where: Where = None, as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Say whether the policy is sound and every archetype renders for every brand and team."""
    # Here, because reading the policy strictly costs every other command 100 ms.
    from modelwright.operations import syncing  # noqa: PLC0415
    from modelwright.operations.platform_check import (  # noqa: PLC0415
        check_platform,
        combinations,
        to_fill_in,
    )

    terminal = Terminal(as_json=as_json, quiet=quiet)
    named = where is not None and (where.is_file() or where.suffix in {".yml", ".yaml"})
    file = where if where and named else _root(where) / "platform.yml"
    platform = check_platform(file)
    todo = combinations(platform)
    with following(len(todo), terminal) as tell:
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
    for line in _still(open_points):
        terminal.say(line)
    _remind_of_the_pin(file.parent, terminal)


def _remind_of_the_pin(root: Path, terminal: Terminal) -> None:
    from modelwright.operations.pinning import stale_pin  # noqa: PLC0415

    changed = stale_pin(root) if (root / ".git").exists() else ""
    if changed:
        terminal.note(
            f"{changed} changed since the pin: once it is merged, and before the release, run "
            "modelwright platform sync --pin"
        )


def _still(points: Sequence[ToFillIn]) -> Iterator[str]:
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
    where: Where = None,
    pin: Annotated[
        bool, typer.Option("--pin", help="Let projects call, and be checked by, today's commit.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write what derives from the policy: each archetype's cookiecutter.json, the fragments."""
    from modelwright.operations import pinning, syncing  # noqa: PLC0415

    terminal = Terminal(as_json=as_json, quiet=quiet)
    root = _root(where)
    moved = pinning.pin_today(root) if pin else None
    written = moved.written if moved else syncing.sync(root)
    told = {"sha": moved.sha, "version": moved.version} if moved else None
    terminal.document({"written": written, **({"pin": told} if pin else {})})
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
    platform = platforms.located(place)
    name = platform.policy["organisation"]["name"]
    kept = place if "://" in place or ":" in place else str(Path(place).expanduser().absolute())
    given, kept = kept, urls.bare(kept)
    path = platforms.configure(kept)
    terminal.document({"platform": kept, "organisation": name, "configuration": str(path)})
    terminal.say(f"the platform is now {name}'s, {kept} (written to {path})")
    if given != kept:
        terminal.note(
            "the user name and the password are not kept: let git's credential helper know them, "
            "or write them into MODELWRIGHT_PLATFORM"
        )
