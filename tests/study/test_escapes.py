"""Texts that are not ours: on a terminal and in a CSV file."""

import pytest

from study.escapes import inert, visible


def test_what_is_not_printable_is_written_out():
    assert visible("a\nb\t\x00\udcff\x1b[31m") == "a\nb\\t\\x00\\udcff\\x1b[31m"
    assert visible("Kärcher ± 5 %") == "Kärcher ± 5 %"


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1+1", "'=1+1"), ("@a", "'@a"), ("\t=1", "'\t=1"), ("a=1", "a=1"), ("", "")],
)
def test_no_cell_is_a_formula(text, cell):
    assert inert(text) == cell
