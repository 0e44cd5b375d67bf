"""Whatever secrets and runners a policy names, every project's YAML is valid, in every mode."""

import re
from pathlib import Path

import pytest
import yaml

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.operations.new.new import new_project, render_project
from modelwright.operations.judge.check import check_project
from tests.audit.conftest import TODAY
from tests.platforms import platform_copy

ARCHETYPES = ("batch", "online-serving", "streaming-recommendation")
EVERYBODY = "archetypes: [batch, online-serving, streaming-recommendation]"
ANSWERS = {"use_case": "wrapping", "description": "Wraps gifts"}
# A governed repository has its own .gitignore, which is not made here (SEC006).
SECRETS = ("SEC001", "SEC002", "SEC003", "SEC004", "SEC005")
MODES = ({}, {"managed_only": True}, {"databricks": True}, {"compose": True})
SECOND = (
    '  - {{name: "{{BRAND}}_{{ENVIRONMENT}}_{0}", purpose: reads the feature store, kind: {1},'
    " level: organisation, owner: platform, rotated_by: platform{2}}}\n"
)


def scoped(policy):
    """Every secret says for which archetypes it is."""
    head, tail = policy.split("\nsecrets:\n")
    return f"{head}\nsecrets:\n" + re.sub(r"(auth: \[[^\]]*\])\}", rf"\1, {EVERYBODY}}}", tail)


def with_more(*entries):
    return lambda policy: policy.replace("\nsecrets:\n", "\nsecrets:\n" + "".join(entries))


def for_one(archetype):
    """The brand's own secrets are for one archetype alone."""
    return lambda policy: scoped(policy).replace(EVERYBODY, f"archetypes: [{archetype}]")


EDITS = {
    "scoped": scoped,
    "a second secret": with_more(SECOND.format("STORE_KEY", "secret", "")),
    "a second secret for batch": with_more(
        SECOND.format("STORE_KEY", "secret", ", archetypes: [batch]")
    ),
    "a second variable": with_more(SECOND.format("STORE", "variable", "")),
    "for batch alone": for_one("batch"),
    "runners with several labels": lambda policy: policy.replace(
        "runner: ubuntu-24.04", "runner: [self-hosted, linux, x64]"
    ),
}


class Strict(yaml.SafeLoader):
    """Refuses a key that stands twice."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"{keys} at {node.start_mark}"
        return super().construct_mapping(node, deep)


@pytest.fixture(scope="module", params=EDITS)
def platform(request, tmp_path_factory):
    policy = (Path(__file__).parents[2] / "platform.yml").read_text()
    edited = EDITS[request.param](policy)
    assert edited != policy
    return locate_platform(str(platform_copy(tmp_path_factory.mktemp("platform") / "p", edited)))


@pytest.mark.parametrize("archetype", ARCHETYPES)
@pytest.mark.parametrize("team", ["norda-fraud", "kitto-marketing"])
def test_every_file_is_valid_in_every_mode(platform, archetype, team):
    for mode in MODES:
        _, files = render_project(platform, archetype, {**ANSWERS, "team": team, **mode})
        for path, file in files.items():
            if path.endswith((".yml", ".yaml")):
                documents = list(yaml.load_all(file.content, Loader=Strict))
                if ".github/workflows/" in path:
                    valid_workflow(documents[0], platform.policy["available"]["runner"])
        assert isinstance(yaml.safe_load(files["secrets.yaml"].content)["secrets"], list)


def valid_workflow(workflow, runner):
    for job in workflow["jobs"].values():
        assert isinstance(job.get("secrets", {}), dict)
        if "uses" in job:
            given = job.get("with", {}).get("runner")
            assert given is None or yaml.safe_load(given) == listed(runner)
            assert all(isinstance(value, str | bool | int) for value in job["with"].values())
        else:
            assert job["runs-on"] == listed(runner)


def listed(runner):
    return runner if isinstance(runner, str) else list(runner)


@pytest.mark.parametrize("archetype", ARCHETYPES)
def test_a_governed_repository_is_within_policy(platform, archetype, tmp_path):
    given = {**ANSWERS, "team": "norda-fraud", "managed_only": True}
    made = new_project(platform, archetype, tmp_path, given=given, defaults=True, ask=None).folder

    report = check_project(made, open_platform=lambda *_: platform, today=TODAY)

    assert [finding for finding in report.failing if finding.rule in SECRETS] == []
