"""The naming rules: pattern, length, wording and id of each."""

from __future__ import annotations

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from modelwright.policy.model.words import Prose, Section, Text, Version, form, unsound_value
from modelwright.policy.safe_patterns import unsafe_pattern

DERIVED_PLACEHOLDERS: Final = (
    "repository",
    "package",
    "brand",
    "brand_underscored",
    "use_case",
    "environment",
)
ANCHORS: Final = (r"\A", r"\Z", r"\z", "^", "$")
PARTS: Final = r"([a-z0-9]+|\{brand\}|\{use_case\}|\{suffix\})"


def _check_pattern(value: str) -> str:
    bare = re.sub(r"\[\^?[^\]]*\]|\\[^AZz]", "", value)
    for anchor in ANCHORS:
        if anchor in bare:
            raise unsound_value(f"holds the anchor {anchor}", "leave it out: patterns are anchored")
    try:
        re.compile(value)
    except re.error as error:
        raise unsound_value(f"is not a regular expression: {error}", "fix the pattern") from error
    reason = unsafe_pattern(value)
    if reason:
        raise unsound_value(
            f"may take too long on some name: {reason}",
            "let one letter decide what comes next, as in [a-z]+(-[a-z]+)*",
        )
    return value


def _check_derived_value(value: str) -> str:
    for name in re.findall(r"\{(.*?)\}", value):
        if name.lower() not in DERIVED_PLACEHOLDERS or name not in (name.lower(), name.upper()):
            known = ", ".join("{" + known + "}" for known in DERIVED_PLACEHOLDERS)
            raise unsound_value(f"holds {{{name}}}, which nothing fills", f"write one of {known}")
    return value


def _check_repository_name(value: str) -> str:
    if not re.search(rf"\A{PARTS}(-{PARTS})*\Z", value):
        raise unsound_value("is not parts joined by hyphens", "write {brand}-{use_case}-{suffix}")
    if value.count("{use_case}") != 1 or value.startswith("{suffix}"):
        raise unsound_value(
            "does not hold {use_case} once, or begins with {suffix}",
            "write {brand}-{use_case}-{suffix}",
        )
    return value


RuleId = Annotated[Text, form(r"[A-Z]{3}\d{3}", "three capitals and three digits", "NAM101")]
Pattern = Annotated[Text, AfterValidator(_check_pattern)]
Length = Annotated[int, Field(strict=True, ge=1, le=1000)]


class Rule(Section):
    """What every rule has."""

    id: RuleId = Field(examples=["NAM101"])
    since: Version = Field(default="", examples=["v1.2.0"])


class FormRule(Rule):
    """A rule on the form of a name."""

    pattern: Pattern = Field(examples=['"[a-z][a-z0-9]*(-[a-z0-9]+)*"'])
    min_length: Length = Field(default=1, examples=["3"])
    max_length: Length = Field(examples=["63"])
    wording: Prose = Field(examples=["lower-case words joined by single hyphens"])

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.min_length > self.max_length:
            raise unsound_value(
                f"has min_length {self.min_length} above max_length {self.max_length}",
                "write the smaller number as min_length",
            )
        return self


class ExampleRule(FormRule):
    """A rule on a name that a person types or sees, with an example that keeps it."""

    example: Text = Field(examples=["fraud-scoring"])

    @model_validator(mode="after")
    def _example_holds(self) -> Self:
        fits = self.min_length <= len(self.example) <= self.max_length
        if not fits or not re.search(rf"\A(?:{self.pattern})\Z", self.example):
            raise unsound_value(
                f"has the example {self.example!a}, which breaks the rule",
                "write an example that keeps it",
            )
        return self


class RepositoryRule(ExampleRule):
    """The name of a repository."""

    name: Annotated[Text, AfterValidator(_check_repository_name)] = Field(
        examples=['"{brand}-{use_case}-{suffix}"']
    )


class DerivedRule(FormRule):
    """A name that follows from the answers, against its target's limit."""

    kind: Prose = Field(examples=["container image"])
    value: Annotated[Text, AfterValidator(_check_derived_value)] = Field(
        examples=['"{repository}"']
    )


class ReservedRule(Rule):
    """Use cases that nobody may take."""

    words: tuple[Text, ...] = Field(examples=["[test, prod]"])


class Naming(Section):
    """Every naming rule."""

    repository: RepositoryRule
    use_case: ExampleRule
    reserved: ReservedRule
    python: Rule
    derived: tuple[DerivedRule, ...]
