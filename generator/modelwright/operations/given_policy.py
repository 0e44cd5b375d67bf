"""The parts of a policy that a command line gives, by dotted path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from modelwright.errors import UsageError
from modelwright.operations.given import given_answers
from modelwright.policy.faults import PolicyError
from modelwright.policy.yaml_text import read_document


def given_parts(data: Sequence[str], data_file: Path | None) -> dict[str, object]:
    """Return values by dotted path, such as `brands.norda.cloud`; `--data` wins over the file.

    Args:
        data: Texts of the form `PATH=VALUE`.
        data_file: A part of a policy, in the form of `platform.yml`.

    Raises:
        UsageError: One of them has another form, or the file cannot be read.
        RefusedError: The file repeats a key, or holds a mark of Jinja.
    """
    parts = dict(_flat("", _mapping(data_file))) if data_file else {}
    return {**parts, **given_answers(data, None)}


def text_of(path: Path, option: str) -> str:
    """Return the text of a file that an option names.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(
            f"it cannot be read: {said}",
            where=f"{option} {path}",
            next_step="name a file in the form of platform.yml",
        ) from error


def _mapping(path: Path) -> Mapping[str, object]:
    document = read_document(text_of(path, "--data-file"), str(path))
    if document.faults:
        raise PolicyError(document.faults, str(path))
    return document.data


def _flat(path: str, value: object) -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping) or (path and not value):
        # An empty mapping says no more than a missing one.
        if not isinstance(value, Mapping):
            yield path, value
        return
    for name, entry in value.items():
        yield from _flat(f"{path}.{name}" if path else str(name), entry)
