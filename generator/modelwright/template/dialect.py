"""The Jinja environment of the template dialect: sandboxed, strict, with Copier's three filters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any, Final

import yaml
from jinja2 import BytecodeCache, FunctionLoader, StrictUndefined, Template
from jinja2.bccache import Bucket
from jinja2.sandbox import SandboxedEnvironment

Read = Callable[[str], str | None]
MARKS: Final = ("{{", "{%", "{#")
_CODE_CACHE: Final[dict[str, CodeType]] = {}
_CACHE_SIZE: Final = 2000
_NAME: Final = re.compile(r"[A-Za-z_]\w{0,60}", re.ASCII)
_SHORT: Final = re.compile(r"[ -~]{0,60}")
_QUICK: Final = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_LOOK_UP: Final = re.compile(r"(?<!\{)\{\{ cookiecutter\.(__d\.)?(\w+) \}\}(?!\})")


def environment(read: Read) -> SandboxedEnvironment:
    """Return an environment whose includes and imports come from `read`.

    Args:
        read: Gives the text of a file of the template repository, or None where there is none.
    """
    env = SandboxedEnvironment(
        loader=FunctionLoader(read),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
        cache_size=-1,
        optimized=False,  # a file is rendered once: folding its constants costs more than it saves
        bytecode_cache=_SharedCode(),
    )
    env.filters["to_json"] = json.dumps
    env.filters["to_nice_yaml"] = _to_nice_yaml
    env.filters["regex_search"] = _regex_search
    return env


def render_text(env: SandboxedEnvironment, text: str, context: Mapping[str, Any]) -> str:
    """Render a text; the plain look-ups that most files hold need no compilation.

    Raises:
        TemplateError: The text is no template, or names what is not there.
    """
    if "{" not in text:
        return text
    rest = _LOOK_UP.sub("", text)
    if not any(mark in rest for mark in MARKS):
        try:
            return _LOOK_UP.sub(lambda found: _look_up(found, context), text)
        except KeyError:
            pass  # the full engine says which name is missing, and where
    return compile_template(env, text).render(context)


def compile_template(env: SandboxedEnvironment, text: str) -> Template:
    """Return a template; its code is shared by the environments of every version of a platform."""
    return Template.from_code(env, _code(env, text), env.make_globals(None))


def _code(env: SandboxedEnvironment, text: str) -> CodeType:
    code = _CODE_CACHE.get(text)
    if code is None:
        _clear_when_full()
        code = _CODE_CACHE[text] = env.compile(text)
    return code


class _SharedCode(BytecodeCache):
    """Gives what is included or imported the same shared code."""

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = _CODE_CACHE.get(bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            _clear_when_full()
            _CODE_CACHE[bucket.checksum] = bucket.code


def _clear_when_full() -> None:
    if len(_CODE_CACHE) >= _CACHE_SIZE:
        _CODE_CACHE.clear()


def _look_up(found: re.Match[str], context: Mapping[str, Any]) -> str:
    answers = context["cookiecutter"]
    return str((answers["__d"] if found[1] else answers)[found[2]])


def _to_nice_yaml(value: object) -> str:
    dumper = _QUICK if _is_plain(value) else yaml.SafeDumper
    return yaml.dump(value, Dumper=dumper, indent=4, allow_unicode=True, default_flow_style=False)


def _is_plain(value: object) -> bool:
    """Say whether both of PyYAML's emitters write a mapping alike: short ASCII texts, no lines."""
    return isinstance(value, dict) and all(
        isinstance(name, str) and _NAME.fullmatch(name) and _is_short(each)
        for name, each in value.items()
    )


def _is_short(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and bool(_SHORT.fullmatch(value)))


def _regex_search(value: str, pattern: str) -> str | None:
    found = re.search(pattern, value)
    return found.group() if found else None
