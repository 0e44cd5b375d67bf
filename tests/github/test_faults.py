"""Every call of a creation fails in every way: afterwards it is whole, or it is not there.

The nightly run (`MODELWRIGHT_NIGHTLY=1`) tries each call; the others one cell in a while. What
comes of each cell stands in the table of `docs/create.md`, which the nightly run writes.
"""

import itertools
import os
import re
from pathlib import Path

import pytest

from tests.github.creating import FULL_NAME
from tests.github.fake import faults
from tests.github.standing import orphans, standing, twice
from tests.nightly import nightly

DOCUMENT = Path(__file__).parents[2] / "docs" / "create.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
ENVIRONMENTS = r"(?<=/environments/)(dev|staging|prod)"
SAMPLED = 12


def cells(fake, create) -> list[tuple[str, int]]:
    """Every call of a whole creation, with how many of its name came before it."""
    assert create().code == 0
    counted: dict[str, int] = {}
    found = []
    for signature in fake.calls:
        found.append((signature, counted.get(signature, 0)))
        counted[signature] = counted.get(signature, 0) + 1
    return sorted(found)


def broken(fake, create, cell, kind):
    """Run a creation in which one call fails."""
    signature, before = cell
    fake.mend()
    fault = fake.fail(signature, kind, skip=before)
    ran = create()
    fake.mend()
    return ran, fault


def outcome(fake, create, cell, kind, whole) -> str:
    """What comes of a fault: `made` by itself, `resumed`, or `again` where nothing was made."""
    ran, fault = broken(fake, create, cell, kind)
    if not fault.met:
        return "not sent"
    assert ran.code in {0, 4}, f"{cell} {kind}: {ran.err}"
    if ran.code == 0:
        said = "made"
    else:
        _taken_back(fake, create, ran)
        mark = len(fake.exchanges)
        broken(fake, create, cell, kind)
        said = _gone_on_with(fake, create)
        assert twice(fake, since=mark) == [], f"{cell} {kind}"
    assert standing(fake, FULL_NAME) == whole, f"{cell} {kind}"
    _removed(fake, create)
    return said


def _taken_back(fake, create, ran) -> None:
    """After a failure nothing is left by `--undo`, and the error says so."""
    assert "next:" in ran.err
    if fake.repository(FULL_NAME):
        assert "--undo" in ran.err, ran.err
        _removed(fake, create)


def _gone_on_with(fake, create) -> str:
    half_made = fake.repository(FULL_NAME) is not None
    went_on = create("--resume") if half_made else create()
    assert went_on.code == 0, went_on.err
    return "resumed" if half_made else "again"


def _removed(fake, create) -> None:
    undone = create("--undo")
    assert undone.code == 0, undone.err
    assert fake.repository(FULL_NAME) is None
    assert orphans(fake) == []


@pytest.fixture
def whole(fake, create, monkeypatch):
    """The cells, and the state that every one of them must come to."""
    monkeypatch.setenv("MODELWRIGHT_GITHUB_TIMEOUT", "2")
    fake.limits.writes_a_minute = 10**6
    fake.limits.limit = 10**6
    found = cells(fake, create)
    stands = standing(fake, FULL_NAME)
    _removed(fake, create)
    return found, stands


def test_a_fault_leaves_nothing_half_made(fake, create, whole):
    """A sample of the table, another part of it each day."""
    found, stands = whole
    everything = list(itertools.product([cell for cell in found if _writes(cell)], faults.FAULTS))
    step = len(everything) // SAMPLED
    first = int(os.environ.get("MODELWRIGHT_TEST_DAY", "3")) % step

    told = {
        (cell, kind): outcome(fake, create, cell, kind, stands)
        for cell, kind in everything[first::step]
    }

    assert "not sent" not in told.values()
    _agrees(told)


@nightly("some four hundred creations")
def test_no_fault_leaves_anything_half_made(fake, create, whole):
    """Every write in every way; every read in one way, the next read in the next."""
    found, stands = whole
    writes = [cell for cell in found if _writes(cell)]
    reads = [cell for cell in found if not _writes(cell)]
    tried = [*itertools.product(writes, faults.FAULTS), *zip(reads, itertools.cycle(faults.FAULTS))]

    told, wrong = {}, []
    for cell, kind in tried:
        try:
            told[cell, kind] = outcome(fake, create, cell, kind, stands)
        except AssertionError as error:
            wrong.append(f"{cell} {kind}: {error}")
            fake.mend()
            fake.state.repositories.clear()
            create.journal.unlink(missing_ok=True)

    if os.environ.get("MODELWRIGHT_WRITE_DOCS"):
        text = DOCUMENT.read_text() if DOCUMENT.exists() else ""
        head, _, rest = text.partition(BEGIN)
        DOCUMENT.write_text(f"{head}{BEGIN}\n{table(told)}{END}{rest.partition(END)[2]}")
    assert wrong == []
    assert "not sent" not in told.values()
    _agrees(told)


def _writes(cell) -> bool:
    return not cell[0].startswith("GET ") or cell[0].endswith("/info/refs")


def row_of(cell) -> str:
    """A call as the table names it: our organisation and repository by O and R."""
    if not _writes(cell):
        return "every read"
    text = cell[0].replace(FULL_NAME, "O/R").replace(FULL_NAME.partition("/")[0], "O")
    return re.sub(ENVIRONMENTS, "E", text).replace("norda-fraud", "TEAM")


def table(told) -> str:
    """The table as Markdown; several calls of one row are told together."""
    rows: dict[str, dict[str, set[str]]] = {}
    for (cell, kind), said in told.items():
        rows.setdefault(row_of(cell), {}).setdefault(kind, set()).add(said)
    head = f"| call | {' | '.join(faults.FAULTS)} |\n|---|{'---|' * len(faults.FAULTS)}\n"
    body = "".join(
        f"| `{name}` | {' | '.join(', '.join(sorted(of[kind])) for kind in faults.FAULTS)} |\n"
        for name, of in sorted(rows.items())
    )
    return head + body


def _agrees(told) -> None:
    """What was found stands in the document's table."""
    text = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    if BEGIN not in text:
        return
    lines = text.partition(BEGIN)[2].partition(END)[0].strip().splitlines()[2:]
    known = {
        cells[0].strip("` "): dict(zip(faults.FAULTS, map(str.strip, cells[1:]), strict=True))
        for cells in (line.strip("|").split("|") for line in lines)
    }
    wrong = [
        f"{row_of(cell)} / {kind}: {said}, the table says {known.get(row_of(cell), {}).get(kind)}"
        for (cell, kind), said in told.items()
        if said not in known.get(row_of(cell), {}).get(kind, "").split(", ")
    ]
    assert wrong == []
