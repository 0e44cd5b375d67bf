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

{% include 'templates/_shared/quiet-threads.py' -%}
{% include 'templates/_shared/loopback.py' %}
FloatArray = npt.NDArray[np.float64]
RequestT = TypeVar("RequestT", bound=BaseModel)
ResponseT_co = TypeVar("ResponseT_co", bound=BaseModel, covariant=True)


{% include 'templates/_shared/project-error.py' %}

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
