"""The history of a template: its releases, and its files at any version, straight from git."""

import os
import subprocess
import zlib

import pytest

from modelwright.adapters.disk.tree import FolderTree
from modelwright.adapters.git.objects import GitObjects
from modelwright.adapters.sources.histories import history_of
from modelwright.errors import ExternalSystemError, RefusedError
from tests.platforms import git


def commit(folder, day="2026-01-01", **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    git(folder, "add", "--all")
    stamp = {"GIT_COMMITTER_DATE": f"{day}T23:30:00-0200", "GIT_AUTHOR_DATE": f"{day}T12:00:00"}
    subprocess.run(
        ["git", "commit", "--quiet", "--allow-empty", "--message", "feat: go on"],
        cwd=folder, check=True, env={**os.environ, **stamp},
    )  # fmt: skip


@pytest.fixture(params=["sha1", "sha256"])
def repository(tmp_path, request):
    folder = tmp_path / "template"
    folder.mkdir()
    git(folder, "init", "--quiet", f"--object-format={request.param}")
    return folder


def versions(folder):
    return [release.version for release in history_of(str(folder)).releases]


def changed_paths(old, new):
    before, after = old.entries(), new.entries()
    return {path for path in {*before, *after} if before.get(path) != after.get(path)}


def test_releases_stand_in_the_order_of_their_versions(repository):
    commit(repository)
    for tag in ("v1.10.0", "v1.9.0", "1.2.0", "ci-v7", "nightly", "v2.0.0rc1"):
        git(repository, "tag", tag)

    assert versions(repository) == ["1.2.0", "v1.9.0", "v1.10.0"]


def test_a_pre_release_counts_where_there_is_nothing_else(repository):
    commit(repository)
    git(repository, "tag", "v1.0.0rc1")
    git(repository, "tag", "v1.0.0a2")

    assert versions(repository) == ["v1.0.0a2", "v1.0.0rc1"]


def test_a_release_knows_its_commit_and_day_through_any_number_of_tags(repository):
    commit(repository, day="2026-03-01")
    git(repository, "tag", "--annotate", "--message", "one", "v1.0.0")
    git(repository, "tag", "--annotate", "--message", "tag of a tag", "v1.0.1", "v1.0.0")

    first, second = history_of(str(repository)).releases

    assert first.commit == second.commit == git(repository, "rev-parse", "HEAD").strip()
    assert first.day.isoformat() == second.day.isoformat() == "2026-03-02"


def test_a_repository_without_tags_has_no_releases(repository):
    commit(repository)

    assert versions(repository) == []


def test_files_are_those_of_the_version(repository):
    commit(repository, a__b="one", z="1")
    git(repository, "tag", "v1")
    commit(repository, a__b="two", a__c="new")
    git(repository, "tag", "v2")
    history = history_of(str(repository))

    assert history.tree("v1").read("a/b") == b"one"
    assert history.tree("v2").read("a/b") == b"two"
    assert list(history.tree("v1").paths("a")) == ["a/b"]
    assert changed_paths(history.tree("v1"), history.tree("v2")) == {"a/b", "a/c"}
    with pytest.raises(KeyError):
        history.tree("v1").read("a/c")
    with pytest.raises(KeyError):
        history.tree("v1").read("a")


def test_a_version_is_a_tag_a_branch_a_commit_or_a_description(repository):
    commit(repository, file="one")
    git(repository, "tag", "v1.0.0")
    commit(repository, file="two")
    git(repository, "branch", "side/way")
    whole = git(repository, "rev-parse", "HEAD").strip()
    described = git(repository, "describe", "--tags").strip()
    history = history_of(str(repository))

    for name in (whole, whole[:7], described, "side/way", "main", "HEAD"):
        assert history.tree(name).read("file") == b"two", name
    assert history.tree("v1.0.0-0-g" + git(repository, "rev-parse", "v1.0.0")[:7]).read("file")


@pytest.mark.parametrize(
    "name", ["v1.5.0", "deadbeef", "HEAD^", ":file", "v1.0.0^{commit}", "", "a\nb", "v1-2-gabcdef1"]
)
def test_a_version_that_does_not_exist_is_refused_and_the_nearest_are_named(repository, name):
    commit(repository, file="one")
    for minor in (0, 1, 2, 7, 8, 9):
        git(repository, "tag", f"v1.{minor}.0")

    with pytest.raises(RefusedError) as refused:
        history_of(str(repository)).tree(name)

    assert "v1.9.0" in refused.value.next_step
    if name == "v1.5.0":
        assert refused.value.next_step == "choose v1.1.0 or v1.2.0 or v1.7.0 or v1.8.0 or v1.9.0"


def test_a_tree_reads_like_the_folder_that_it_came_from(repository, tmp_path):
    commit(repository, a__tool="#!", a__deep__er="x", b__plain="y", a__größe="z")
    (repository / "a/tool").chmod(0o755)
    (repository / "a/binary").write_bytes(bytes(range(256)) * 40)
    (repository / "a/link").symlink_to("../b/plain")
    (repository / "a/chain").symlink_to("link")
    (repository / "a/folder").symlink_to("../b")
    commit(repository)
    from_git = history_of(str(repository)).tree("main")
    from_disk = FolderTree(repository)

    for folder in ("a", "b", "a/deep"):
        assert list(from_git.paths(folder)) == list(from_disk.paths(folder))
        for path in from_disk.paths(folder):
            assert from_git.read(path) == from_disk.read(path)
            assert from_git.executable(path) == from_disk.executable(path)
    assert from_git.read("a/folder/plain") == b"y"
    assert set(from_git.objects()) == set(git(repository, "ls-files", "-z").split("\0")[:-1])


@pytest.mark.parametrize("target", ["/etc/hostname", "../../outside", "loop", "nowhere", "a/b/c"])
def test_a_link_that_leads_out_or_nowhere_is_no_file(repository, target):
    (repository / "loop").symlink_to(target)
    commit(repository, a="x")

    with pytest.raises(KeyError):
        history_of(str(repository)).tree("main").read("loop")


def test_a_mode_alone_is_a_change(repository):
    commit(repository, tool="x")
    git(repository, "tag", "v1")
    (repository / "tool").chmod(0o755)
    commit(repository)
    git(repository, "tag", "v2")
    history = history_of(str(repository))

    assert changed_paths(history.tree("v1"), history.tree("v2")) == {"tool"}


def test_a_name_that_leads_out_of_the_tree_is_told(tmp_path):
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, file="x")
    blob = bytes.fromhex(git(tmp_path, "rev-parse", "HEAD:file").strip())
    (tmp_path / "raw").write_bytes(b"100644 ..\0" + blob)
    tree = git(tmp_path, "hash-object", "-w", "--literally", "-t", "tree", "raw").strip()
    made = git(tmp_path, "commit-tree", tree, "-m", "bad").strip()
    git(tmp_path, "tag", "v1", made)

    with pytest.raises(ExternalSystemError, match="leads out"):
        history_of(str(tmp_path)).tree("v1").entries()


def loose(folder, name):
    return folder / ".git/objects" / name[:2] / name[2:]


@pytest.mark.parametrize("damage", ["gone", "cut", "other", "empty"])
def test_a_damaged_object_is_told_and_the_next_read_works(repository, damage):
    commit(repository, file="content " * 99, other="fine")
    names = history_of(str(repository)).tree("main").objects()
    path = loose(repository, names["file"])
    path.chmod(0o644)
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        wrong = {"cut": content[:20], "other": zlib.compress(b"blob 3\0abc"), "empty": b""}
        path.write_bytes(wrong[damage])
    tree = history_of(str(repository)).tree("main")

    with pytest.raises(ExternalSystemError) as failed:
        tree.read("file")

    assert "fsck" in failed.value.next_step
    assert tree.read("other") == b"fine"


def test_big_files_do_not_block(repository):
    for index in range(100):
        (repository / f"file{index}").write_bytes(os.urandom(50_000))
    (repository / "big").write_bytes(os.urandom(5_000_000))
    commit(repository)
    names = list(history_of(str(repository)).tree("main").objects().values())

    with GitObjects(repository / ".git") as objects:
        assert sum(len(found.content) for found in objects.read(names)) == 10_000_000


def test_one_process_serves_every_version_and_starts_only_when_something_is_read(
    repository, monkeypatch, tmp_path
):
    for number in range(5):
        commit(repository, file=str(number), a__b__c="same")
        git(repository, "tag", f"v{number}")
    log = tmp_path / "log"
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(log))
    with history_of(str(repository)) as history:
        assert not log.exists()
        for release in history.releases:
            tree = history.tree(release.version)
            assert {path: tree.read(path) for path in tree.paths("")}.keys() >= {"file"}

    assert log.read_text().count('"event":"start"') == 2


def test_a_fork_has_a_process_of_its_own(repository):
    commit(repository, file="x", other="y")
    tree = history_of(str(repository)).tree("main")
    tree.read("file")
    child = os.fork()
    if child == 0:
        os._exit(0 if tree.read("other") == b"y" else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert tree.read("other") == b"y"


def test_bare_and_linked_work_trees_are_histories(repository, tmp_path):
    commit(repository, file="x")
    git(repository, "tag", "v1")
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare")
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "linked"))

    for folder in (tmp_path / "bare", tmp_path / "linked"):
        assert history_of(str(folder)).tree("v1").read("file") == b"x"


def test_a_folder_without_git_has_no_history(tmp_path):
    with pytest.raises(RefusedError, match="no git repository"):
        history_of(str(tmp_path))


def test_a_bundle_in_a_file_is_a_history(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    commit(repository, file="x")
    git(repository, "tag", "v1")
    bundle = tmp_path / "template.bundle"
    git(repository, "bundle", "create", "--quiet", str(bundle), "--all")

    assert history_of(str(bundle)).tree("v1").read("file") == b"x"


def test_a_source_that_is_neither_is_refused():
    with pytest.raises(RefusedError, match="neither a URL nor an absolute path"):
        history_of("../template")
