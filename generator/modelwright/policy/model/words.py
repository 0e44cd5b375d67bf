"""The forms of text that a policy is made of, each with its wording and an example."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StrictBool
from pydantic_core import PydanticCustomError

SLUG_PATTERN: Final = "[a-z][a-z0-9]*(-[a-z0-9]+)*"


class Section(BaseModel):
    """A mapping of the policy; an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def unsound_value(problem: str, next_step: str) -> PydanticCustomError:
    """Return the error of a value that is wrong in our own terms.

    Args:
        problem: What is wrong with the value; it follows the value's path.
        next_step: What to write instead.
    """
    context = {"problem": problem, "next_step": next_step}
    return PydanticCustomError("unsound", "{problem}; {next_step}", context)


def form(
    pattern: str,
    wording: str,
    example: str,
    *,
    longest: int = 100,
    empty: bool = False,
) -> AfterValidator:
    """Return the validator of a text's form.

    Args:
        pattern: Pattern without anchors.
        wording: What the pattern means, after "is not".
        example: A text of this form.
        longest: Longest text in characters.
        empty: Whether an empty text is welcome too.
    """
    compiled = re.compile(rf"\A(?:{pattern})\Z", re.ASCII)

    def check(value: str) -> str:
        if empty and not value:
            return value
        if len(value) > longest:
            raise unsound_value(f"has {len(value)} characters", f"write at most {longest}")
        if not compiled.match(value):
            raise unsound_value(f"{value[:60]!a} is not {wording}", f"write a value like {example}")
        return value

    return AfterValidator(check)


def _refuse_null(value: object) -> object:
    if value is None:
        raise unsound_value("is empty, which YAML reads as nothing", 'write "" for an empty text')
    return value


Text = Annotated[str, BeforeValidator(_refuse_null)]
Slug = Annotated[
    Text, form(SLUG_PATTERN, "lower-case words joined by single hyphens", "norda-fraud", longest=40)
]
GitHubSlug = Annotated[
    Text, form(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", "a name as GitHub writes it", "norda-fraud")
]
Email = Annotated[
    Text,
    form(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "an e-mail address", "fraud@halden-retail.example"),
]
URL_PATTERN: Final = r"https://[A-Za-z0-9.-]+(:\d+)?(/[\w.~%+-]+)*"
Url = Annotated[
    Text,
    form(
        URL_PATTERN,
        "an https URL without credentials or a final slash",
        "https://github.com/halden-retail/modelwright",
        longest=300,
    ),
]
Version = Annotated[Text, form(r"v\d+(\.\d+)*", "a version", "v1.2.0")]
Date = Annotated[Text, form(r"\d{4}-\d{2}-\d{2}", "a date in quotes", '"2026-10-01"')]
Prose = Annotated[
    Text,
    form(
        r"(?u:[^\W_][\w ,.'()/&-]*)",
        "plain words with spaces and , . ' ( ) / & -",
        "pushes the image to the brand's registry",
        longest=200,
    ),
]
Flag = StrictBool
