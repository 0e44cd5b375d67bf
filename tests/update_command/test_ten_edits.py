"""Ten edits by hand meet a release that renames, deletes and changes: which tool keeps them."""

import shutil

import copier
import pytest

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.operations.new.new import new_project
from tests.platforms import git, platform_copy, release
from tests.update_command.small import run

pytestmark = pytest.mark.filterwarnings("ignore")
LOGO = b"\x89PNG\r\n\0template" + bytes(300)
MINE = b"\x89PNG\r\n\0mine" + bytes(300)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project of v1.0.0 with ten edits, and a platform at v1.1.0."""
    folder = tmp_path_factory.mktemp("ten")
    platform = platform_copy(folder / "platform")
    template = next(platform.glob("templates/online-serving/{{*"))
    (template / "docs/logo.png").write_bytes(LOGO)
    (template / "docs/faq.md").write_text("# Questions\n\n" + "A line of the template.\n" * 9)
    release(platform, "v1.0.0")
    project = new_project(
        locate_platform(f"{platform}@v1.0.0"), "online-serving", folder,
        given={"team": "norda-fraud", "use_case": "fraud-alerts"}, defaults=True, ask=None,
    ).folder  # fmt: skip
    git(project, "init", "--quiet", "--initial-branch", "main")
    commit(project)
    edit(project)
    commit(project)
    (template / "docs/runbook.md").rename(template / "docs/operations.md")
    (template / "docs/faq.md").unlink()
    readme = template / "README.md"
    readme.write_text(readme.read_text() + "\n## Support\n")
    (template / "docs/logo.png").write_bytes(LOGO + b"newer")
    release(platform, "v1.1.0")
    return project


def commit(project):
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "chore: keep")


def edit(project):
    """Edit ten files: each gets a line of its own, the picture other bytes."""
    for name in TEXTS:
        path = next(project.glob(name))
        mark = "<!-- mine -->" if name.endswith(".md") else "# mine"
        path.write_text(path.read_text() + f"{mark} {path.name}\n")
    (project / "docs/logo.png").write_bytes(MINE)


TEXTS = (
    "README.md", "docs/runbook.md", "docs/faq.md", "pyproject.toml", "AGENTS.md",
    "src/*/features.py", "src/*/decide.py", "config/service.toml", "docs/model-card.md",
)  # fmt: skip


def kept(project):
    """Return which of the ten edits are somewhere in the work tree."""
    contents = [path.read_bytes() for path in project.rglob("*")
                if path.is_file() and ".git" not in path.parts]  # fmt: skip
    names = [name.rsplit("/", 1)[-1] for name in TEXTS]
    texts = {
        n
        for n in names
        if any(f"mine{e} {n}".encode() in c for c in contents for e in (" -->", ""))
    }
    return texts | ({"logo.png"} if MINE in contents else set())


ALL = {name.rsplit("/", 1)[-1] for name in TEXTS} | {"logo.png"}


def test_our_update_keeps_all_ten(made, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(made, project, symlinks=True)

    assert run("update", project, "--dry-run") == 1
    assert git(project, "status", "--porcelain") == ""
    assert run("update", project) == 1

    assert kept(project) == ALL
    assert (project / "docs/logo.png.template").read_bytes() == LOGO + b"newer"
    assert "mine" in (project / "docs/operations.md").read_text()


def test_stock_copier_loses_three_of_them_and_says_nothing(made, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(made, project, symlinks=True)

    copier.run_update(str(project), defaults=True, overwrite=True, quiet=True)

    assert ALL - kept(project) == {"runbook.md", "faq.md", "logo.png"}
