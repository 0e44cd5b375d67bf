"""Counts what each tool loses on the same random histories.

`uv run python benchmarks/update_losses.py [CASES]` lives every history through twice, with
`modelwright update` and with stock `copier update`, and writes the table into this folder's
README and into `docs/update.md`.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pairs import ROOT, version_of
from tables import rows, write

sys.path.insert(0, str(ROOT))

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.update.engines import Engine, Ours, Stock
from tests.update.oracle import losses
from tests.update.stories import Story, play, stories

GROUPS = {
    "a line of text": ("edit", "insert", "append", "rewrite"),
    "a line that was deleted": ("cut", "empty"),
    "CRLF line ends": ("crlf",),
    "no end of the last line": ("unended",),
    "bytes that are not UTF-8": ("latin",),
    "a binary": ("binary", "add_binary"),
    "a symbolic link": ("link", "linked", "unlinked", "add_link"),
    "the executable bit": ("mode",),
    "a file of her own": ("add", "add_agreed"),
    "a file or folder that was renamed, moved or deleted": (
        "rename", "move", "move_folder", "delete", "delete_folder",
    ),
    "a file that git does not track": ("untracked", "ignored"),
}  # fmt: skip
ANSWER = "an answer, and a rule became stricter"
EVERYTHING = "**cases**"


@dataclass
class Count:
    """How often one tool was tried, and lost something without a word.

    Attributes:
        lost: Cases by kind of edit.
        unfinished: Updates that ended in an error although no answer was refused.
    """

    lost: Counter[str] = field(default_factory=Counter)
    unfinished: int = 0


def told(number: int) -> list[Story]:
    """Return the stories, the same ones every time."""
    found: list[Story] = []
    collect = given(story=stories())(lambda story: found.append(story))  # noqa: PLW0108 -- hypothesis reads its arguments
    few = settings(
        max_examples=number, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    seed(6)(few(collect))()
    return found


def group_of(kind: str) -> str:
    """Return the row that a kind of edit is counted in."""
    stem = kind.rstrip("0123456789")
    return next((name for name, kinds in GROUPS.items() if stem in kinds), ANSWER)


def lived(story: Story, engine: Engine, count: Count) -> None:
    """Live one story through, and count what is lost in silence until the first loss."""
    with tempfile.TemporaryDirectory() as folder:
        for played in play(story, engine, Path(folder)):
            update = played.update
            if update.code not in (0, 1) or (update.code and engine.name == "stock"):
                count.unfinished += not update.refused
                continue
            silent = losses(update) if update.code == 0 else []
            if silent:
                count.lost.update({group_of(fault.kind) for fault in silent})
                count.lost[EVERYTHING] += 1
                return


def edits_in(story: Story) -> set[str]:
    """Return the rows that a story belongs to."""
    mine = {group_of(edit.kind) for chapter in story.chapters for edit in chapter.mine}
    rules = any("stricter" in change.kind for c in story.chapters for change in c.theirs)
    return {*mine, EVERYTHING} - {ANSWER} | ({ANSWER} if rules else set())


def table(cases: Counter[str], ours: Count, stock: Count) -> str:
    """Return the counts as Markdown."""
    lines = [
        [name, str(cases[name]), str(ours.lost[name]), str(stock.lost[name])]
        for name in (EVERYTHING, *GROUPS, ANSWER)
    ]
    note = (
        f"{cases[EVERYTHING]} histories of one to three updates, copier {version_of('copier')}. "
        "A case counts where something of the user's is gone, changed or back again after an "
        "update that reported no conflict (exit code 0). Updates that ended in an error although "
        f"no answer was refused: {ours.unfinished} of ours, {stock.unfinished} of stock's (it "
        "updates nothing where an untracked file lies about)."
    )
    return f"{note}\n\n" + rows(["what the user had done", "cases", "ours", "stock"], lines)


def main() -> int:
    """Count, write the table, and return 1 where ours lost anything."""
    number = int(sys.argv[1]) if sys.argv[1:] else 200
    cases: Counter[str] = Counter()
    ours, stock = Count(), Count()
    for story in told(number):
        cases.update(edits_in(story))
        lived(story, Ours(), ours)
        lived(story, Stock(), stock)
    text = table(cases, ours, stock)
    write("losses", text)
    write("losses", text, ROOT / "docs/update.md")
    return int(bool(ours.lost))


if __name__ == "__main__":
    sys.exit(main())
