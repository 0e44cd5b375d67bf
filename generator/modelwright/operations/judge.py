"""Who judges a project, and whether the policy is the one of the project's version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from modelwright.adapters.urls import bare, same
from modelwright.audit.plain import mapped
from modelwright.audit.project import Judge
from modelwright.audit.yaml_file import Unreadable, read_yaml
from modelwright.catalog.platform import Platform
from modelwright.policy.judged import judged_digests

WORKFLOWS: Final = ".github/workflows/"
ACTION: Final = ".github/actions/modelwright-check"


def judge_of(platform: Platform, answers: Mapping[str, Any], texts: Mapping[str, str]) -> Judge:
    """Return who judges a project.

    Args:
        platform: The platform that was opened for it.
        answers: Its answers.
        texts: Text by path of its files.
    """
    source = bare(str(answers.get("_src_path") or ""))
    url = str(platform.policy["platform"]["url"])
    in_folder = Path(platform.source).is_absolute()
    return Judge(
        url=url,
        source=source,
        # Who develops a platform in a folder makes projects from that folder.
        is_source=same(source, url) or (in_folder and source == platform.source),
        released=platform.released,
        verdict=f"{platform.source if in_folder else url}{_at(platform, answers, texts)}",
    )


def unverified(platform: Platform, answers: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    """Return why the policy is not the one of a project's version; empty where it is.

    A project's workflows hold the fingerprint of what a check reads of its version's policy. They
    are the platform's own files; the answers, which are not, cannot turn a verdict off.
    """
    version = str(answers.get("_commit") or "")
    if not (platform.stands_in and _claims(platform, texts)) or _equal(platform, answers, texts):
        return ""
    return (
        f"the policy of {version or 'this project'} cannot be read here, and differs from the one "
        "at hand; names and cost tags were not judged"
    )


def _at(platform: Platform, answers: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    version = str(answers.get("_commit") or "")
    if platform.version == version:
        return f" at {version}" if version else ", as it stands"
    if unverified(platform, answers, texts):
        return f" without the policy of {version or 'the project'} (unverified)"
    if _equal(platform, answers, texts):
        return f" by the policy of {version or 'the project'}"
    return f" at {platform.version}" if platform.version else ", as it stands"


def _equal(platform: Platform, answers: Mapping[str, Any], texts: Mapping[str, str]) -> bool:
    digests = judged_digests(platform.policy)
    return digests.get(str(answers["brand"]), "") in _claims(platform, texts)


def _claims(platform: Platform, texts: Mapping[str, str]) -> set[str]:
    action = f"{platform.policy['platform']['repository']}/{ACTION}@"
    found = {
        mapped(step, "with").get("policy")
        for path, text in texts.items()
        if path.startswith(WORKFLOWS) and action in text
        for step in _steps(text)
        if str(step.get("uses", "")).startswith(action)
    }
    return {claim for claim in found if isinstance(claim, str) and claim}


def _steps(text: str) -> Iterator[Mapping[Any, Any]]:
    documents = read_yaml(text)
    for document in () if isinstance(documents, Unreadable) else documents:
        for job in mapped(document.mapping, "jobs").values():
            steps = job.get("steps") if isinstance(job, dict) else None
            yield from (step for step in steps or () if isinstance(step, dict))
