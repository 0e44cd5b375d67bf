"""What belongs to an environment names one; a brand with Databricks has a workspace in each."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.policy.soundness.finding import Disagreement, Plain, write_one_of

__all__ = ["disagreements"]


def disagreements(policy: Plain) -> Iterator[Disagreement]:
    """Yield repeated environments, and whatever does not match them."""
    environments = policy.get("environments", [])
    for index, name in enumerate(environments):
        if name in environments[:index]:
            path = ("environments", index)
            yield Disagreement(path, f"environment '{name}' stands twice", "keep one of the two")
    for key, brand in policy.get("brands", {}).items():
        # An empty mapping says that the brand has no Databricks.
        if environments and brand.get("databricks"):
            yield from _workspaces(key, list(brand["databricks"]), environments)
        if brand.get("runtime") == "databricks" and brand.get("databricks") == {}:
            problem = f"brand '{key}' runs on Databricks and has no workspace"
            fix = "name its workspaces under databricks, or write runtime: kubernetes"
            yield Disagreement(("brands", key, "runtime"), problem, fix)
        if environments:
            place = ("brands", key, "variables")
            yield from _unknown(place, f"brand '{key}' has variables", brand, environments)
    if environments:
        github = policy.get("github", {})
        yield from _unknown(("github", "reviewers"), "there are reviewers", github, environments)


def _unknown(
    path: tuple[str, ...], what: str, section: Plain, environments: list[str]
) -> Iterator[Disagreement]:
    for name in section.get(path[-1], {}):
        if name not in environments:
            problem = f"{what} for '{name}', which is no environment"
            yield Disagreement((*path, name), problem, write_one_of(name, environments))


def _workspaces(brand: str, given: list[str], environments: list[str]) -> Iterator[Disagreement]:
    path = ("brands", brand, "databricks")
    for name in given:
        if name not in environments:
            problem = f"brand '{brand}' has a workspace for '{name}', which is no environment"
            yield Disagreement((*path, name), problem, write_one_of(name, environments))
    for name in environments:
        if name not in given:
            problem = f"brand '{brand}' has no workspace for the environment '{name}'"
            yield Disagreement(path, problem, f"add `{name}:` with host and budget_policy_id")
