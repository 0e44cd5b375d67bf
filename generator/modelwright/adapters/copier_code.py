"""Compiles each text of a template once for all its versions and projects."""

from __future__ import annotations

from collections.abc import Mapping
from types import CodeType
from typing import Any, Final

from copier._jinja_ext import get_yield_context
from jinja2 import Environment

_CODE: Final[dict[tuple[str, str | None, str], CodeType]] = {}
_KEPT: Final = 5000


def share_code(env: Environment, options: Mapping[str, Any]) -> None:
    """Let an environment take its code from those before it.

    Args:
        env: Copier's environment, with no extensions but Copier's own.
        options: The `_envops`, on which the code depends.
    """
    form = repr(sorted(options.items()))
    anew = env.compile

    def shared(source: Any, name: str | None = None, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 -- as Jinja has it
        if not isinstance(source, str) or more.get("raw"):
            return anew(source, name, *rest, **more)
        # What Copier does whenever it compiles: its loops in names begin afresh.
        loop = get_yield_context(env)
        loop.yield_name = loop.yield_iterable = None
        key = (form, name, source)
        if key not in _CODE:
            if len(_CODE) >= _KEPT:
                _CODE.clear()
            _CODE[key] = anew(source, name, *rest, **more)
        return _CODE[key]

    vars(env)["compile"] = shared
