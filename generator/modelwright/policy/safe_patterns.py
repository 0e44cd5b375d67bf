"""Finds patterns prone to catastrophic backtracking (ReDoS): regular expressions that may hang.

A pattern becomes the automaton of its character positions. What makes a backtracking engine try
again and again is more than one way through it for the same text: in a loop that is exponential,
in loops that follow each other it is a power of the length, and elsewhere a constant factor.

Source:
    Weber and Seidl, "On the degree of ambiguity of finite automata" (1991); Glushkov (1961).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, Final

LONGEST: Final = 500
POSITIONS: Final = 150
CHOICES: Final = 12
_CATEGORIES: Final = {
    code.CATEGORY_DIGIT: r"\d",
    code.CATEGORY_NOT_DIGIT: r"\D",
    code.CATEGORY_SPACE: r"\s",
    code.CATEGORY_NOT_SPACE: r"\S",
    code.CATEGORY_WORD: r"\w",
    code.CATEGORY_NOT_WORD: r"\W",
}
# Letters beyond ASCII count as three: one of a word, one digit and one of neither.
_SAMPLE: Final = (*map(chr, range(128)), "é", "٣", "€")


class _UnsafeError(Exception):
    """Why a pattern is not characters."""


@dataclass
class _Part:
    """A part of a pattern: the positions that it begins and ends with; whether it may be empty."""

    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    empty: bool = True


@dataclass
class _Automaton:
    """Positions with the characters that each takes, and those that follow each other."""

    characters: list[frozenset[str]] = field(default_factory=list)
    followers: list[set[int]] = field(default_factory=list)
    flags: int = 0

    def position(self, letters: frozenset[str]) -> _Part:
        if len(self.characters) >= POSITIONS:
            raise _UnsafeError(f"it has more than {POSITIONS} parts")
        self.characters.append(letters)
        self.followers.append(set())
        here = frozenset({len(self.characters) - 1})
        return _Part(here, here, empty=False)

    def concatenate(self, parts: Iterable[_Part]) -> _Part:
        pattern_part = _Part()
        for part in parts:
            self._link(pattern_part.last, part.first)
            pattern_part = _Part(
                pattern_part.first | part.first if pattern_part.empty else pattern_part.first,
                pattern_part.last | part.last if part.empty else part.last,
                empty=pattern_part.empty and part.empty,
            )
        return pattern_part

    def add_loop(self, part: _Part) -> None:
        if part.empty:
            raise _UnsafeError("it repeats what may be empty")
        if any(follower in self.followers[end] for end in part.last for follower in part.first):
            raise _UnsafeError("it repeats what repeats, and nothing tells the two apart")
        self._link(part.last, part.first)

    def _link(self, ends: Iterable[int], beginnings: Iterable[int]) -> None:
        for end in ends:
            self.followers[end].update(beginnings)

    def overlap(self, one: int, other: int) -> bool:
        return not self.characters[one].isdisjoint(self.characters[other])


@lru_cache(maxsize=256)
def unsafe_pattern(pattern: str) -> str:
    """Return why a pattern may take too long on some text; nothing where it never does.

    Args:
        pattern: A regular expression.
    """
    if len(pattern) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    machine = _Automaton()
    try:
        parsed = _parser.parse(pattern)
        machine.flags = parsed.state.flags & (re.IGNORECASE | re.ASCII | re.DOTALL)
        pattern_part = _sequence(machine, list(parsed), begins=True)
        _judge(machine, pattern_part)
    except _UnsafeError as error:
        return str(error)
    except re.error as error:
        return f"it is not a regular expression: {error}"
    except RecursionError:
        return "it is nested too deeply"
    return ""


def _sequence(machine: _Automaton, items: list[Any], *, begins: bool = False) -> _Part:
    parts = []
    for number, (kind, value) in enumerate(items):
        if kind in {code.ASSERT, code.ASSERT_NOT}:
            _refuse_lookaround(value, begins=begins and number == 0)
        elif kind is not code.AT:
            parts.append(_part(machine, kind, value))
    return machine.concatenate(parts)


def _refuse_lookaround(value: Any, *, begins: bool) -> None:  # noqa: ANN401 -- the parser's own
    direction, inner = value
    plain = all(kind in {code.LITERAL, code.NOT_LITERAL, code.IN} for kind, _ in inner)
    if direction != 1 or not begins or not plain:
        raise _UnsafeError("it looks ahead or behind, other than for letters at its beginning")


def _part(machine: _Automaton, kind: Any, value: Any) -> _Part:  # noqa: ANN401 -- as above
    if kind in {code.LITERAL, code.NOT_LITERAL, code.IN, code.ANY}:
        return machine.position(_letters(kind, value, machine.flags))
    if kind is code.SUBPATTERN:
        if value[1] or value[2]:
            raise _UnsafeError("it changes its flags midway")
        return _sequence(machine, list(value[3]))
    if kind is code.BRANCH:
        branches = [_sequence(machine, list(branch)) for branch in value[1]]
        if sum(branch.empty for branch in branches) > 1:
            raise _UnsafeError("it has two branches that are the same")
        return _Part(
            frozenset().union(*(branch.first for branch in branches)),
            frozenset().union(*(branch.last for branch in branches)),
            empty=any(branch.empty for branch in branches),
        )
    if kind in {code.MAX_REPEAT, code.MIN_REPEAT}:
        return _repeat(machine, *value)
    raise _UnsafeError("it refers to a group, or has another part that is not plain")


def _repeat(machine: _Automaton, least: int, most: int, items: Any) -> _Part:  # noqa: ANN401
    part = _sequence(machine, list(items))
    fixed = least == most and len(part.first) == 1 and part.first == part.last and not part.empty
    if most > 1 and not fixed:
        machine.add_loop(part)
    return _Part(part.first, part.last, empty=part.empty or least == 0)


def _letters(kind: Any, value: Any, flags: int) -> frozenset[str]:  # noqa: ANN401 -- as above
    if kind is code.IN:
        rebuilt = _class(value)
    elif kind is code.ANY:
        rebuilt = "."
    else:
        letter = re.escape(chr(value))
        rebuilt = letter if kind is code.LITERAL else f"[^{letter}]"
    takes = re.compile(rebuilt, flags)
    found = frozenset(letter for letter in _SAMPLE if takes.fullmatch(letter))
    return found or frozenset({rebuilt})


def _class(value: Any) -> str:  # noqa: ANN401 -- as above
    texts = []
    for kind, inner in value:
        if kind is code.NEGATE:
            texts.append("^")
        elif kind is code.LITERAL:
            texts.append(re.escape(chr(inner)))
        elif kind is code.RANGE:
            texts.append(f"{re.escape(chr(inner[0]))}-{re.escape(chr(inner[1]))}")
        elif kind is code.CATEGORY and inner in _CATEGORIES:
            texts.append(_CATEGORIES[inner])
        else:
            raise _UnsafeError("it has a class of characters that is not plain")
    return f"[{''.join(texts)}]"


def _judge(machine: _Automaton, pattern_part: _Part) -> None:
    loops = _loops(machine)
    for loop in loops:
        if _is_ambiguous(machine, loop):
            raise _UnsafeError("it has two ways to repeat the same letters")
    if _longest_chain(machine, loops) > 2:  # noqa: PLR2004 -- the square of the length, no cube
        raise _UnsafeError("it repeats the same letters three times in a row")
    undecided = sum(
        machine.overlap(one, other)
        for followers in (*machine.followers, pattern_part.first)
        for one in followers
        for other in followers
        if one < other
    )
    if undecided > CHOICES:
        raise _UnsafeError("it leaves too often open by which part a letter is taken")


def _reachable(machine: _Automaton, start: int) -> set[int]:
    found, ahead = set[int](), [start]
    while ahead:
        new = machine.followers[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def _loops(machine: _Automaton) -> list[frozenset[int]]:
    """Return the sets of positions that lead to one another."""
    reached = [_reachable(machine, position) for position in range(len(machine.characters))]
    groups = {
        frozenset(other for other in reached[position] if position in reached[other])
        for position in range(len(machine.characters))
        if position in reached[position]
    }
    return list(groups)


def _is_ambiguous(machine: _Automaton, loop: frozenset[int]) -> bool:
    """Say whether one text leads round a loop on two ways."""
    for start in loop:
        forth = _pairs(machine, (start, start), loop)
        parted = [(one, other) for one, other in forth if one != other]
        if any((start, start) in _pairs(machine, pair, loop) for pair in parted):
            return True
    return False


def _pairs(
    machine: _Automaton, start: tuple[int, int], loop: frozenset[int]
) -> set[tuple[int, int]]:
    found, ahead = set[tuple[int, int]](), [start]
    while ahead:
        one, other = ahead.pop()
        for pair in _next_pairs(machine, one, other, loop):
            if pair not in found:
                found.add(pair)
                ahead.append(pair)
    return found


def _next_pairs(
    machine: _Automaton, one: int, other: int, loop: frozenset[int]
) -> Iterator[tuple[int, int]]:
    for next_one in machine.followers[one] & loop:
        for next_other in machine.followers[other] & loop:
            if machine.overlap(next_one, next_other):
                yield next_one, next_other


def _longest_chain(machine: _Automaton, loops: list[frozenset[int]]) -> int:
    """Return how many loops follow each other that a run of the same letters may shift between."""
    letters = [frozenset().union(*(machine.characters[p] for p in loop)) for loop in loops]
    follows = {
        number: [
            other
            for other in range(len(loops))
            if other != number
            and _leads_to(machine, loops[number], loops[other], letters[number] & letters[other])
        ]
        for number in range(len(loops))
    }

    def longest(number: int) -> int:
        return 1 + max(map(longest, follows[number]), default=0)

    return max(map(longest, follows), default=0)


def _leads_to(
    machine: _Automaton, start: frozenset[int], end: frozenset[int], letters: frozenset[str]
) -> bool:
    found, ahead = set(start), list(start)
    while ahead:
        for follower in machine.followers[ahead.pop()] - found:
            if machine.characters[follower].isdisjoint(letters):
                continue
            if follower in end:
                return True
            found.add(follower)
            ahead.append(follower)
    return False
