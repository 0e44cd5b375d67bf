"""Forecast against truth, one small chart for each segment, as SVG that every browser shows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import polars as pl

from .panel import DAY
from .settings import Settings

__all__ = ["picture"]

WIDTH, HEIGHT, LEFT, TOP, BETWEEN = 860, 150, 60, 46, 44
LINES = (("truth", "#1b1b1b", "2"), ("naive", "#b0b0b0", "1"), ("forecast", "#d1495b", "2"))
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}"
    "polyline{fill:none}.axis{stroke:#ccc}"
)


def picture(settings: Settings, scored: pl.DataFrame, path: Path) -> None:
    """Draw the newest run date of a backtest.

    Args:
        settings: The project's configuration.
        scored: See `backtest.Backtest`.
        path: Where the picture goes.
    """
    newest = scored.filter(pl.col("run_date") == pl.col("run_date").max())
    segment = settings.panel.segment
    parts = sorted(newest.group_by(segment), key=lambda part: str(part[0]))
    tall = TOP + len(parts) * (HEIGHT + BETWEEN)
    day = newest.item(0, "run_date")
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEFT + 20} {tall}"'
        f' role="img" aria-label="Forecast against truth by {escape(segment)}">',
        f"<style>{STYLE}</style><rect width='100%' height='100%' fill='#fff'/>",
        f'<text class="title" x="{LEFT}" y="20">{escape(settings.panel.target)} a day, forecast'
        f" on {day} against truth, by {escape(segment)}</text>",
        *_legend(),
    ]
    for number, ((name,), rows) in enumerate(parts):
        body += _chart(str(name), rows, TOP + number * (HEIGHT + BETWEEN))
    path.write_text("\n".join([*body, "</svg>", ""]), encoding="utf-8")


def _legend() -> list[str]:
    shown = {"naive": "seasonal-naive"}
    return [
        f'<text x="{LEFT + 120 * place}" y="38" style="fill:{colour}">'
        f"{shown.get(name, name)}</text>"
        for place, (name, colour, _) in enumerate(LINES)
    ]


def _chart(name: str, rows: pl.DataFrame, top: int) -> list[str]:
    days = rows.group_by(DAY).agg(pl.col("truth", "forecast", "naive").sum()).sort(DAY)
    error = float((rows["forecast"] - rows["truth"]).abs().sum())
    error /= max(float(rows["truth"].sum()), 1e-9)
    highest = max(*(float(days.select(pl.max(line)).item()) for line, _, _ in LINES), 1e-9)
    floor = top + HEIGHT
    lines = [
        f'<polyline stroke="{colour}" stroke-width="{wide}"'
        f' points="{_points(days[line].to_list(), highest, floor)}"/>'
        for line, colour, wide in LINES
    ]
    first, last = days.select(first=pl.col(DAY).min(), last=pl.col(DAY).max()).row(0)
    return [
        f'<line class="axis" x1="{LEFT}" y1="{floor}" x2="{LEFT + WIDTH}" y2="{floor}"/>',
        f'<text x="{LEFT}" y="{top + 10}">{escape(name)}: WAPE {error:.3f}</text>',
        f'<text x="{LEFT - 8}" y="{top + 24}" text-anchor="end">{highest:.4g}</text>',
        f'<text x="{LEFT - 8}" y="{floor}" text-anchor="end">0</text>',
        f'<text x="{LEFT}" y="{floor + 16}">{first}</text>',
        f'<text x="{LEFT + WIDTH}" y="{floor + 16}" text-anchor="end">{last}</text>',
        *lines,
    ]


def _points(values: Sequence[float], highest: float, floor: int) -> str:
    step = WIDTH / max(len(values) - 1, 1)
    tall = (HEIGHT - 20) / highest
    return " ".join(
        f"{LEFT + number * step:.1f},{floor - value * tall:.1f}"
        for number, value in enumerate(values)
    )
