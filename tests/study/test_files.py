"""A file is there whole, or as it was before."""

import pytest

from study.files import write_whole


@pytest.mark.parametrize(
    ("content", "stored"),
    [("50 %\r\n\N{EN DASH}\n", "50 %\r\n\N{EN DASH}\n".encode()), (b"\x00\xff", b"\x00\xff")],
)
def test_what_is_written_is_there_and_nothing_else(tmp_path, content, stored):
    path = tmp_path / "file"
    write_whole(path, content)
    write_whole(path, content)  # in place of the first
    assert path.read_bytes() == stored
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path):
    path = tmp_path / "file"
    write_whole(path, "before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "\ud800")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_whole(tmp_path / "folder", "a folder has this name")
    with pytest.raises(OSError, match="nowhere"):
        write_whole(tmp_path / "nowhere" / "file", "its folder is not there")
    assert path.read_text(encoding="utf-8") == "before"
    assert {one.name for one in tmp_path.iterdir()} == {"file", "folder"}
