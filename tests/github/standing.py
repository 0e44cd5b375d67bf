"""All that stands on the fake for one repository, in a form that two runs can be compared by."""

import copy
import subprocess

from tests.github.fake import FakeGitHub

RUN = "MODELWRIGHT_CREATION"


def standing(fake: FakeGitHub, full_name: str) -> dict | None:
    """The whole state without what differs between runs; None where there is no repository."""
    found = fake.repository(full_name)
    if found is None:
        return None
    organisation = fake.state.organisations[found.owner.lower()]
    told = copy.deepcopy(vars(found))
    for name in ("git", "id", "runs", "dispatches"):
        del told[name]
    told["variables"] |= {name: "RUN" for name in told["variables"] if name == RUN}
    told["secrets"] = sorted(told["secrets"])
    told["rulesets"] = [_plain(one) for one in told["rulesets"].values()]
    told["labels"] = {
        name: (one["color"], one["description"]) for name, one in told["labels"].items()
    }
    told["environments"] = {
        name: _environment(one) for name, one in sorted(told["environments"].items())
    }
    told["granted"] = granted(fake, organisation.login, found.id)
    told["code"] = _code(found.git)
    return told


def granted(fake: FakeGitHub, login: str, identifier: int) -> list[str]:
    """The organisation's secrets and variables that name a repository."""
    organisation = fake.state.organisations[login.lower()]
    everything = [*organisation.secrets.values(), *organisation.variables.values()]
    return sorted(one.name for one in everything if identifier in one.repositories)


def orphans(fake: FakeGitHub) -> list[str]:
    """What would be left of repositories that are gone: grants, and git on the disk."""
    alive = {found.id for found in fake.state.repositories.values()}
    left = [
        f"{one.name} is granted to {identifier}"
        for organisation in fake.state.organisations.values()
        for one in [*organisation.secrets.values(), *organisation.variables.values()]
        for identifier in one.repositories - alive
    ]
    gits = {str(found.git) for found in fake.state.repositories.values()}
    return left + [str(path) for path in fake.state.folder.glob("*/*.git") if str(path) not in gits]


def twice(fake: FakeGitHub, since: int = 0) -> list[str]:
    """Calls that took effect twice where the second had an effect of its own."""
    seen: dict[tuple, int] = {}
    for found in fake.writes_since(since):
        posts = found.call.method == "POST" and not found.is_git
        if posts:
            key = (found.signature, found.call.content)
            seen[key] = seen.get(key, 0) + 1
    return [f"{count} x {key[0]}" for key, count in seen.items() if count > 1]


def _environment(environment) -> dict:
    told = vars(environment) | {"secrets": sorted(environment.secrets)}
    told["branch_policies"] = sorted(
        (one["name"], one["type"]) for one in environment.branch_policies.values()
    )
    del told["id"]
    return told


def _plain(ruleset: dict) -> dict:
    return {name: value for name, value in ruleset.items() if name != "id"}


def _code(git) -> dict[str, list[str]]:
    """The tree and the number of commits of every branch."""
    shape = "--format=%(refname:short) %(objectname)"
    told = _git(git, "for-each-ref", shape, "refs/heads").splitlines()
    return {
        line.split()[0]: [
            _git(git, "rev-parse", f"{line.split()[1]}^{{tree}}"),
            _git(git, "rev-list", "--count", line.split()[1]),
        ]
        for line in told
    }


def _git(folder, *arguments: str) -> str:
    command = ["git", "-C", folder, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
