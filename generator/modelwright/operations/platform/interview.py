"""Interview: asks for an organisation's policy, key by key, with validation and defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from modelwright.errors import RefusedError, UsageError
from modelwright.policy.choices import nearest
from modelwright.policy.model.choices import Brand, Team
from modelwright.policy.model.organisation import Organisation, Platform
from modelwright.policy.model.schema import Problem, choices_of, identifier_problem, value_problem
from modelwright.policy.model.words import Section
from modelwright.template.answer_collector import Asker, Prompt

Validator = Callable[[Any], Problem | None]
Values = dict[str, Any]
MISSING: Final = object()
REGIONS: Final = {"azure": "westeurope", "gcp": "europe-west4", "aws": "eu-central-1"}
_NAMES_HINT: Final = "Lower-case words joined by hyphens; several joined by commas"


class Interview:
    """One run through the questions; the name of a question is its key's path in the policy.

    Attributes:
        missing: The questions that have neither an answer nor a default.
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

    def take(  # noqa: PLR0913 -- the parts of a question
        self,
        name: str,
        message: str,
        validate: Validator,
        *,
        default: object = MISSING,
        choices: Iterable[str] = (),
        several: bool = False,
    ) -> Any:  # noqa: ANN401 -- the value of any key
        """Return the valid value of a question; MISSING, and the name is noted, without one.

        Args:
            name: Its dotted path.
            message: The text of the question; empty where nobody is asked.
            validate: Returns what is wrong with a value.
            default: Its default.
            choices: What is on offer.
            several: Whether the value is a list, given as texts joined by commas.

        Raises:
            RefusedError: The value is not valid.
        """
        self._known.append(name)
        if name in self._given:
            value: object = self._given[name]
        elif message and self._ask and not (self._defaults and default is not MISSING):
            value = self._ask(_prompt(name, message, validate, default, choices, several=several))
        else:
            value = default
        if value is MISSING:
            self.missing.append(name)
            return MISSING
        value = split(value) if several else value
        problem = validate(value)
        if problem:
            raise RefusedError(problem[0], where=f"answer {name}", next_step=problem[1])
        return value

    def under(self, name: str) -> list[str]:
        """Return the keys directly below a path that has answers, in order."""
        start = f"{name}."
        parts = (path.removeprefix(start) for path in self._given if path.startswith(start))
        return list(dict.fromkeys(part.split(".")[0] for part in parts))

    def end(self) -> None:
        """Refuse answers to no question, and missing answers.

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
            options = " ".join(f"--data {name}=..." for name in self.missing)
            raise UsageError(
                f"there is no answer for {', '.join(self.missing)}",
                next_step=f"add {options}, or name a complete policy with --policy FILE",
            )


def split(value: object) -> object:
    """Return the parts of a text joined by commas; a list as it is."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _prompt(  # noqa: PLR0913 -- the parts of a question
    name: str,
    message: str,
    validate: Validator,
    default: object,
    choices: Iterable[str],
    *,
    several: bool,
) -> Prompt:
    def refusal(value: object) -> str:
        problem = validate(split(value) if several else value)
        return "; ".join(problem) if problem else ""

    offered = None if default is MISSING else default
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


def policy_answers(given: Mapping[str, object], *, defaults: bool, ask: Asker | None) -> Values:
    """Return the organisation's own sections of a policy.

    Args:
        given: Answers by dotted path, such as `brands.norda.cloud`.
        defaults: Take the default of every question that has one.
        ask: Puts a question to a person; None where nobody can be asked.

    Raises:
        RefusedError: An answer is not valid, or belongs to no question.
        UsageError: An answer is missing; every missing one is named.
    """
    interview = Interview(given, defaults=defaults, ask=ask)
    organisation = _organisation(interview)
    platform = _platform(interview, organisation["github"])
    environments = interview.take(
        "environments",
        "Where do projects run, in the order of promotion? Joined by commas",
        _names_problem,
        default=["dev", "staging", "prod"],
        several=True,
    )
    brands = {
        name: _brand(interview, name) for name in _take_names(interview, "brands", "Which brands?")
    }
    teams = {
        name: _team(interview, name, list(brands))
        for name in _take_names(interview, "teams", "Which teams?")
    }
    interview.end()
    return {
        "organisation": organisation,
        "platform": platform,
        "environments": environments,
        "brands": brands,
        "teams": teams,
    }


def _organisation(interview: Interview) -> Values:
    take = _question_of(interview, "organisation", Organisation)
    name = take("name", "What is the organisation called?")
    github = take("github", "What is its account on GitHub?", _github_of(name))
    prefix = _filled(github, "cost.{}.internal")
    if isinstance(prefix, str):
        prefix = prefix.lower()
    return {
        "name": name,
        "github": github,
        "cost_tag_prefix": take("cost_tag_prefix", "", prefix),
    }


def _platform(interview: Interview, github: object) -> Values:
    take = _question_of(interview, "platform", Platform)
    suggestion = _filled(github, "{}/ml-platform")
    repository = take("repository", "Which repository is this?", suggestion)
    suggestion = _filled(repository, "https://github.com/{}")
    url = take("url", "At which URL do people clone it?", suggestion)
    return {
        "repository": repository,
        "url": url,
        "ref": take("ref", "", "main"),
        "ci": take("ci", "", "github-actions"),
    }


def _brand(interview: Interview, name: str) -> Values:
    take = _question_of(interview, f"brands.{name}", Brand, f"Brand {name}: ")
    cloud = take("cloud", "which cloud?")
    return {
        "cloud": cloud,
        "region": take("region", "which region?", REGIONS.get(str(cloud), MISSING)),
        "registry": take("registry", "to which registry are images pushed (without https://)?"),
        "runtime": take("runtime", "", "kubernetes"),
        "auth": take("auth", "how do workflows sign in?", "oidc"),
        "capabilities": take("capabilities", "", [], several=True),
        "monitoring": take("monitoring", "", "none"),
        "databricks": _workspaces(interview, f"brands.{name}.databricks"),
    }


def _workspaces(interview: Interview, path: str) -> dict[str, Values]:
    def take(name: str, default: object) -> str:
        return str(interview.take(name, "", lambda _: None, default=default))

    return {
        environment: {
            "host": take(f"{path}.{environment}.host", MISSING),
            "budget_policy_id": take(f"{path}.{environment}.budget_policy_id", ""),
        }
        for environment in interview.under(path)
    }


def _team(interview: Interview, name: str, brands: Sequence[str]) -> Values:
    take = _question_of(interview, f"teams.{name}", Team, f"Team {name}: ")
    suggestion = [brand for brand in brands if name.startswith(f"{brand}-")] or list(brands)
    default = suggestion if len(suggestion) == 1 else MISSING
    return {
        "github": take("github", "its slug on GitHub?", name),
        "brands": take("brands", "for which brands (joined by commas)?", default, several=True),
        "cost_centre": take("cost_centre", "who pays? The cost centre, as finance writes it"),
        "contact": take("contact", "at which e-mail address?"),
    }


def _take_names(interview: Interview, section: str, message: str) -> list[str]:
    listed = interview.under(section)
    default = listed or MISSING
    names = interview.take(
        section, f"{message} {_NAMES_HINT}", _names_problem, default=default, several=True
    )
    return [] if names is MISSING else list(names)


def _question_of(interview: Interview, path: str, section: type[Section], prefix: str = "") -> Any:  # noqa: ANN401
    """Return a function that takes the value of one key of a section."""

    def take(key: str, message: str, default: object = MISSING, *, several: bool = False) -> object:
        return interview.take(
            f"{path}.{key}",
            f"{prefix}{message}" if message else "",
            lambda value: value_problem(section, key, value),
            default=default,
            choices=choices_of(section, key),
            several=several,
        )

    return take


def _names_problem(values: object) -> Problem | None:
    if not isinstance(values, Sequence) or not values:
        return "it names nothing", "name at least one"
    for index, value in enumerate(values):
        if value in values[:index]:
            return f"{value!a} stands twice", "name it once"
        problem = identifier_problem(value)
        if problem:
            return problem
    return None


def _github_of(name: object) -> object:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", str(name)).strip("-").lower()
    return slug if slug and name is not MISSING else MISSING


def _filled(value: object, text: str) -> object:
    return MISSING if value is MISSING else text.format(value)
