"""An update writes below the project, not into git's own folder, and through no link."""

import pytest

from modelwright.cli.main import main
from tests.adapters.copier.templates import template, version
from tests.platforms import git
from tests.update_command.small import run, whole

pytestmark = pytest.mark.filterwarnings("ignore")


def named(path):
    return "{{ '" + path.replace("/", "\\x2f") + "' }}"


@pytest.mark.parametrize(
    "path", ["../escaped", "{tmp}/home/x", ".git/hooks/post-checkout", ".Git/config", "git~1/x"]
)
def test_a_newer_version_that_writes_elsewhere_is_refused(story, tmp_path, path):
    (tmp_path / "home").mkdir()
    story.release("v1.1.0", {f"project/{named(path.format(tmp=tmp_path))}": "evil\n"})
    before = whole(story.project), sorted(tmp_path.iterdir())

    assert run("update", story.project) == 3

    assert (whole(story.project), sorted(tmp_path.iterdir())) == before
    assert not list((tmp_path / "home").iterdir())
    assert not list((story.project / ".git/hooks").glob("post-checkout"))


@pytest.mark.parametrize("tracked", [True, False])
def test_a_link_in_the_project_is_not_written_through(story, tmp_path, tracked):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (story.project / "data").symlink_to(theirs)
    if tracked:
        story.commit()
    else:
        (story.project / ".git/info/exclude").write_text("data\n")
    story.release("v1.1.0", {"project/data/new.txt": "new\n"})

    assert run("update", story.project) in {0, 1}

    assert list(theirs.iterdir()) == []


def copier_project(tmp_path, files):
    """A project of a template that only Copier renders, one version behind these files."""
    questions = (
        "_preserve_symlinks: true\n_exclude: [copier.yml]\n_templates_suffix: .jinja\nname: Ada\n"
    )
    source = template(tmp_path / "template", "v1.0.0", questions, {"a.jinja": "{{ name }}"})
    project = tmp_path / "project"
    project.mkdir()
    first = version(source, project=project)
    for path, file in first.files(first.answers({}, {})).items():
        (project / path).write_bytes(file.content)
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "chore: keep")
    template(source, "v1.1.0", questions, {"a.jinja": "{{ name }}", **files})
    return project


@pytest.mark.parametrize(
    "files",
    [
        {"link": ("link", "{tmp}/home")},
        {"link": ("link", "../home")},
        {"sub/link": ("link", "../../home/x")},
        {"link": ("link", ".git/hooks")},
        {named("../escaped") + ".jinja": "evil"},
        {named(".git/hooks/post-checkout") + ".jinja": "evil"},
        {named("GIT~1") + "/x.jinja": "evil"},
        {"d": ("link", "."), named("d/../../escaped") + ".jinja": "evil"},
    ],
    ids=str,
)
def test_other_peoples_templates_write_nowhere_else(tmp_path, files):
    (tmp_path / "home").mkdir()
    place = str(tmp_path)
    wanted = {
        path: (made[0], made[1].format(tmp=place)) if isinstance(made, tuple) else made
        for path, made in files.items()
    }
    project = copier_project(tmp_path, wanted)
    before = whole(project), sorted(tmp_path.iterdir())

    assert main(["update", str(project)]) == 3

    assert (whole(project), sorted(tmp_path.iterdir())) == before
    assert not list((tmp_path / "home").iterdir())
    assert not list((project / ".git/hooks").glob("post-checkout"))


def test_a_link_of_another_template_that_stays_inside_is_written(tmp_path):
    project = copier_project(tmp_path, {"link": ("link", "a")})

    assert main(["update", str(project)]) == 0

    assert (project / "link").read_text() == "Ada"
