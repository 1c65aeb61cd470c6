"""Files that are there whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from study.errors import StudyError
from study.files import write_whole


def test_what_is_written_is_there(tmp_path):
    path = tmp_path / "page.html"
    assert write_whole(path, "Überall\n") == path
    assert path.read_bytes() == "Überall\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_no_folder_is_made(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        write_whole(tmp_path / "nowhere" / "page.html", "new")
    assert list(tmp_path.iterdir()) == []


def test_text_has_the_line_ends_that_it_has_and_bytes_are_bytes(tmp_path):
    assert write_whole(tmp_path / "text", "a\nb\r\n").read_bytes() == b"a\nb\r\n"
    assert write_whole(tmp_path / "bytes", b"\x00\xff\r\n").read_bytes() == b"\x00\xff\r\n"


def test_a_file_that_is_there_is_replaced(tmp_path):
    path = tmp_path / "page.html"
    write_whole(path, "a long old page")
    write_whole(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def half(self, content):
    """A disk that is full."""
    with self.open("wb") as file:
        file.write(content[: len(content) // 2])
    raise OSError("no space left on device")


def interrupted(self, content):
    raise KeyboardInterrupt


@pytest.mark.parametrize("old", ["old", None], ids=["there", "not there"])
@pytest.mark.parametrize(
    ("method", "failing", "error"),
    [
        ("write_bytes", half, OSError),
        ("write_bytes", interrupted, KeyboardInterrupt),
        ("replace", interrupted, KeyboardInterrupt),
    ],
    ids=["full", "interrupted while writing", "interrupted before its name"],
)
def test_a_failure_leaves_what_was_there_and_nothing_beside(
    tmp_path, monkeypatch, old, method, failing, error
):
    path = tmp_path / "page.html"
    if old:
        path.write_text(old)
    with monkeypatch.context() as patch:
        patch.setattr(Path, method, failing)
        with pytest.raises(error):
            write_whole(path, "new")
    assert [one.read_text() for one in tmp_path.iterdir()] == [old] * bool(old)


def test_a_reader_never_sees_a_part_of_it(tmp_path, monkeypatch):
    """Until its name is its own, another process finds the old file."""
    path, seen = tmp_path / "page.html", []
    path.write_text("old")
    replace = Path.replace

    def look(self, target):
        seen.append((path.read_text(), self.read_text(), self.name.startswith(".page.html.")))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", look)
    write_whole(path, "new")
    assert seen == [("old", "new", True)]


def test_what_a_killed_process_left_of_it_is_removed_and_nothing_else(tmp_path):
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    left = tmp_path / f".page.html.{killed.pid}.part"
    others = [
        tmp_path / name
        for name in (f".page.html.{os.getppid()}.part", ".page.html.mine.part", ".page.html.1")
    ]
    for one in (left, *others):
        one.touch()
    write_whole(tmp_path / "page.html", "new")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "page.html", *others])


def test_where_there_is_no_room_one_line_says_so(tmp_path):
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(StudyError, match=r"full: expected room to write to, found no space"):
        write_whole(full, "new")


def test_a_folder_of_its_name_is_left(tmp_path):
    (tmp_path / "page.html").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "page.html", "new")
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_a_device_is_written_into_and_stays_a_device(tmp_path):
    """A path of our own that leads to /dev/null, so that nothing is lost if it is replaced."""
    nowhere = tmp_path / "nowhere"
    nowhere.symlink_to("/dev/null")
    assert write_whole(nowhere, "gone") == nowhere
    assert nowhere.is_symlink()
    assert nowhere.is_char_device()
    assert [one.name for one in tmp_path.iterdir()] == ["nowhere"]


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="neither a file nor a character device"):
        write_whole(tmp_path / "pipe", "new")
    assert (tmp_path / "pipe").is_fifo()
