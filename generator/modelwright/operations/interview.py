"""Takes the values of a policy: from what is given, by default, or by asking a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from modelwright.catalog.answering import Asker, Prompt
from modelwright.errors import RefusedError, UsageError
from modelwright.policy.choices import nearest
from modelwright.policy.single import Problem

Judge = Callable[[Any], Problem | None]
Values = dict[str, Any]
NOTHING: Final = object()


class Interview:
    """One run through the questions; every question has the policy's own path as its name.

    Attributes:
        missing: The names that have neither an answer nor a default.
    """

    def __init__(self, given: Mapping[str, object], *, defaults: bool, ask: Asker | None) -> None:
        """Begin.

        Args:
            given: Answers by dotted path, such as `brands.norda.cloud`.
            defaults: Take the default of every question that has one.
            ask: Puts a question to a person; None where nobody can be asked.
        """
        self._given = dict(given)
        self._defaults = defaults
        self._ask = ask
        self._known: list[str] = []
        self.missing: list[str] = []

    def take(  # noqa: PLR0913 -- what a question is made of
        self,
        name: str,
        message: str,
        judge: Judge,
        *,
        default: object = NOTHING,
        choices: Iterable[str] = (),
        several: bool = False,
    ) -> Any:  # noqa: ANN401 -- the value of any key
        """Return the valid value of a question; NOTHING, and the name is missing, without one.

        Args:
            name: Its dotted path.
            message: What a person is asked; nobody is where it is empty.
            judge: Says what is wrong with a value.
            default: Its default.
            choices: What is on offer.
            several: Whether the value is a list, given as texts joined by commas.

        Raises:
            RefusedError: The value is not valid.
        """
        self._known.append(name)
        if name in self._given:
            value: object = self._given[name]
        elif message and self._ask and not (self._defaults and default is not NOTHING):
            value = self._ask(_prompt(name, message, judge, default, choices, several=several))
        else:
            value = default
        if value is NOTHING:
            self.missing.append(name)
            return NOTHING
        value = split(value) if several else value
        problem = judge(value)
        if problem:
            raise RefusedError(problem[0], where=f"answer {name}", next_step=problem[1])
        return value

    def under(self, name: str) -> list[str]:
        """Return the names right below a path for which something is given, in order."""
        start = f"{name}."
        parts = (path.removeprefix(start) for path in self._given if path.startswith(start))
        return list(dict.fromkeys(part.split(".")[0] for part in parts))

    def end(self) -> None:
        """Refuse what answers no question, and say what is missing.

        Raises:
            RefusedError: An answer belongs to no question; the nearest ones are named.
            UsageError: An answer is missing.
        """
        for name in self._given:
            if name not in self._known:
                near = nearest(name, self._known) or self._known[:4]
                raise RefusedError(
                    f"there is no question {name!a}",
                    where="--data",
                    next_step=f"did you mean {' or '.join(near)}?",
                )
        if self.missing:
            wanted = " ".join(f"--data {name}=..." for name in self.missing)
            raise UsageError(
                f"there is no answer for {', '.join(self.missing)}",
                next_step=f"add {wanted}, or name a whole policy with --policy FILE",
            )


def split(value: object) -> object:
    """Return the parts of a text joined by commas; a list as it is."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _prompt(  # noqa: PLR0913 -- what a question is made of
    name: str,
    message: str,
    judge: Judge,
    default: object,
    choices: Iterable[str],
    *,
    several: bool,
) -> Prompt:
    def refusal(value: object) -> str:
        problem = judge(split(value) if several else value)
        return "; ".join(problem) if problem else ""

    offered = None if default is NOTHING else default
    if isinstance(offered, Sequence) and not isinstance(offered, str):
        offered = ", ".join(offered)
    return Prompt(
        name=name,
        message=message,
        kind="str",
        choices={choice: choice for choice in choices},
        default=offered,
        refusal=refusal,
    )
