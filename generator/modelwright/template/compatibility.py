"""Which templates only Copier's own library renders: all that our dialect is not known to hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol, runtime_checkable

import yaml
from jinja2.filters import FILTERS

from modelwright.errors import RefusedError
from modelwright.paths import COPIER_QUESTIONS, DERIVED_VALUES, POLICY_FILE
from modelwright.policy.yaml_reader import FastLoader
from modelwright.template.questions import MISSING, Question, Questionnaire, questionnaire_from
from modelwright.template.tree import Tree

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
# Where these stand, `platform check` has rendered every template by our own renderer.
_PLATFORM: Final = (POLICY_FILE, DERIVED_VALUES)
_INCLUDE: Final = re.compile(r"^!include ([\w./-]+)\s*$", re.MULTILINE)
_CONDITION: Final = re.compile(r"\{%-? if .*? -?%\}(.*)\{%-? endif -?%\}", re.DOTALL)
_PATTERN: Final = re.compile(r"/?(?:[\w.*+@-]+/)+[\w.*+@-]+|/[\w.*+@-]+", re.ASCII)
_TYPES: Final = ("str", "bool", "json", "yaml")
_FREE_TYPES: Final = ("json", "yaml")


@runtime_checkable
class KnowsLinks(Protocol):
    """A tree that also tells of links to folders, which are not among its paths."""

    def objects(self, folder: str) -> Iterable[str]:
        """Return every path below a folder, links among them."""


def needs_copier(tree: Tree) -> str:
    """Return why our own renderer does not take a template; empty where it does.

    Args:
        tree: The template repository at one version.

    Returns:
        One reason for a person. In doubt there is one: Copier's library renders every template.
    """
    text = _read(tree, COPIER_QUESTIONS)
    if text is None or _read(tree, "copier.yaml") is not None:
        return f"it has no {COPIER_QUESTIONS}, or another beside it"
    included = {path: _read(tree, path) for path in _INCLUDE.findall(text)}
    if text.count("!include") != len(included) or None in included.values():
        return f"{COPIER_QUESTIONS} has an !include inside a value, or with a pattern"
    texts = {path: found or "" for path, found in included.items()}
    try:
        questionnaire = questionnaire_from(text, texts)
    except RefusedError as error:
        return f"{COPIER_QUESTIONS} has what our questions do not: {error.problem}"
    return next(_reasons(tree, questionnaire, [text, *texts.values()]), "")


def _reasons(tree: Tree, questionnaire: Questionnaire, texts: list[str]) -> Iterator[str]:
    yield from _settings(questionnaire.settings)
    untyped = _untyped_questions(texts)
    for question in questionnaire.questions:
        reasons = _question(question, typed=question.name not in untyped)
        yield from (f"question {question.name}: {reason}" for reason in reasons)
    if sum("_skip_if_exists" in text for text in texts) > 1:
        yield "_skip_if_exists stands in several files"
    if any(_read(tree, path) is None for path in _PLATFORM):
        yield from (
            f"{COPIER_QUESTIONS}: {reason}" for reason in map(foreign_text, texts) if reason
        )
        yield from foreign_files(tree, questionnaire.settings["subdirectory"])


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


def _settings(settings: Mapping[str, Any]) -> Iterator[str]:
    for name in ("subdirectory", "templates_suffix", "envops"):
        if name not in settings:
            yield f"it has no _{name}"
    for name, value in settings.items():
        check = _SETTINGS.get(name)
        if check is None:
            yield f"it has the setting _{name}"
        elif not check(value):
            yield f"its _{name} is more than we know"


def _is_folder(value: object) -> bool:
    return (
        isinstance(value, str)
        and re.match(r"[\w-]+(/|\Z)", value) is not None
        and (not value.endswith("/") and "//" not in value and ".." not in value)
    )


def _is_strict(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    others = {name: setting for name, setting in value.items() if name != "undefined"}
    strict = value.get("undefined") == "jinja2.StrictUndefined"
    return strict and others in ({}, {"keep_trailing_newline": True})


def _are_patterns(value: object) -> bool:
    return isinstance(value, list) and all(_is_pattern(entry) for entry in value)


def _is_pattern(entry: object) -> bool:
    """Say whether gitignore and our patterns mean the same: anchored, of plain characters."""
    if not isinstance(entry, str):
        return False
    condition = _CONDITION.fullmatch(entry)
    pattern = condition.group(1) if condition else entry
    filled = re.sub(r"\{\{ [\w.]+ \}\}", "x", pattern)
    return (
        _PATTERN.fullmatch(filled) is not None
        and not filled.endswith("/*")
        and re.search(r"[^/]\*\*|\*\*[^/]", filled) is None
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_SETTINGS: Final[Mapping[str, Callable[[object], bool]]] = {
    "subdirectory": _is_folder,
    "templates_suffix": lambda value: value == "",
    "envops": _is_strict,
    "exclude": _are_patterns,
    "skip_if_exists": _are_patterns,
    "min_copier_version": _is_text,
    "message_before_copy": _is_text,
    "message_after_copy": _is_text,
    "message_before_update": _is_text,
    "message_after_update": _is_text,
}


def _question(question: Question, *, typed: bool) -> Iterator[str]:
    texts = (question.help, question.placeholder, question.validator)
    if question.type not in _TYPES:
        yield f"its type is {question.type}"
    if not all(isinstance(text, str) for text in texts):
        yield "one of its texts is no text"
    if not isinstance(question.when, bool):
        yield "it has a `when` that hangs on answers"
    if not isinstance(question.ask, bool | str):
        yield "its `ask` is no text"
    if not typed and not isinstance(question.default, str):
        yield "its type follows from its default"
    yield from _default(question)
    if not _plain_choices(question):
        yield "its choices are more than labels and texts"


def _default(question: Question) -> Iterator[str]:
    default, free = question.default, question.type in _FREE_TYPES
    if default is MISSING and question.computed:
        yield "it is computed from nothing"
    if isinstance(default, list) and "{" in str(default):
        yield "its default is a list with templates"
    plain = default is MISSING or isinstance(default, str | bool)
    if not free and not plain:
        yield "its default has another type"


def _plain_choices(question: Question) -> bool:
    choices = question.choices
    if isinstance(choices, str):
        return question.type == "str" or not choices
    values = choices.values() if isinstance(choices, Mapping) else ()
    found = [*(choices or ()), *values]
    simple = all(isinstance(choice, str) and "{" not in choice for choice in found)
    return simple and (question.type == "str" or not found)


def _untyped_questions(texts: list[str]) -> set[str]:
    documents = [
        document
        for text in texts
        for document in yaml.load_all(_INCLUDE.sub("", text), Loader=FastLoader)
        if document
    ]
    fields = {name: value for document in documents for name, value in document.items()}
    return {name for name, value in fields.items() if name[0] != "_" and "type" not in value}


def _read(tree: Tree, path: str) -> str | None:
    try:
        return tree.read(path).decode()
    except (KeyError, UnicodeDecodeError):
        return None
