"""Where a project keeps its evidence, as its archetype's `evidence.yml` says.

The criteria ask the same of every archetype; only this file of each knows that it is built its own
way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Final, Literal

from modelwright.errors import RefusedError
from modelwright.policy.yaml_reader import Unreadable, read_yaml

DELIVERS: Final = ("answers", "table")
# How many texts an entry lists; 0 is any number.
_LISTS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("serves", "delivered", "shares", "parity", "counted", "compares"), 2),
    **dict.fromkeys(("notices", "careful"), 3),
    "feedback": 4,
    **dict.fromkeys(("declares", "foreign", "elsewhere", "unlike", "kept"), 0),
}
_ROWS: Final[Mapping[str, int]] = {"sides": 4, "described": 2}


@dataclass(frozen=True, kw_only=True)
class EvidenceMap:
    """One archetype; a module is named as in `Facts.module`.

    Attributes:
        delivers: Answers to requests, or a table: what is unlike the training data, out of range
            or stored is looked for in another way.
        config: The file with its thresholds.
        computed: Key of a feature's entry that lets the machinery compute it; empty: none does.
        reads: The function of data.py.
        serves: Module, and a function of it or what it imports, that gives answers or forecasts.
        delivered: What a test of the delivery is called, and what it calls.
        fingerprint: The call in training that takes the fingerprint of the data.
        age: Part of the metric that tells how old the model is.
        declares: Calls that declare a metric.
        foreign: Beginnings of metrics that the surroundings give, and not the package.
        silent: Part of the metric that tells that nothing is delivered any more.
        feedback: Module, function, the call that joins outcomes, the call that measures.
        shares: Module that computes what each feature brought, and by which name.
        reasons: What `decide` writes down as the reason of a decision.
        sides: Side, module, function and call: how features reach training and delivery.
        parity: The calls of a test that compares both sides.
        elsewhere: Modules that must know no feature.
        app: The module with the routes.
        feature: The feature function in features.py.
        kinds: The type in schemas.py that lists the features, where the function writes none.
        described: Module and class of each form that the interface's description holds.
        request: The class in schemas.py that is sent from outside.
        notices: Module, function and call that notice what is unlike the training data.
        unlike: The words that tests of that know.
        careful: Module, function and word: who decides such a case with care.
        counted: Part of the metric that counts such cases, and the log's field that marks them.
        kept: The fields of a log's record.
        logs: The module that hands records to the log.
        compares: Module and call that compare distributions again and again.
        repeated: The verb that a schedule must start for drift; empty where each scrape asks.
        not_applicable: Why a criterion says nothing about this archetype, by its number.
    """

    delivers: Literal["answers", "table"] = "answers"
    config: str
    computed: str = ""
    reads: str
    serves: tuple[str, str]
    delivered: tuple[str, str]
    fingerprint: str
    age: str
    declares: tuple[str, ...]
    foreign: tuple[str, ...] = ()
    silent: str
    feedback: tuple[str, str, str, str]
    shares: tuple[str, str]
    reasons: str
    sides: tuple[tuple[str, str, str, str], ...]
    parity: tuple[str, str]
    elsewhere: tuple[str, ...]
    app: str = "runtime/app"
    feature: str = "features"
    kinds: str = ""
    described: tuple[tuple[str, str], ...] = (("schemas", "Request"), ("schemas", "Response"))
    request: str = "Request"
    notices: tuple[str, str, str] = ("runtime/model", "scored", "knows")
    unlike: tuple[str, ...] = ("outside", "outside_training_range")
    careful: tuple[str, str, str] = ("decide", "decide", "outside")
    counted: tuple[str, str] = ("outside", "outside")
    kept: tuple[str, ...] = ("request", "features", "score", "response", "version")
    logs: str = "runtime/scoring"
    compares: tuple[str, str] = ("runtime/monitoring", "compare")
    repeated: str = ""
    not_applicable: Mapping[int, str] = field(default_factory=dict)


def evidence_map_from(text: str, where: str) -> EvidenceMap:
    """Read an `evidence.yml`.

    Args:
        text: What the file holds.
        where: Its path, for messages.

    Raises:
        RefusedError: It is not YAML, or an entry is unknown, missing or of another form.
    """
    documents = read_yaml(text)
    if isinstance(documents, Unreadable):
        raise _refusal(f"it is not YAML: {documents.problem}", f"{where}:{documents.line}")
    data: Mapping[Any, Any] = documents[0].mapping if documents else {}
    known = {entry.name: entry for entry in fields(EvidenceMap)}
    needed = {name for name, entry in known.items() if _is_needed(entry)}
    for name in data:
        if name not in known:
            raise _refusal(f"there is no entry {name!r}", where)
    for name in sorted(needed - set(data)):
        raise _refusal(f"the entry {name!r} is missing", where)
    return EvidenceMap(**{name: _value(name, value, where) for name, value in data.items()})


def _is_needed(entry: Any) -> bool:  # noqa: ANN401 -- a field's own type is generic
    return entry.default is MISSING and entry.default_factory is MISSING


def _value(name: str, value: object, where: str) -> Any:  # noqa: ANN401 -- by the entry's name
    if name == "delivers" and value not in DELIVERS:
        raise _refusal(f"{name} is neither {' nor '.join(DELIVERS)}", where)
    if name == "not_applicable":
        return _reasons(value, where)
    if name in _ROWS:
        rows = value if isinstance(value, list) else [None]
        return tuple(_text_list(name, row, _ROWS[name], where) for row in rows)
    if name in _LISTS:
        return _text_list(name, value, _LISTS[name], where)
    if not isinstance(value, str):
        raise _refusal(f"{name} is not a text", where)
    return value


def _text_list(name: str, value: object, length: int, where: str) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else [None]
    if not all(isinstance(text, str) for text in texts) or len(texts) != (length or len(texts)):
        raise _refusal(f"{name} is not a list of {length or 'any number of'} texts", where)
    return tuple(texts)


def _reasons(value: object, where: str) -> Mapping[int, str]:
    entries: dict[Any, Any] = value if isinstance(value, dict) else {None: None}
    if not all(type(n) is int and isinstance(reason, str) for n, reason in entries.items()):
        raise _refusal("not_applicable does not give a reason by the number of a criterion", where)
    return entries


def _refusal(problem: str, where: str) -> RefusedError:
    return RefusedError(problem, where=where, next_step="see evidence.yml in docs/audit.md")
