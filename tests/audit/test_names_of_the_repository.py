"""A repository is called what its answers say, by its remote or else by its folder."""

import subprocess

import pytest

from modelwright.errors import ExternalSystemError


def git(folder, *arguments):
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


def remote(project, url):
    git(project, "init")
    git(project, "remote", "add", "upstream", "https://github.com/halden-retail/another")
    git(project, "remote", "add", "origin", url)


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


def test_a_broken_configuration_of_git_is_told_in_git_s_words(project, check):
    git(project, "init")
    (project / ".git/config").write_bytes(b"[remote \xff")

    with pytest.raises(ExternalSystemError, match="bad config line"):
        check(project)


def test_a_worktree_has_the_remote_of_its_repository(project, check, tmp_path_factory):
    main = tmp_path_factory.mktemp("repositories") / "main"
    main.mkdir()
    remote(main, "https://x/fraud.git")
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    git(main, *author, "commit", "--allow-empty", "--message", "nothing")
    git(main, "worktree", "add", "--no-checkout", main / "one")
    (main / "one/.git").rename(project / ".git")
    git(main, "worktree", "repair", project)

    (finding,) = check(project).findings

    assert finding.rule == "NAM006"
