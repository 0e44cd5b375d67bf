"""Finds in the texts of a template what Jinja alone, with our three filters, does not know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Protocol, runtime_checkable

from jinja2.filters import FILTERS

from modelwright.catalog.tree import Tree

_FILTERS: Final = frozenset((*FILTERS, "to_json", "to_nice_yaml", "regex_search"))
_TAGS: Final = frozenset(
    (
        *("if", "elif", "else", "endif", "for", "endfor", "set", "endset", "include", "import"),
        *("from", "macro", "endmacro", "call", "endcall", "extends", "block", "endblock", "with"),
        "endwith",
    )
)
# Names that Copier gives to a template and our renderer does not.
_NAMES: Final = re.compile(
    r"(?<![.\w])(_copier_phase|_copier_operation|_copier_python|_folder_name|_external_data"
    r"|_src_path|_commit|now|make_secret|pathjoin|_copier_conf(?!\.answers_file\b| is defined))\b"
)
_UNREAD: Final = re.compile(r"\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}|\{#.*?#\}", re.DOTALL)
_BLOCK: Final = re.compile(r"\{(%|\{)[-+]?(.*?)[-+]?(?:%|\})\}", re.DOTALL)
_STRING: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_PIPED: Final = re.compile(r"\|\s*([\w.]+)(\()?")


@runtime_checkable
class KnowsLinks(Protocol):
    """A tree that also tells of links to folders, which are not among its paths."""

    def objects(self, folder: str) -> Iterable[str]:
        """Return every path below a folder, links among them."""


def foreign_files(tree: Tree, subdirectory: str) -> Iterator[str]:
    """Yield what our renderer does not know in the files of a template.

    Args:
        tree: The template repository.
        subdirectory: Its `_subdirectory`; the part before the first answer is what is rendered.
    """
    fixed = subdirectory.partition("{")[0]
    top = fixed if fixed == subdirectory else fixed.rpartition("/")[0]
    if not top:
        yield "its _subdirectory begins with an answer"
        return
    paths = set(tree.paths(top))
    if isinstance(tree, KnowsLinks) and len(list(tree.objects(top))) != len(paths):
        yield f"{top} has a link to a folder"
    for path in tree.paths(""):
        reason = foreign_text(path) or _content(tree.read(path), rendered=path in paths)
        if reason:
            yield f"{path}: {reason}"


def foreign_text(text: str) -> str:
    """Return what our renderer does not know in one text; empty where it knows all."""
    for kind, code in _BLOCK.findall(_UNREAD.sub("", text)):
        bare = _STRING.sub("''", code)
        reason = _filters(bare) or (_tag(bare) if kind == "%" else "")
        if reason:
            return reason
        named = _NAMES.search(bare)
        if named:
            return f"it uses {named.group(1)}"
    return ""


def _content(content: bytes, *, rendered: bool) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return ""
    if rendered and "\r" in text:
        return "its lines end with CR"
    return foreign_text(text) if "{" in text else ""


def _filters(code: str) -> str:
    for name, called in _PIPED.findall(code):
        if name not in _FILTERS:
            return f"it uses the filter {name}"
        if called and name == "to_nice_yaml":
            return "it gives to_nice_yaml an argument"
    return ""


def _tag(code: str) -> str:
    tag, *rest = code.split() or [""]
    if tag in {"filter", "endfilter"}:
        return _filters(f"|{' '.join(rest)}") if rest else ""
    return "" if tag in _TAGS else f"it uses the tag {tag}"
