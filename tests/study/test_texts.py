"""A user's file as text, or what it is instead."""

import os

import pytest

from study.errors import StudyError
from study.texts import read_text

TEXT = "y1,ä\n1,2\n"


def read(path, most=1000):
    return read_text(path, "a table", "write it again", most)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_is_the_same_however_it_is_written(tmp_path, encoding, end):
    path = tmp_path / "text"
    path.write_bytes(TEXT.replace("\n", end).encode(encoding))
    assert read(path) == TEXT


def test_the_other_byte_order_is_read_too(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert read(path) == TEXT


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"PK\x03\x04...", "an Excel workbook or another zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"SQLite format 3\0", "an SQLite database"),
        (TEXT.encode("latin-1"), "'utf-8' codec can't decode .+"),
        (b"\xff\xfe\x00", "'utf-16-le' codec can't .+"),
        ("y1\n".encode("utf-16-le"), "bytes of zero, as a binary file has .+"),
        (b"1" * 1001, "more than 1,000 bytes"),
    ],
)
def test_what_is_no_text_is_named(tmp_path, content, found):
    path = tmp_path / "text"
    path.write_bytes(content)
    with pytest.raises(StudyError, match=f"text: expected a table, found {found}; write it again$"):
        read(path)


def test_a_pipe_is_not_waited_for_and_a_device_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "zero", ""):
        with pytest.raises(
            StudyError, match="expected a table, found a folder, a device or a pipe"
        ):
            read(tmp_path / name)


def test_a_file_that_is_not_there_is_for_the_caller_to_tell(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "text")
