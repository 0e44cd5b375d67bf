"""A fourth archetype is one folder and one entry."""

import copier
import pytest
from cookiecutter.main import cookiecutter

from modelwright.adapters.platforms import located
from modelwright.operations.new import new_project
from tests.platforms import ROOT, change_policy, platform_copy

ARCHETYPE = """\
makes: a note
scale_out: nothing
sample: {use_case: a-note, description: Says something}
owners: {managed: [], yours: []}
left_out: [{unless: cookiecutter.load_test, paths: [load.txt]}]
"""


@pytest.mark.filterwarnings("ignore")
def test_a_folder_and_an_entry_are_enough(tmp_path, monkeypatch):
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

    ours = new_project(
        located(str(platform)), "note", tmp_path / "ours", given=given, defaults=True, ask=None
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
