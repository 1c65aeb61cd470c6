"""What counts as a number in a file."""

import math

import pytest

from study.numerals import has_decimal_comma, is_pointless, number


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.1", 0.1), (" -5e-324\t", -5e-324), ("+.5", 0.5), ("1.", 1.0), ("1E3", 1000.0), ("007", 7)],
)
def test_plain_numbers(text, value):
    assert number(text) == value


def test_a_number_that_is_too_large_is_infinite():
    assert number("-1e999") == -math.inf


@pytest.mark.parametrize(
    "text",
    ["0_1", "1_000.5", "\u0663", "\uff11", "inf", "-Infinity", "nan", "", " ", ".", "e5", "1e",
     "0x1", "1,5", "1 5", "1\n", "1\u00a0", "--1"],
)  # fmt: skip
def test_all_else_is_none(text):
    with pytest.raises(ValueError, match=r"^"):
        number(text)


def test_what_a_decimal_comma_leaves():
    assert has_decimal_comma("-0,5e-3")
    assert not has_decimal_comma("0.5")
    assert is_pointless("05")
    assert is_pointless("5e-05")
    assert not is_pointless("0.5")
