"""Everything once, on a sample of its own: what a person sees in the first minute."""

from __future__ import annotations

import platform
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from . import Sample, UseCase, contracts, model, monitoring, scoring, training
from .forecasting import fit
from .log import Progress
from .passport import read_passport
from .picture import picture
from .registry import Registry
from .settings import Settings

__all__ = ["bench", "demo"]


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
    metrics = read_passport(registry.files(version))["metrics"]
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
    panel = use_case.read(place, Sample(seed=1, series=series, days=700))
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
