"""A project chooses neither who judges it nor by which policy."""

import json
import shutil
import subprocess
import sys

import pytest
import yaml

from modelwright.cli.main import main
from tests.platforms import change_policy, git, platform_copy, release

URL = "https://github.com/acme-stores/ml-platform"
FINDINGS, DONE = 1, 0
ANSWERS = ".copier-answers.yml"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """An organisation's platform where its URL leads, with the releases v1.0.0 and v1.1.0."""
    folder = platform_copy(
        tmp_path_factory.mktemp("published") / "ml-platform",
        **{
            "sample: true\n": "",
            "https://github.com/halden-retail/modelwright": URL,
            "repository: halden-retail/modelwright": "repository: acme-stores/ml-platform",
        },
    )
    release(folder, "v1.0.0")
    policy = (folder / "platform.yml").read_text()
    change_policy(folder, policy.replace("  cost-centre: cost_centre", "  billing: cost_centre"))
    release(folder, "v1.1.0")
    return folder


@pytest.fixture
def download(published, tmp_path):
    """What GitHub downloads where an action of the platform runs: its files, no history."""
    folder = tmp_path / "_actions/ml-platform/sha"
    folder.mkdir(parents=True)
    archive = subprocess.run(
        ["git", "archive", "v1.1.0"], cwd=published, capture_output=True, check=True
    ).stdout
    subprocess.run(["tar", "x", "-C", str(folder)], input=archive, check=True)
    return folder


@pytest.fixture(autouse=True)
def _fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def readable(published, monkeypatch):
    """The platform's address can be read, without a network."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{published}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", URL)


@pytest.fixture
def closed(monkeypatch):
    """The platform's address cannot be read, as from a project's own pipeline."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "none")


@pytest.fixture
def make(published, tmp_path):
    """Make a project of a release, as its URL would give it."""

    def make(version):
        done = subprocess.run(
            [sys.executable, "-m", "modelwright", "new", "online-serving", "--defaults", "--json",
             "--no-lock", "--no-git", "--data=team=norda-fraud",
             f"--platform={published}@{version}"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        project = tmp_path / json.loads(done.stdout)["project"]
        (project / "uv.lock").write_text("version = 1\n")
        answer(project, _src_path=URL)
        return project

    return make


def answer(project, **changes):
    answers = yaml.safe_load((project / ANSWERS).read_text())
    (project / ANSWERS).write_text(yaml.safe_dump({**answers, **changes}))


@pytest.fixture
def judged(capsys, download):
    """Check a project as the action does."""

    def judged(project, command="check"):
        code = main([command, "--platform", str(download), str(project), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return judged


def rules(document, *, warning=False):
    found = {f["rule"] for f in document["findings"] if f["warning"] is warning}
    # No lock is made here: that takes the package index.
    return found - {"LCK002"}


def test_where_the_platform_can_be_read_its_policy_of_the_project_s_version_judges(
    readable, make, judged
):
    code, document = judged(make("v1.0.0"))

    assert code == DONE
    assert rules(document) | rules(document, warning=True) == set()
    assert document["judged_by"] == f"{URL} at v1.0.0"


def test_the_policy_at_the_pin_is_the_one_of_the_project_s_version(closed, make, judged):
    code, document = judged(make("v1.1.0"))

    assert code == DONE
    assert document["verified"] is True
    assert document["judged_by"] == f"{URL} by the policy of v1.1.0"
    assert "TAG101" in document["passed"]


def test_another_policy_at_the_pin_is_never_red_and_says_so(closed, make, judged):
    project = make("v1.0.0")

    code, document = judged(project)

    assert code == DONE
    assert document["verified"] is False
    assert rules(document, warning=True) == {"PLT003", "DRF003"}
    assert not {"TAG101", "NAM001", "ANS001"} & set(document["passed"])


def test_what_no_policy_says_is_a_finding_even_there(closed, make, judged):
    project = make("v1.0.0")
    (project / ".env").write_text("X=1\n")
    (project / ".gitignore").write_text("")

    code, document = judged(project)

    assert (code, rules(document)) == (FINDINGS, {"SEC006"})


@pytest.mark.parametrize("version", ["v99.0.0", "v1.0.1", "main", "", None])
def test_a_version_that_was_never_released_is_a_finding(version, readable, make, judged):
    project = make("v1.1.0")
    answer(project, _commit=version)

    code, document = judged(project)

    assert code == FINDINGS
    assert rules(document) == {"PLT002"}


def test_a_version_alone_turns_no_verdict_off(closed, make, judged):
    project = make("v1.1.0")
    answer(project, _commit="v99.0.0")
    patch = project / "deploy/k8s/base/kustomization.yaml"
    patch.write_text(patch.read_text().replace("CC-4100", "CC-1"))

    code, document = judged(project)

    assert code == FINDINGS
    assert "TAG101" in rules(document)


@pytest.mark.parametrize(
    "source",
    [
        "https://github.com/mallory/platform",
        "https://github.com/acme-stores/ml-platform.evil.example",
        "file:///srv/platform",
        "/srv/platform",
        "gh:mallory/platform",
        "git@github.com:mallory/platform.git",
        "",
        None,
    ],
)
def test_another_source_is_a_finding(source, closed, make, judged):
    project = make("v1.1.0")
    answer(project, _src_path=source)

    code, document = judged(project)

    assert (code, rules(document)) == (FINDINGS, {"PLT001"})
    assert document["judged_by"].startswith(URL)


@pytest.mark.parametrize(
    "source",
    [f"{URL}.git", "gh:acme-stores/ml-platform", "git@github.com:acme-stores/ml-platform.git",
     "ssh://git@github.com/acme-stores/ml-platform"],
)  # fmt: skip
def test_the_same_repository_spelled_otherwise_is_none(source, closed, make, judged):
    project = make("v1.1.0")
    answer(project, _src_path=source)

    assert judged(project)[0] == DONE


@pytest.mark.parametrize("rule", ["PLT001", "PLT002"])
def test_neither_can_be_waived(rule, readable, make, judged):
    project = make("v1.1.0")
    answer(project, _src_path="https://github.com/mallory/platform", _commit="v99.0.0")
    record = project / "project.yaml"
    waiver = f"[{{rule: {rule}, reason: r, approver: a, until: 2099-01-01}}]"
    record.write_text(record.read_text().replace("waivers: []", f"waivers: {waiver}"))

    code, document = judged(project)

    assert code == FINDINGS
    assert rules(document) == {"PLT001", "PLT002", "WVR001"}


def test_a_platform_of_the_project_s_own_choice_judges_in_nobody_s_name(
    published, make, tmp_path, capsys
):
    theirs = tmp_path / "platform"
    shutil.copytree(published, theirs, symlinks=True)
    project = make("v1.1.0")
    answer(project, _src_path=f"file://{theirs}")

    code = main(["check", str(project)])

    out = capsys.readouterr().out
    assert code == FINDINGS
    assert "PLT001" in out


def test_the_audit_says_who_judged_and_whose_project_it_is(closed, make, judged):
    project = make("v1.1.0")
    answer(project, _src_path="https://github.com/mallory/platform")

    _, document = judged(project, "audit")

    (audited,) = document["projects"]
    assert audited["judged_by"].startswith(URL)
    assert any("mallory" in note for note in audited["notes"])


def test_a_new_release_of_templates_alone_verifies_as_before(published, readable, make, judged):
    git(published, "tag", "--force", "v1.1.1", "v1.1.0")

    code, document = judged(make("v1.1.1"))

    assert (code, document["judged_by"]) == (DONE, f"{URL} at v1.1.1")
