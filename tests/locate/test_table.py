"""Tables of flows: what is read, and what is said where it cannot be."""

import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from locate import table
from study.errors import StudyError

HEADER = "mfc1,mfc2,mfc3,mfc4"
ROW = "0.1,0.2,0.3,0.4"


@pytest.fixture
def given(tmp_path):
    """Write a file; bytes as they are."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "flows.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(path, **options):
    """All rows of a file."""
    return np.concatenate(list(table.read(path, **options)))


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{ROW}\n{ROW}\n",
        f"{HEADER}\n{ROW}\n{ROW}",
        f"{ROW}\n{ROW}\n",
        f"{HEADER}\r\n{ROW}\r\n{ROW}\r\n",
        f"{HEADER}\n{ROW}\n\n{ROW}\n  \n",
        f"\ufeff{HEADER}\n{ROW}\n{ROW}\n",
        "MFC4,mfc2,mfc3,mfc1\n0.4,0.2,0.3,0.1\n.4,2e-1,0.30,+0.1\n",
        "y1,y2,mfc1,mfc2,mfc3,mfc4\n-1,0,0.1,0.2,0.3,0.4\n,,0.1,0.2,0.3,0.4\n",
        f'when,{HEADER}\n"noon, or so",{ROW}\nlater,{ROW}\n',
        '"mfc1", mfc2 ,mfc3,mfc4\n"0.1", 0.2 ,0.3,0.4\n0.1,0.2,0.3,0.4\n',
        "mfc1;mfc2;mfc3;mfc4\n0.1;0.2;0.3;0.4\n0.1;0.2;0.3;0.4\n",
        "0.1\t0.2\t0.3\t0.4\n0.1\t0.2\t0.3\t0.4\n",
        f"{HEADER}\n{ROW}\n{ROW}\n".encode("utf-16"),
        f"{HEADER}\n{ROW}\n{ROW}\n".replace(",", "\t").encode("utf-16"),
    ],
)
def test_flows_are_read_however_they_are_written(content, given):
    np.testing.assert_allclose(read(given(content)), [[0.1, 0.2, 0.3, 0.4]] * 2, rtol=1e-14)


def test_other_columns_can_be_asked_for(given):
    found = read(given(f"y2,y1,{HEADER}\n1,-1,{ROW}\n"), columns=("y1", "mfc4"))
    assert found.tolist() == [[-1, 0.4]]


@pytest.mark.parametrize("block", [1, 7, 40, 41])
def test_parts_do_not_show(block, given, monkeypatch):
    values = np.random.default_rng(0).dirichlet([1] * 4, size=40)
    path = given("\n".join([HEADER, *(",".join(map(repr, row)) for row in values.tolist())]))
    monkeypatch.setattr(table, "AT_ONCE", block)
    np.testing.assert_array_equal(read(path), values)


def test_a_row_is_named_by_its_place_in_the_whole_file(given, monkeypatch):
    monkeypatch.setattr(table, "AT_ONCE", 3)
    path = given("\n".join([HEADER, ROW, "", *[ROW] * 20, "0.1,0.2,x,0.4", ROW]))
    found = table.read(path)
    assert len(next(found)) == 2
    with pytest.raises(StudyError, match=r"row 22 \(line 24\), column mfc3: .* found 'x'"):
        list(found)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected the header mfc1,mfc2,mfc3,mfc4 and rows below it, found nothing"),
        (f"{HEADER}\n", "expected at least one row of numbers, found a header only"),
        (f"{HEADER}\n\n\n", "expected at least one row of numbers, found a header only"),
        ("0.1,0.2,0.3\n", "line 1: expected the 4 columns mfc1, .* found 3 and no header"),
        (f"{ROW},0.5\n", "line 1: expected the 4 columns mfc1, .* found 5 and no header"),
        (f"{HEADER},mfc5\n{ROW},1\n", "expected the 4 sensors .* found mfc5 as well"),
        ("mfc1,mfc2,mfc4\n1,2,3\n", "line 1: expected a header with one column mfc3, found none"),
        (f"{HEADER},mfc2\n{ROW},1\n", "line 1: expected a header with one column mfc2, found 2"),
        ("flow of sensor 1\n1\n", "column mfc1, found none in 'flow of sensor 1'"),
        (f"{HEADER}\n{ROW}\n0.1,two,0.3,0.4\n", r"row 2 \(line 3\), column mfc2: .* found 'two'"),
        (f"{HEADER}\n0.1,,0.3,0.4\n", r"row 1 \(line 2\), column mfc2: .* found an empty cell"),
        (f"{HEADER}\n0.1,NA,0.3,0.4\n", "column mfc2: expected a number, found 'NA'"),
        (f"{HEADER}\n1_000,2,3,4\n", "column mfc1: expected a number, found '1_000'"),
        (f"{HEADER}\n0.1,0.2,0.3\n", r"row 1 \(line 2\): expected 4 cells .* found 3 in"),
        (f"{HEADER}\n{ROW},0.5\n", "expected 4 cells as in the first line, found 5"),
        (f"{HEADER}\n0,1,0,2,0,3,0,4\n", "found 8 in .* write points in numbers"),
        ("mfc1;mfc2;mfc3;mfc4\n0,1;0,2;0,3;0,4\n", "found a decimal comma in '0,1'"),
        (f"{HEADER}\n1;2;3;4\n", "expected 4 cells as in the first line, found 1 in '1;2;3;4'"),
        (f"{HEADER}\n{ROW}\n0.1,0.\x002,0.3,0.4\n", r"row 2 \(line 3\), column mfc2"),
        (b"\x89HDF\r\n\x1a\n\x00\x00", "expected a file of flows, found an HDF5 file"),
        (f"{HEADER}\n".encode() + b"\xff\xfe0.1,0.2,0.3,0.4\n", r"row 1 \(line 2\), column mfc1"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(content, message, given):
    path = given(content)
    with pytest.raises(StudyError, match=message) as told:
        read(path)
    assert str(told.value).startswith(str(path))
    assert "\n" not in str(told.value)


def test_a_line_without_end_is_refused(given, monkeypatch):
    monkeypatch.setattr(table, "LONGEST_LINE", 100)
    with pytest.raises(StudyError, match=r"line 2: .* found 100 characters and no end"):
        read(given(f"{HEADER}\n" + "1" * 200))


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_what_cannot_be_read_is_told(name, tmp_path):
    with pytest.raises(StudyError, match=r"expected a file of flows, found .*name the file"):
        read(tmp_path / name)


def test_standard_input_is_read(tmp_path, monkeypatch):
    path = tmp_path / "piped"
    path.write_text(f"{HEADER}\n{ROW}\n0.1,0.2,?,0.4\n")
    kept, piped = os.dup(0), os.open(path, os.O_RDONLY)
    try:
        os.dup2(piped, 0)
        monkeypatch.setattr(sys, "stdin", io.StringIO("not this"))
        with pytest.raises(StudyError, match=r"^standard input, row 2 \(line 3\), column mfc3"):
            read(table.STDIN)
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(piped)
