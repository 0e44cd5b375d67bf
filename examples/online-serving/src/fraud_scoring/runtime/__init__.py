"""The machinery, and the one contract between it and your code.

Your six modules give five functions, `UseCase`. Nothing in `runtime` knows what is predicted.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

if TYPE_CHECKING:
    import lightgbm as lgb

__all__ = ["Examples", "FloatArray", "ProjectError", "Scored", "UseCase"]

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
RequestT = TypeVar("RequestT", bound=BaseModel)
ResponseT_co = TypeVar("ResponseT_co", bound=BaseModel, covariant=True)


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
class Examples(Generic[RequestT]):
    """Labelled history: what was asked, and what turned out to be true.

    Attributes:
        requests: In the form in which the service receives them, oldest first.
        target: Shape `(n_requests,)`.
    """

    requests: Sequence[RequestT]
    target: FloatArray


@dataclass(frozen=True, slots=True)
class Scored:
    """One request with its score, ready for a decision.

    Attributes:
        score: What the model predicts.
        outside: Features whose value lies outside what the model was trained on.
        why: Gives each feature's share of the score; costs about 0.5 ms, so call it only when
            the answer needs it.
    """

    score: float
    outside: Sequence[str]
    why: Callable[[], Mapping[str, float]]


class UseCase(Protocol[RequestT, ResponseT_co]):
    """Five functions and two types: all that the machinery asks of your code."""

    @property
    def request_type(self) -> type[RequestT]:
        """The model of a request."""
        ...

    @property
    def response_type(self) -> type[ResponseT_co]:
        """The model of an answer."""
        ...

    def examples(self, seed: int, rows: int) -> Examples[RequestT]:
        """Return labelled examples, the same for the same arguments."""
        ...

    def features(self, request: RequestT) -> Mapping[str, float]:
        """Return every feature that `config/features.toml` names."""
        ...

    def fit(self, table: FloatArray, target: FloatArray, *, seed: int) -> lgb.Booster:
        """Train a model; `table` has shape `(n_examples, n_features)`."""
        ...

    def evaluate(self, target: FloatArray, predicted: FloatArray) -> Mapping[str, float]:
        """Return metrics by name; both arrays have shape `(n_examples,)`."""
        ...

    def decide(self, scored: Scored, limits: Mapping[str, float]) -> ResponseT_co:
        """Turn a score into the answer; `limits` is `[decision]` of `config/service.toml`."""
        ...
