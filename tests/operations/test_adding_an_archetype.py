"""A fourth archetype is one folder and one entry."""

import shutil
from datetime import date

import copier
import pytest
import yaml
from cookiecutter.main import cookiecutter

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.errors import RefusedError
from modelwright.operations.judge.audit import audit_project
from modelwright.operations.new.new import new_project
from modelwright.operations.platform.check import check_platform, combinations
from tests.platforms import ROOT, change_policy, platform_copy

ARCHETYPE = """\
makes: a note
scale_out: nothing
sample: {use_case: a-note, description: Says something}
owners: {managed: [], yours: []}
left_out: [{unless: cookiecutter.load_test, paths: [load.txt]}]
"""


@pytest.fixture
def note(tmp_path):
    """A platform with a fourth archetype, and the answers of a project of it."""
    platform = platform_copy(tmp_path / "platform")
    (platform / "generator").symlink_to(ROOT / "generator")
    folder = platform / "templates/note"
    project = folder / "{{ cookiecutter.repo_name }}"
    project.mkdir(parents=True)
    (folder / "archetype.yml").write_text(ARCHETYPE)
    (folder / "hooks").symlink_to("../../hooks")
    (folder / "templates/templates").mkdir(parents=True)
    (folder / "templates/templates/_shared").symlink_to("../../../_shared")
    (project / "README.md").write_text(
        "{{ cookiecutter.repo_name }}: {{ cookiecutter.__d.suffix }}\n"
    )
    (project / "load.txt").write_text("{% include 'templates/_shared/workflows.json' -%}\n")
    policy = (platform / "platform.yml").read_text()
    change_policy(
        platform, policy.replace("archetypes:\n", "archetypes:\n  note: {suffix: note}\n")
    )
    given = {"team": "norda-fraud", "use_case": "a-note", "description": "Says something"}
    return platform, given


@pytest.mark.filterwarnings("ignore")
def test_a_folder_and_an_entry_are_enough(note, tmp_path, monkeypatch):
    platform, given = note
    ours = new_project(
        locate_platform(str(platform)),
        "note",
        tmp_path / "ours",
        given=given,
        defaults=True,
        ask=None,
    ).folder
    copier.run_copy(
        str(platform), tmp_path / "copier", data={"archetype": "note", **given}, defaults=True,
        quiet=True,
    )  # fmt: skip
    monkeypatch.setenv("MODELWRIGHT_NO_LOCK", "1")
    monkeypatch.setenv("MODELWRIGHT_NO_GIT", "1")
    cookiecutter(
        str(platform), directory="templates/note", no_input=True, extra_context=given,
        output_dir=str(tmp_path / "cookiecutter"),
    )  # fmt: skip

    for made in (ours, tmp_path / "copier", tmp_path / "cookiecutter/norda-a-note-note"):
        assert (made / "README.md").read_text() == "norda-a-note-note: note\n"
        assert (made / "load.txt").read_bytes() == (
            platform / "templates/_shared/workflows.json"
        ).read_bytes()


def test_the_check_of_the_platform_says_what_it_lacks_to_be_a_project(note):
    platform, _ = note
    checked = check_platform(platform / "platform.yml")
    first = next(one for one in combinations(checked) if one.name.startswith("note "))

    with pytest.raises(RefusedError, match=r"no project: it has no \.copier-answers\.yml"):
        first.render()


def test_its_audit_says_that_nothing_tells_where_evidence_stands(note, tmp_path):
    platform, given = note
    project = new_project(
        locate_platform(str(platform)),
        "note",
        tmp_path / "ours",
        given=given,
        defaults=True,
        ask=None,
    ).folder
    (project / ".copier-answers.yml").write_text(
        yaml.safe_dump({"archetype": "note", "brand": "norda", **given})
    )

    found = audited(project, platform)

    assert any("no evidence.yml" in note for note in found.notes)
    assert "FastAPI" not in str([result.mend for result in found.results])
    outcomes = {result.number: result for result in found.results}
    assert "evidence.yml" in outcomes[17].mend[0]
    assert outcomes[17].outcome == "not applicable"
    assert outcomes[20].outcome == "fail"


def test_with_the_evidence_of_another_it_is_judged_as_that_one(note, tmp_path):
    platform, _ = note
    shutil.copytree(platform / "templates/batch", platform / "templates/weekly", symlinks=True)
    policy = (platform / "platform.yml").read_text()
    change_policy(
        platform, policy.replace("archetypes:\n", "archetypes:\n  weekly: {suffix: weekly}\n")
    )
    scores = [
        audited(
            new_project(
                locate_platform(str(platform)), archetype, tmp_path / archetype,
                given={"team": "norda-fraud"}, defaults=True, ask=None,
            ).folder,
            platform,
        ).score
        for archetype in ("batch", "weekly")
    ]  # fmt: skip

    assert scores[0] == scores[1] > 0


def audited(project, platform):
    return audit_project(
        project, open_platform=lambda *_: locate_platform(str(platform)), today=date(2026, 11, 1)
    )
