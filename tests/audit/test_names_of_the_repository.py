"""A repository is called what its answers say, by its remote or else by its folder."""

import pytest

CONFIG = """[core]
\tbare = false
[remote "upstream"]
\turl = https://github.com/halden-retail/another
[remote "origin"]
\turl = {url}
\tfetch = +refs/heads/*:refs/remotes/origin/*
"""


def remote(project, url):
    (project / ".git").mkdir()
    (project / ".git/config").write_text(CONFIG.format(url=url))


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/halden-retail/norda-fraud-scoring-serve",
        "https://github.com/halden-retail/norda-fraud-scoring-serve.git/",
        "git@github.com:halden-retail/norda-fraud-scoring-serve.git",
        "ssh://git@github.com:22/halden-retail/norda-fraud-scoring-serve",
        "/srv/git/norda-fraud-scoring-serve.git",
    ],
)
def test_the_remote_is_right_whatever_the_folder_is_called(project, check, url):
    elsewhere = project.rename(project.with_name("checkout"))
    remote(elsewhere, url)

    assert check(elsewhere).findings == ()


def test_another_remote_is_found_whatever_the_folder_is_called(project, check):
    remote(project, "https://github.com/halden-retail/fraud.git")

    (finding,) = check(project).findings

    assert finding.rule == "NAM006"
    assert "'fraud'" in finding.problem
    assert "'norda-fraud-scoring-serve'" in finding.next_step


def test_another_folder_is_found_where_there_is_no_remote(project, check):
    (finding,) = check(project.rename(project.with_name("checkout"))).findings

    assert (finding.rule, "folder" in finding.problem) == ("NAM006", True)


def test_a_broken_configuration_of_git_is_no_remote(project, check):
    (project / ".git").mkdir()
    (project / ".git/config").write_bytes(b"[remote \xff")

    assert check(project).findings == ()


def test_a_worktree_has_the_remote_of_its_repository(project, check):
    (project.parent / "main.git/worktrees/one").mkdir(parents=True)
    (project.parent / "main.git/config").write_text(CONFIG.format(url="https://x/fraud.git"))
    (project.parent / "main.git/worktrees/one/commondir").write_text("../..\n")
    (project / ".git").write_text("gitdir: ../main.git/worktrees/one\n")

    (finding,) = check(project).findings

    assert finding.rule == "NAM006"
