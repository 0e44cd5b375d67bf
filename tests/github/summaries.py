"""The summaries of workflows' runs, as `docs/create.md` shows them."""

import os
import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "create.md"


def summary_of(ran) -> str:
    """What a run under act wrote into its summary, at the addresses of github.com."""
    text = re.sub(r"http://127\.0\.0\.1:[0-9]+", "https://github.com", ran.summary)
    return re.sub(r"(?<=/repositories/)[0-9]+", "ID", text)


def is_shown(name: str, text: str) -> None:
    """The document shows a summary; `MODELWRIGHT_WRITE_DOCS` writes it there."""
    begin, end = f"<!-- summary of the {name}: begin -->", "<!-- summary: end -->"
    head, _, rest = DOCUMENT.read_text().partition(begin)
    block = f"\n\n```markdown\n{text.strip()}\n```\n\n"
    if os.environ.get("MODELWRIGHT_WRITE_DOCS"):
        DOCUMENT.write_text(head + begin + block + end + rest.partition(end)[2])
        return
    assert rest.partition(end)[0] == block
