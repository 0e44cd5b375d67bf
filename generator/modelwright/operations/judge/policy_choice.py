"""Which platform judges a project: the one that is named, else its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from modelwright.adapters.git.commands import git_directory
from modelwright.adapters.sources.packaged import own_root, own_version
from modelwright.adapters.sources.platforms import locate_platform, names_version, platform_for
from modelwright.adapters.system.urls import is_same_source, is_url, split_credentials
from modelwright.audit.project import Judge, mapping_at
from modelwright.errors import ModelwrightError, RefusedError
from modelwright.paths import ANSWERS_FILE, CHECK_ACTION, is_workflow
from modelwright.policy.fingerprint import policy_fingerprints
from modelwright.policy.yaml_reader import Unreadable, read_yaml
from modelwright.template.platform import Platform

_FIELDS: Final = ("github_team", "contact", "cost_centre")


def with_own_team(
    policy: Mapping[str, Any], answers: Mapping[str, Any], record: Mapping[Any, Any]
) -> Mapping[str, Any]:
    """Return a policy whose entry of the project's team comes from the project's record.

    Args:
        policy: The policy of another version.
        answers: The project's answers.
        record: The content of `project.yaml`; where it is incomplete, the policy stays as it is.
    """
    team, brand = answers["team"], answers["brand"]
    if any(not isinstance(record.get(name), str) for name in _FIELDS):
        return policy
    team_entry = policy["teams"].get(team, {"brands": []})
    entry = {
        **team_entry,
        "brands": list(dict.fromkeys([*team_entry["brands"], brand])),
        "github": record["github_team"].rpartition("/")[2],
        "contact": record["contact"],
    }
    if not answers.get("cost_centre"):
        entry["cost_centre"] = record["cost_centre"]
    entry.setdefault("cost_centre", answers.get("cost_centre", ""))
    return {**policy, "teams": {**policy["teams"], team: entry}}


def judge_of(platform: Platform, answers: Mapping[str, Any], texts: Mapping[str, str]) -> Judge:
    """Return which platform judges a project.

    Args:
        platform: The platform that was opened for the project.
        answers: Its answers.
        texts: Text by path of its files.
    """
    source = split_credentials(str(answers.get("_src_path") or ""))
    url = str(platform.policy["platform"]["url"])
    in_folder = Path(platform.source).is_absolute()
    place = platform.source if in_folder else url
    return Judge(
        url=url,
        source=source,
        # Whoever develops a platform in a folder makes projects from that folder.
        is_source=is_same_source(source, url) or (in_folder and source == platform.source),
        released=platform.released,
        verdict=f"{place}{_version_phrase(platform, answers, texts)}",
    )


def why_unverified(platform: Platform, answers: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    """Return why the policy is not the one of a project's version; empty where it is.

    A project's workflows hold the fingerprint of the parts of the policy that a check reads. They
    are managed files; the answers, which are not, cannot turn a verdict off.
    """
    version = str(answers.get("_commit") or "")
    if not (platform.stands_in and _pinned_fingerprints(platform, texts)) or _has_same_fingerprint(
        platform, answers, texts
    ):
        return ""
    return (
        f"the policy of {version or 'this project'} cannot be read here, and differs from the one "
        "available; names and cost tags were not judged"
    )


def _version_phrase(
    platform: Platform, answers: Mapping[str, Any], texts: Mapping[str, str]
) -> str:
    version = str(answers.get("_commit") or "")
    if platform.version == version:
        return f" at {version}" if version else ", as it stands"
    if why_unverified(platform, answers, texts):
        return f" without the policy of {version or 'the project'} (unverified)"
    if _has_same_fingerprint(platform, answers, texts):
        return f" by the policy of {version or 'the project'}"
    return f" at {platform.version}" if platform.version else ", as it stands"


def _has_same_fingerprint(
    platform: Platform, answers: Mapping[str, Any], texts: Mapping[str, str]
) -> bool:
    digests = policy_fingerprints(platform.policy)
    return digests.get(str(answers["brand"]), "") in _pinned_fingerprints(platform, texts)


def _pinned_fingerprints(platform: Platform, texts: Mapping[str, str]) -> set[str]:
    action = f"{platform.policy['platform']['repository']}/{CHECK_ACTION}@"
    claims = {
        mapping_at(step, "with").get("policy")
        for path, text in texts.items()
        if is_workflow(path) and action in text
        for step in _steps(text)
        if str(step.get("uses", "")).startswith(action)
    }
    return {claim for claim in claims if isinstance(claim, str) and claim}


def _steps(text: str) -> Iterator[Mapping[Any, Any]]:
    documents = read_yaml(text)
    for document in () if isinstance(documents, Unreadable) else documents:
        for job in mapping_at(document.mapping, "jobs").values():
            steps = job.get("steps") if isinstance(job, dict) else None
            yield from (step for step in steps or () if isinstance(step, dict))


def platform_of_project(named: str, source: str, version: str) -> Platform:
    """Return the platform that judges a project, at the project's version where it can be read.

    Args:
        named: The value of `--platform`, or empty. With a version behind its `@`, that version
            judges.
        source: The source in the project's answers: a URL or an absolute path.
        version: The version in the project's answers; empty where there is none.

    Raises:
        RefusedError: Neither names a platform.
        ExternalSystemError: It cannot be fetched.
    """
    source = split_credentials(source)
    if named:
        platform = platform_for(named)
        return platform if names_version(named) else _at_version(_known_by_url(platform), version)
    if not source:
        return platform_for("")
    packaged = locate_platform(str(own_root()))
    url = packaged.policy["platform"]["url"]
    # A program that came with an organisation's platform judges in its name alone. Whoever
    # develops a platform in a folder makes projects from that folder.
    if is_same_source(source, url) or not (packaged.sample or Path(source).is_absolute()):
        return _at_version(replace(packaged, source=url, version=own_version()), version)
    try:
        return _platform_at(source, version)
    except ModelwrightError as error:
        error.next_step = "name the project's platform with --platform"
        raise


def _platform_at(source: str, version: str) -> Platform:
    if Path(source).is_absolute():
        return _at_version(locate_platform(source), version)
    if ":" not in source:
        raise RefusedError(
            f"the project's source {source!r} is a relative path, which names no platform",
            where=ANSWERS_FILE,
        )
    platform = _cached_tree(source, version) or locate_platform(
        f"{source}@{version}" if version else source
    )
    return replace(platform, released=_is_release(platform.version))


def _known_by_url(platform: Platform) -> Platform:
    """Return a platform in a folder without git, such as a download, under its own URL."""
    if platform.sample or is_url(platform.source) or git_directory(Path(platform.source)):
        return platform
    return replace(platform, source=platform.policy["platform"]["url"])


def _at_version(now: Platform, version: str) -> Platform:
    """Return a platform at a version where it can be read; else as it is now."""
    if version and version == now.version:
        return replace(now, released=_is_release(version))
    platform = _cached_tree(now.source, version) or _fetched_version(now, version)
    return platform or replace(now, stands_in=True)


def _fetched_version(now: Platform, version: str) -> Platform | None:
    """Return a platform at a version from its history; as it is now where it lacks that version."""
    # Here, as below.
    from modelwright.adapters.sources.histories import history_of  # noqa: PLC0415

    with suppress(ModelwrightError), history_of(now.source) as history:
        reference = history.references.get(version)
        if reference is not None:
            tree = history.tree(version)
            platform = replace(now, tree=tree, version=version, notice=history.notice)
            if platform.policy:
                return replace(platform, released=reference.tag)
        # With a notice its host did not answer, and the cached history may be old.
        is_current = bool(history.releases) and not history.notice
        return replace(now, released=False if is_current else None, stands_in=not is_current)
    return None


def _cached_tree(source: str, version: str) -> Platform | None:
    # Here, because it costs the check of a current project 15 ms.
    from modelwright.adapters.sources.histories import local_tree  # noqa: PLC0415

    # A version that cannot be read, or has an older layout, is not used.
    with suppress(ModelwrightError):
        tree = local_tree(source, version) if version else None
        platform = Platform(tree=tree, source=source, version=version) if tree else None
        if platform and platform.policy:
            return replace(platform, released=_is_release(version))
    return None


def _is_release(version: str) -> bool | None:
    """Return True where a version is a release, and None where it is a commit in between."""
    # Here, as above.
    from modelwright.template.history import version_of  # noqa: PLC0415

    return True if version_of(version) else None
