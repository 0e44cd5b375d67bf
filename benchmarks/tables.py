"""Writes a table into a Markdown file, between its marks."""

from __future__ import annotations

from pathlib import Path

README = Path(__file__).parent / "README.md"


def write(name: str, text: str, file: Path = README) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = file.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    file.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def rows(header: list[str], lines: list[list[str]]) -> str:
    """Return a Markdown table; every column but the first is aligned to the right."""
    marks = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, marks, *lines])
