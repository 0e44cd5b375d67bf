"""What a first deployment would fail for is refused at once; a plan needs no token."""

import json
import shutil

import pytest

from tests.github.creating import FULL_NAME, writes
from tests.platforms import ROOT, platform_copy

CLUSTERS = "    variables:\n      dev: {KUBERNETES_CLUSTER: /subscriptions"


@pytest.fixture
def platform(tmp_path):
    """The sample, whose first brand names no cluster."""
    text = (platform_copy(tmp_path / "whole") / "platform.yml").read_text()
    start = text.index(CLUSTERS)
    end = text.index("  velora:\n    cloud")
    made = platform_copy(tmp_path / "platform", text[:start] + text[end:])
    shutil.copytree(ROOT / ".github", made / ".github")
    return made


@pytest.fixture
def no_token(monkeypatch, tmp_path):
    for name in ("GH_TOKEN", "GITHUB_TOKEN", "MODELWRIGHT_APP_ID", "MODELWRIGHT_APP_KEY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("GH_CONFIG_DIR", str(tmp_path / "empty"))


def test_a_brand_without_a_cluster_is_refused_and_nothing_is_sent(fake, create, platform):
    ran = create("--platform", str(platform))

    assert ran.code == 3
    assert "brands.norda.variables.{dev, staging, prod}.KUBERNETES_CLUSTER" in ran.err
    assert fake.exchanges == []


def test_a_plan_tells_it(fake, create, platform):
    ran = create("--platform", str(platform), "--plan", "--json")

    assert ran.code == 0
    assert any("KUBERNETES_CLUSTER" in reason for reason in ran.document["against"])
    assert writes(fake.exchanges) == []


def test_a_plan_without_a_token_is_the_plan_of_policy_and_answers(fake, create, no_token):
    ran = create("--plan", "--json")

    document = ran.document
    assert ran.code == 0, ran.err
    assert document["state"] == "planned"
    assert document["repository"] == FULL_NAME
    assert "cannot be known" in document["notes"][0]
    assert fake.exchanges == []
    assert {"phase", "method", "path"} <= set(document["changes"][0])


def test_it_is_the_plan_that_a_token_would_show(fake, create, monkeypatch):
    with_token = create("--plan", "--json").document["changes"]
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    without = create("--plan", "--json").document["changes"]

    # Only GitHub knows what is granted to every repository already.
    more = [call for call in calls(without) if call not in calls(with_token)]
    assert [call for call in calls(without) if call not in more] == calls(with_token)
    assert {reason.split(" NORDA")[0] for _, _, reason in more} == {
        "grants the organisation's variable"
    }


def calls(changes):
    return [(change["method"], change["path"], change["reason"]) for change in changes]


def test_anything_else_still_needs_one(fake, create, no_token):
    ran = create("--json")

    assert ran.code == 4
    assert "no token" in json.loads(ran.out)["error"]
