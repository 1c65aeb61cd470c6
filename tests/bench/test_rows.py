"""Answers as text, by hand; and JSON that a reader of JSON reads."""

import json

import numpy as np
import pytest

from bench.rows import FLAGS, FORMATS, Rows


def rows(first, flags):
    """As many rows as flags, of the same answer."""
    n = len(flags)
    return Rows(first, np.tile([0.5, -0.25], (n, 1)), np.full(n, 0.1), np.array(flags, dtype=int))


def text(form, some, half=750.0, summary=dict):
    return "".join(FORMATS[form](some, half, summary))


def test_csv_by_hand():
    assert text("csv", [rows(1, [0, 1]), rows(3, [2, 3])]).splitlines() == [
        "row,y1,y2,x_mm,y_mm,radius_mm,flags",
        "1,0.5000,-0.2500,375.0,-187.5,75.0,",
        "2,0.5000,-0.2500,375.0,-187.5,75.0,normalised",
        "3,0.5000,-0.2500,375.0,-187.5,75.0,unlike_a_leak",
        "4,0.5000,-0.2500,375.0,-187.5,75.0,normalised unlike_a_leak",
    ]


def test_the_side_of_the_bag_scales_the_lengths():
    assert text("csv", [rows(7, [0])], half=1000.0).splitlines()[1] == (
        "7,0.5000,-0.2500,500.0,-250.0,100.0,"
    )


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_reads_minus_zero(form):
    tiny = Rows(1, np.array([(-1e-6, -0.0)]), np.array([0.1]), np.array([0]))
    assert "-0" not in text(form, [tiny])


def test_json_says_what_csv_says():
    some = [rows(1, [0, 1]), rows(3, [3])]
    document = json.loads(text("json", some, summary=lambda: {"rows": 3}))
    assert document["file"] == {"rows": 3}
    lines = [line.split(",") for line in text("csv", some).splitlines()]
    for row, cells in zip(document["rows"], lines[1:], strict=True):
        assert list(row) == lines[0]
        assert [float(cell) for cell in cells[:-1]] == list(row.values())[:-1]
        assert row["flags"] == cells[-1].split()
    assert document["rows"][2]["flags"] == list(FLAGS)


def test_the_summary_comes_after_the_last_row():
    seen = []

    def given():
        for number in range(1, 4):
            seen.append(number)
            yield rows(number, [0])

    text("json", given(), summary=lambda: {"rows": seen.append("summary") or 3})
    assert seen == [1, 2, 3, "summary"]


def test_json_without_rows_is_json():
    assert json.loads(text("json", [])) == {"rows": [], "file": {}}
