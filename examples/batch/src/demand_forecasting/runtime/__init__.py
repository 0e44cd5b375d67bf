"""The machinery, and the one contract between it and your code.

Your six modules give five functions, `UseCase`. Nothing in `runtime` knows what is forecast: the
names of your columns stand under `[panel]` in `config/batch.toml`.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import dataframely as dy
import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    import lightgbm as lgb

__all__ = ["FloatArray", "ProjectError", "Sample", "UseCase"]

# LightGBM's threads spin while they wait: with two on a busy processor a fit took 30 s instead
# of 2. The library reads this once, when it is loaded, and everything here comes before that.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Its wheel for Linux leaves OpenMP to the system; importing it there would end in a traceback.
if sys.platform == "linux":
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        sys.stderr.write(
            "error: LightGBM needs OpenMP (libgomp.so.1), which is not installed; next: "
            "apt-get install libgomp1 (Debian, Ubuntu) or dnf install libgomp (Fedora, Red Hat)\n"
        )
        raise SystemExit(4) from None
# What runs on this machine is asked directly: no proxy can reach it. Set before anything makes a
# request, this holds for every library, and for every process that is started from here.
if any(name.lower() in {"http_proxy", "https_proxy", "all_proxy"} for name in os.environ):
    _direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    if _direct.strip() != "*":
        _hosts = dict.fromkeys([*_direct.split(","), "localhost", "127.0.0.1", "::1"])
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, _hosts))

FloatArray = npt.NDArray[np.float64]


class ProjectError(Exception):
    """What a person can mend; only the command line prints it.

    Args:
        problem: What is wrong, and where.
        next_step: What to do about it.
        code: Exit code: 1 findings, 2 usage, 3 refused by a rule, 4 the surroundings failed.
    """

    def __init__(self, problem: str, *, next_step: str, code: int = 4) -> None:
        super().__init__(problem)
        self.next_step = next_step
        self.code = code


@dataclass(frozen=True, slots=True)
class Sample:
    """How much of the sample is generated, and from which seed."""

    seed: int
    series: int
    days: int


class UseCase(Protocol):
    """Five functions and a contract: all that the machinery asks of your code.

    A panel has one row per series and day: the keys, the day, the target (null where it is not
    known yet) and whatever is known ahead, such as planned prices, also for the days to come.
    """

    @property
    def contract(self) -> type[dy.Schema]:
        """What each row of the panel must be; a row that breaks it is quarantined."""
        ...

    def read(self, place: Path, sample: Sample | None) -> pl.DataFrame:
        """Return the panel; where `sample` is given and nothing is there yet, make it first."""
        ...

    def features(self, panel: pl.DataFrame) -> pl.DataFrame:
        """Add the columns that `config/features.toml` names without a lag.

        A row may only use itself: what is known of a day on the day of the forecast.
        """
        ...

    def fit(
        self, table: FloatArray, target: FloatArray, *, names: list[str], seed: int
    ) -> lgb.Booster:
        """Train a model; `table` has shape `(n_rows, n_features)`, with NaN where a lag lacks."""
        ...

    def evaluate(self, scored: pl.DataFrame, levels: tuple[float, float]) -> Mapping[str, float]:
        """Return metrics by name.

        Args:
            scored: Columns `truth`, `forecast`, `lower`, `upper`.
            levels: Of which quantiles `lower` and `upper` are forecasts.
        """
        ...

    def decide(
        self, forecast: pl.DataFrame, history: pl.DataFrame, limits: Mapping[str, float]
    ) -> pl.DataFrame:
        """Turn what the model says into the forecast that is delivered.

        Args:
            forecast: Columns `series`, `day`, `model` (null without any history), `peers` (what
                a typical similar series sells), `below` and `above` (half-widths of the interval).
            history: Columns `series`, `day`, `value`; oldest first, days without a trusted
                value left out. Of each series all that is known.
            limits: `[decision]` of `config/batch.toml`.

        Returns:
            The rows of `forecast` in their order, with `forecast`, `lower`, `upper` and `method`.
        """
        ...
