"""The names that follow from a project's answers, built from the policy's own templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping  # noqa: UP035 - Cookiecutter's Python may be older


@dataclass(frozen=True)
class RepositoryParts:
    """What a repository's name says about it."""

    brand: str
    use_case: str
    suffix: str


def package_name(use_case: str) -> str:
    """Return the import package of a use case: hyphens become underscores."""
    return use_case.replace("-", "_")


def repository_name(naming: Mapping[str, Any], *, brand: str, use_case: str, suffix: str) -> str:
    """Return the repository's name by the policy; an empty suffix takes its hyphen along."""
    name: str = naming["repository"]["name"]
    if not suffix:
        name = name.replace("-{suffix}", "")
    return (
        name.replace("{suffix}", suffix).replace("{brand}", brand).replace("{use_case}", use_case)
    )


def project_name(policy: Mapping[str, Any], answers: Mapping[str, Any]) -> str:
    """Return the repository's name that a project's answers give.

    Args:
        policy: The policy as a plain mapping.
        answers: The project's answers; those of `archetype`, `brand` and `use_case` are enough.
    """
    return repository_name(
        policy["naming"],
        brand=answers["brand"],
        use_case=answers["use_case"],
        suffix=policy["archetypes"][answers["archetype"]]["suffix"],
    )


def expand(template: str, values: Mapping[str, str]) -> str:
    """Fill `{name}` with a value, and `{NAME}` with it in capitals and underscores."""
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
        template = template.replace("{" + name.upper() + "}", value.upper().replace("-", "_"))
    return template


def longest_environment(environments: Iterable[str]) -> str:
    """Return the first of the longest environments: the one that reaches a limit first."""
    return max(environments, key=len)


def derived_names(
    policy: Mapping[str, Any], *, brand: str, use_case: str, suffix: str, environment: str = ""
) -> dict[str, str]:
    """Return every name that a project's answers give, by what it names.

    Args:
        policy: The policy as a plain mapping.
        brand: Brand that the project belongs to.
        use_case: The answer `use_case`.
        suffix: Suffix of the project's archetype; may be empty.
        environment: Environment of names that hold one; empty takes the longest.

    Returns:
        `repository` and `package` first, then one entry per rule of `naming.derived`.
    """
    naming = policy["naming"]
    values = {
        "repository": repository_name(naming, brand=brand, use_case=use_case, suffix=suffix),
        "package": package_name(use_case),
        "brand": brand,
        "brand_underscored": package_name(brand),
        "use_case": use_case,
        "environment": environment or longest_environment(policy["environments"]),
    }
    names = {"repository": values["repository"], "package": values["package"]}
    names.update({rule["kind"]: expand(rule["value"], values) for rule in naming["derived"]})
    return names


def parse_repository_name(
    naming: Mapping[str, Any], name: str, brands: Iterable[str], suffixes: Iterable[str]
) -> RepositoryParts | None:
    """Read a repository's name back into its parts.

    Where several brands or suffixes fit, the reading with the shortest use case wins.

    Returns:
        The parts, or nothing where the name holds no known brand and suffix.
    """
    suffixes = list(suffixes)
    found = None
    for brand in brands:
        for suffix in suffixes:
            frame = repository_name(naming, brand=brand, use_case="{use_case}", suffix=suffix)
            before, _, after = frame.partition("{use_case}")
            middle = name[len(before) : len(name) - len(after)]
            fits = bool(middle) and name == before + middle + after
            if fits and (found is None or len(middle) < len(found.use_case)):
                found = RepositoryParts(brand, middle, suffix)
    return found
