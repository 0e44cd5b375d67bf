"""Projects stay plain Copier projects: stock `copier update` brings policy and template to them."""

import copier
import pytest
import yaml

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.operations.new.new import new_project
from tests.platforms import change_policy, git, platform_copy, release

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    folder = platform_copy(tmp_path_factory.mktemp("platform"))
    release(folder, "v1.0.0")
    return folder


@pytest.fixture
def project(platform, tmp_path):
    """A project of version 1, committed, made by our command."""
    made = new_project(
        locate_platform(f"{platform}@v1.0.0"), "online-serving", tmp_path,
        given={"team": "norda-fraud", "use_case": "fraud-alerts"}, defaults=True, ask=None,
    )  # fmt: skip
    git(made.folder, "init", "--quiet", "--initial-branch", "main")
    commit(made.folder)
    return made.folder


def commit(folder):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "chore: keep")


def update(project, **data):
    copier.run_update(str(project), data=data, defaults=True, overwrite=True, quiet=True)


def test_a_new_cost_centre_reaches_every_resource_and_nothing_else(platform, project):
    old = (platform / "platform.yml").read_text()
    change_policy(platform, old.replace("cost_centre: CC-4100", "cost_centre: CC-4199"))
    release(platform, "v1.1.0")

    update(project)

    changed = git(project, "diff", "--unified=0").splitlines()
    removed = [line[1:] for line in changed if line[0] == "-" and line[:3] != "---"]
    added = [line[1:] for line in changed if line[0] == "+" and line[:3] != "+++"]
    removed, added = (
        [line for line in lines if not line.startswith("_commit")] for lines in (removed, added)
    )
    assert added == [
        line.replace("CC-4100", "CC-4199").replace("cc-4100", "cc-4199") for line in removed
    ]
    assert len(added) >= 3
    names = git(project, "diff", "--name-only").split()
    assert {"Dockerfile", "project.yaml", ".copier-answers.yml"} <= set(names)
    assert any(name.startswith("deploy/k8s/") for name in names)


def test_what_is_hers_stays_hers(platform, project):
    features = next(project.glob("src/*/features.py"))
    features.write_text("MINE = True\n")
    next(project.glob("src/*/evaluate.py")).unlink()
    commit(project)
    source = next(platform.glob("templates/online-serving/*/src/*/features.py"))
    source.write_text(source.read_text() + "\n# a change of the template\n")
    evaluate = source.with_name("evaluate.py")
    evaluate.write_text(evaluate.read_text() + "\n# a change of the template\n")
    release(platform, "v1.2.0")

    update(project)

    assert features.read_text() == "MINE = True\n"
    assert not features.with_name("evaluate.py").exists()


def test_an_option_can_be_switched_off_later(platform, project):
    assert (project / "tests/load.py").exists()

    update(project, load_test=False)

    assert not (project / "tests/load.py").exists()
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert answers["load_test"] is False


def test_a_retired_team_is_refused_for_new_projects_and_kept_for_old_ones(platform, project):
    text = (platform / "platform.yml").read_text()
    line = next(line for line in text.splitlines() if line.startswith("  norda-fraud:"))
    change_policy(
        platform, text.replace(line, line.replace("{github", '{retired: "2026-11-01", github'))
    )
    release(platform, "v1.3.0")

    update(project)

    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert answers["_commit"] == "v1.3.0"
    assert answers["team"] == "norda-fraud"
    with pytest.raises(ValueError, match="norda-fraud"):
        copier.run_copy(
            str(platform), str(project.parent / "other"), defaults=True, quiet=True,
            data={"archetype": "online-serving", "team": "norda-fraud", "use_case": "abc",
                  "description": "d"},
        )  # fmt: skip


def test_a_stricter_rule_lets_an_old_project_go_on(platform, project):
    text = (platform / "platform.yml").read_text()
    change_policy(platform, text.replace("words: [", "words: [fraud-alerts, "))
    release(platform, "v1.4.0")

    update(project)

    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert answers["use_case"] == "fraud-alerts"
    assert answers["_commit"] == "v1.4.0"
