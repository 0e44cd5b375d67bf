"""Files are written below their folder, and through no link that stands there."""

import pytest

from modelwright.adapters.disk.placing import write_files
from modelwright.errors import RefusedError
from modelwright.template.tree import RenderedFile


@pytest.mark.parametrize("path", ["../x", "/tmp/x", ".git/config", "a/../../x"])
def test_a_path_that_leads_out_is_refused_before_anything_is_written(tmp_path, path):
    folder = tmp_path / "folder"
    folder.mkdir()

    with pytest.raises(RefusedError):
        write_files({"a.txt": RenderedFile(b"a"), path: RenderedFile(b"x")}, folder)

    assert list(tmp_path.rglob("*")) == [folder]


@pytest.mark.parametrize("path", ["link", "link/x", "deep/link/x/y"])
def test_a_link_that_stands_there_is_not_followed(tmp_path, path):
    folder, theirs = tmp_path / "folder", tmp_path / "theirs"
    (folder / "deep").mkdir(parents=True)
    theirs.mkdir()
    (folder / "link").symlink_to(theirs)
    (folder / "deep/link").symlink_to(theirs)

    with pytest.raises(RefusedError, match="link"):
        write_files({"a.txt": RenderedFile(b"a"), path: RenderedFile(b"x")}, folder)

    assert list(theirs.iterdir()) == []
    assert not (folder / "a.txt").exists()


def test_a_link_of_the_template_leads_nowhere_else(tmp_path):
    with pytest.raises(RefusedError, match="link"):
        write_files({"a": RenderedFile(b"../x", link=True)}, tmp_path)

    write_files({"a": RenderedFile(b"b", link=True), "b": RenderedFile(b"b")}, tmp_path)

    assert (tmp_path / "a").read_bytes() == b"b"
