"""Flows from CSV: what is read, and what is said where it cannot be."""

import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import flows
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


def read(path):
    """All rows of a file."""
    parts = list(flows.read(path))
    return np.concatenate([part.X for part in parts]), np.concatenate(
        [part.normalised for part in parts]
    )


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{ROW}\n{ROW}\n",
        f"{HEADER}\n{ROW}\n{ROW}",
        f"{HEADER}\r\n{ROW}\r\n{ROW}\r\n",
        f"{HEADER}\n{ROW}\n\n{ROW}\n\n",
        f"\ufeff{HEADER}\n{ROW}\n{ROW}\n",
        "mfc4,mfc2,mfc3,mfc1\n0.4,0.2,0.3,0.1\n.4,2e-1,0.30,+0.1\n",
        "y1,y2,mfc1,mfc2,mfc3,mfc4\n-1,0,0.1,0.2,0.3,0.4\n,,0.1,0.2,0.3,0.4\n",
        f'when,{HEADER}\n"noon, or so",{ROW}\nlater,{ROW}\n',
        '"mfc1", mfc2 ,mfc3,mfc4\n"0.1", 0.2 ,0.3,0.4\n0.1,0.2,0.3,0.4\n',
    ],
)
def test_flows_are_read_however_they_are_written(content, given):
    X, normalised = read(given(content))
    np.testing.assert_allclose(X, [[0.1, 0.2, 0.3, 0.4]] * 2, rtol=1e-14)
    assert not normalised.any()


def test_rows_that_do_not_sum_to_1_are_normalised_and_marked(given):
    litres = "1,2,3,4\n"
    nearly = "0.1,0.2,0.3,0.4000009\n"
    X, normalised = read(given(f"{HEADER}\n{litres}{ROW}\n{nearly}0,0,0,2e-9\n"))
    assert normalised.tolist() == [True, False, False, True]
    np.testing.assert_allclose(X[0], [0.1, 0.2, 0.3, 0.4])
    assert X[2, 3] == 0.4000009
    np.testing.assert_allclose(X[3], [0, 0, 0, 1])


@pytest.mark.parametrize("block", [1, 7, 16, 50, 10_000])
def test_blocks_do_not_show(block, given, monkeypatch):
    values = np.random.default_rng(0).dirichlet([1] * 4, size=40)
    path = given("\n".join([HEADER, *(",".join(map(repr, row)) for row in values.tolist())]))
    monkeypatch.setattr(flows, "BLOCK", block)
    np.testing.assert_allclose(read(path)[0], values, rtol=1e-13)


def test_a_row_is_named_by_its_place_in_the_whole_file(given, monkeypatch):
    monkeypatch.setattr(flows, "BLOCK", 40)
    path = given("\n".join([HEADER, ROW, "", *[ROW] * 20, "0.1,0.2,x,0.4", ROW]))
    found = flows.read(path)
    assert len(next(found).X) == 3
    with pytest.raises(StudyError, match=r"row 22 \(line 24\), column mfc3: .* found 'x'"):
        list(found)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected the header mfc1,mfc2,mfc3,mfc4 and rows of flows, found nothing"),
        (f"{HEADER}\n", "expected at least one row of flows, found a header only"),
        (f"{HEADER}\n\n\n", "expected at least one row of flows, found a header only"),
        (f"{ROW}\n", "line 1: expected a header with one column mfc1, found none in '0.1,0.2,"),
        ("mfc1,mfc2,mfc4\n1,2,3\n", "line 1: expected a header with one column mfc3, found none"),
        (f"{HEADER},mfc2\n{ROW},1\n", "line 1: expected a header with one column mfc2, found 2"),
        ("mfc1;mfc2;mfc3;mfc4\n1;2;3;4\n", "column mfc1, found none in 'mfc1;mfc2;mfc3;mfc4'"),
        (f"{HEADER}\n{ROW}\n0.1,two,0.3,0.4\n", r"row 2 \(line 3\), column mfc2: .* found 'two'"),
        (f"{HEADER}\n0.1,,0.3,0.4\n", r"row 1 \(line 2\), column mfc2: .* found an empty cell"),
        (f"{HEADER}\n0.1,nan,0.3,0.4\n", "column mfc2: expected a number from 0, found 'nan'"),
        (f"{HEADER}\n0.1,NA,0.3,0.4\n", "column mfc2: expected a number from 0, found 'NA'"),
        (f"{HEADER}\ninf,0.2,0.3,0.4\n", "column mfc1: expected a number from 0, found 'inf'"),
        (f"{HEADER}\n0.1,0.2,0.3,-0.4\n", "column mfc4: expected a number from 0, found '-0.4'"),
        (f"{HEADER}\n{ROW}\n0,0,0,0\n", r"row 2 \(line 3\): expected flows with a sum above 0"),
        (f"{HEADER}\n1e308,1e308,1e308,1e308\n", "expected flows with a sum above 0, found inf"),
        (f"{HEADER}\n{'1' * 200_000},{ROW}\n", "line 2: expected a row of 4 cells, found field"),
        (f"{HEADER}\n0.1,0.2,0.3\n", r"row 1 \(line 2\): expected 4 cells .* found 3 in"),
        (f"{HEADER}\n{ROW},0.5\n", "expected 4 cells as in the header, found 5"),
        (f"{HEADER}\n0,1,0,2,0,3,0,4\n", "found 8 in .* commas between columns and points"),
        (f"{HEADER}\n1;2;3;4\n", "expected 4 cells as in the header, found 1 in '1;2;3;4'"),
        (f"{HEADER}\n{ROW}\n0.1,0.\x002,0.3,0.4\n", r"row 2 \(line 3\), column mfc2"),
        (b"\x89HDF\r\n\x1a\n\x00\x00", "line 1: expected a header with one column mfc1"),
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
    monkeypatch.setattr(flows, "BLOCK", 10)
    monkeypatch.setattr(flows, "LONGEST_LINE", 100)
    with pytest.raises(StudyError, match="found one of more than 100 bytes after line 2"):
        read(given(f"{HEADER}\n" + "1" * 200))


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_what_cannot_be_read_is_told(name, tmp_path):
    with pytest.raises(StudyError, match=r"expected a CSV file of flows, found .*name the file"):
        read(tmp_path / name)


def test_standard_input_is_read(tmp_path, monkeypatch):
    path = tmp_path / "piped"
    path.write_text(f"{HEADER}\n{ROW}\n0.1,0.2,?,0.4\n")
    kept, piped = os.dup(0), os.open(path, os.O_RDONLY)
    try:
        os.dup2(piped, 0)
        monkeypatch.setattr(sys, "stdin", io.StringIO("not this"))
        with pytest.raises(StudyError, match=r"^standard input, row 2 \(line 3\), column mfc3"):
            read(None)
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(piped)
