"""Git's index is read as git itself reads it, or not at all."""

import pytest

from modelwright.adapters.git_index import indexed, indexed_files
from modelwright.update.entry import Entry
from tests.platforms import git

FILES = ("a.txt", "docs/deep/b ☃.txt", "docs/deep/c.txt", "run.sh", "z" * 200)


def repository(folder, *options):
    git(folder, "init", "--quiet", *options)
    for name in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("a.txt")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "chore: first")
    return folder


def listed(folder):
    """Return what git says that the index holds."""
    rows = [row.split("\t") for row in git(folder, "ls-files", "--stage", "-z").split("\0") if row]
    return {
        path: Entry(int(mode, 8), name)
        for (mode, name, _), path in ((told.split(), path) for told, path in rows)
    }


def version_4(folder):
    git(folder, "update-index", "--index-version", "4")


def version_3(folder):
    git(folder, "update-index", "--skip-worktree", "a.txt")


def without_checksum(folder):
    git(folder, "-c", "index.skipHash=true", "update-index", "--force-write-index")


@pytest.mark.parametrize("hashes", ["sha1", "sha256"])
@pytest.mark.parametrize("change", [lambda _: None, version_4, version_3])
def test_every_format_is_read_as_git_reads_it(tmp_path, change, hashes):
    folder = repository(tmp_path, f"--object-format={hashes}")
    change(folder)

    assert indexed_files(folder / ".git/index") == listed(folder)
    assert len(listed(folder)) == len(FILES) + 1


def test_an_index_needs_no_checksum(tmp_path):
    folder = repository(tmp_path)
    without_checksum(folder)

    assert indexed_files(folder / ".git/index") == listed(folder)


def split(folder):
    git(folder, "update-index", "--split-index")


def sparse(folder):
    git(folder, "sparse-checkout", "set", "--cone", "--sparse-index")


def added_by_name_alone(folder):
    (folder / "later.txt").write_text("later\n")
    git(folder, "add", "--intent-to-add", "later.txt")


def unmerged(folder):
    for text in ("one\n", "other\n"):
        (folder / "a.txt").write_text(text)
        git(folder, "commit", "--quiet", "--all", "--message", "feat: a line")
    git(folder, "read-tree", "-m", "HEAD~2", "HEAD", "HEAD~1")


def cut_short(folder):
    index = folder / ".git/index"
    index.write_bytes(index.read_bytes()[:150])


def of_another_format(folder):
    index = folder / ".git/index"
    content = index.read_bytes()
    index.write_bytes(content[:7] + b"\5" + content[8:])


@pytest.mark.parametrize(
    "change", [split, sparse, added_by_name_alone, unmerged, cut_short, of_another_format]
)
def test_git_is_asked_where_an_index_does_not_tell_alone(tmp_path, change):
    folder = repository(tmp_path)
    change(folder)

    assert indexed_files(folder / ".git/index") is None


def test_there_may_be_none(tmp_path):
    assert indexed_files(tmp_path / "index") is None
    assert indexed(tmp_path / "index") == []
