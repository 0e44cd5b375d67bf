"""Everything once, on a sample of its own: what a person sees in the first minute."""

from __future__ import annotations

import platform
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from html import escape
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from . import ProjectError, Sample, UseCase, contracts, model, monitoring, scoring, training
from .forecasting import fit
from .log import Progress
from .panel import DAY
from .registry import Registry
from .settings import Settings

__all__ = ["bench", "demo", "picture"]

WIDTH, HEIGHT, LEFT, TOP, BETWEEN = 860, 150, 60, 46, 44
LINES = (("truth", "#1b1b1b", "2"), ("naive", "#b0b0b0", "1"), ("forecast", "#d1495b", "2"))
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}"
    "polyline{fill:none}.axis{stroke:#ccc}"
)


def demo(settings: Settings, use_case: UseCase, say: Callable[[str], None]) -> None:
    """Generate, validate, train, backtest, gate, register, score and monitor.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        say: Gets lines for a person.
    """
    began = time.perf_counter()
    folder = settings.environment.data / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    own = settings.model_copy(
        update={
            "environment": settings.environment.model_copy(
                update={"data": folder, "registry": f"sqlite:///{folder / 'mlflow.db'}"}
            ),
            "data": settings.data.model_copy(update={"source": "", "as_of": "newest"}),
        }
    )
    progress = Progress(settings.backtest.windows + 6)
    progress.say("generate")
    found = contracts.checked(own, use_case, contracts.read(own, use_case))
    progress.end()
    day = contracts.run_date(own, found.panel, None)
    say(f"panel      {found.panel.height} rows, {sum(found.counts.values())} bad, run date {day}")
    registry = Registry(own)
    version = training.train(own, use_case, registry, progress=progress)
    progress.end()
    metrics = model.read_passport(registry.files(version))["metrics"]
    _table(own, metrics, say)
    verdict = training.promote(own, use_case, registry, version)
    say(f"gate       version {version} is champion: {verdict.reason}")
    progress.say("score")
    written = scoring.score(own, use_case, registry)
    progress.end()
    say(f"score      {written.rows} forecasts in {_shown(settings, written.path)}")
    loaded = model.read(version, registry.files(version))
    _, drifted = monitoring.drift(own, use_case, loaded, registry.files(version), None)
    word = "something drifted" if drifted else "nothing drifted"
    say(f"monitor    {word}: {_shown(settings, folder / 'drift.md')}")
    scored = pl.read_parquet(registry.files(version) / "backtest.parquet")
    picture(own, scored, folder / "forecast.svg")
    say(f"picture    {_shown(settings, folder / 'forecast.svg')}")
    say(f"done in {time.perf_counter() - began:.1f} s")


def bench(settings: Settings, use_case: UseCase, series: int) -> Iterator[str]:
    """Time fit and forecast on a generated panel of 700 days.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        series: How many.

    Yields:
        Lines for a person, as Markdown.
    """
    place = settings.environment.data / f"bench-{series}.parquet"
    # In a process of its own: what the generator takes is not what is measured.
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        failed = other.submit(_generate, use_case.read, place, series).result()
    if failed:
        raise ProjectError(failed[0], next_step=failed[1])
    panel = use_case.read(place, None)
    place.unlink()
    day = contracts.newest_run_date(settings, panel)
    yield f"{platform.processor() or platform.machine()}, Python {platform.python_version()}"
    yield "| step | seconds |"
    yield "|---|---|"
    began = time.perf_counter()
    good = contracts.checked(settings, use_case, panel).panel
    del panel
    yield f"| check {good.height} rows | {time.perf_counter() - began:.2f} |"
    # The first use of a library costs its import, which is not what is measured here.
    began = time.perf_counter()
    fit(settings, use_case, good.head(2000), day, seed=1)
    yield f"| import and warm up | {time.perf_counter() - began:.2f} |"
    began = time.perf_counter()
    fitted, _ = fit(settings, use_case, good, day, seed=1)
    yield f"| fit {series} series | {time.perf_counter() - began:.2f} |"
    began = time.perf_counter()
    said = fitted.forecast(settings, use_case, good, day)
    yield f"| forecast {said.height} rows | {time.perf_counter() - began:.2f} |"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    yield f"\npeak memory {peak:.2f} GB"


def _generate(read: Callable[..., object], place: Path, series: int) -> tuple[str, str] | None:
    """Return why it failed and what to do, in what can travel between processes."""
    try:
        read(place, Sample(seed=1, series=series, days=700))
    except ProjectError as error:
        return str(error), error.next_step
    return None


def _table(settings: Settings, metrics: dict[str, float], say: Callable[[str], None]) -> None:
    """Show the backtest: everything, and each part."""
    wanted = (settings.gate.metric, "bias", "pinball", "coverage")
    shown = [name for name in wanted if name in metrics]
    say("backtest   " + " " * 14 + "".join(f"{name:>10}" for name in shown))
    simple = metrics[f"naive_{settings.gate.metric}"]
    parts = dict.fromkeys(name.split("/")[0] for name in metrics if "/" in name)
    for part, front in [("all", ""), *((name, f"{name}/") for name in parts)]:
        numbers = "".join(f"{metrics[front + name]:>10.3f}" for name in shown)
        say(f"           {part:<14}{numbers}")
    say(f"           {'seasonal-naive':<14}{simple:>10.3f}")


def _shown(settings: Settings, path: Path) -> str:
    return str(path.relative_to(settings.root) if path.is_relative_to(settings.root) else path)


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
    with scoring.writing(path):
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
