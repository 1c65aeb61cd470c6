"""Digits and grammar."""

from math import inf, log, nan

import pytest

from report import formats
from report.statistics import Interval


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0.5, "\N{MINUS SIGN}50.0"), (1.25, "+25.0"), (1.0001, "0.0"), (0.9999, "0.0")],
)
def test_changes_have_a_sign_unless_they_round_to_nothing(ratio, text):
    assert formats.change(log(ratio)) == text


def test_what_is_not_known_is_a_dash():
    unknown = [formats.error(nan), formats.error(None), formats.change(nan), formats.p_value(nan)]
    assert {*unknown, formats.scientific(None), formats.scientific(nan)} == {formats.NOTHING}
    assert formats.interval(Interval(0.01, nan, nan), formats.error) == "0.0100"
    assert formats.change_interval(Interval(0.0, nan, nan)) == "0.0"


def test_intervals_stand_in_brackets():
    assert formats.interval(Interval(0.01, 0.005, 0.02), formats.error) == "0.0100 [0.0050, 0.0200]"
    interval = Interval(log(0.5), log(0.25), log(1.5))
    assert formats.change_interval(interval) == "\N{MINUS SIGN}50.0 [\N{MINUS SIGN}75.0, +50.0]"


@pytest.mark.parametrize(
    ("p", "text"), [(0.00001, "< 0.001"), (0.001, "0.001"), (0.25, "0.250"), (1, "1.000")]
)
def test_p_values_have_three_digits(p, text):
    assert formats.p_value(p) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (31.04, "31.0 s"),
        (75, "1 min 15 s"),
        (119.7, "2 min 0 s"),
        (7260, "2 h 1 min"),
    ],
)
def test_durations(seconds, text):
    assert formats.duration(seconds) == text


def test_nouns_agree_with_their_numbers():
    assert formats.counted(1, "draw") == "1 draw"
    assert formats.counted(0, "draw") == "0 draws"
    assert formats.counted(1200, "row") == "1,200 rows"


def test_lists_as_in_speech():
    assert formats.listed(["a"]) == "a"
    assert formats.listed(["a", "b"]) == "a and b"
    assert formats.listed([25, 50, 100]) == "25, 50 and 100"


def test_an_infinite_error_has_a_sign():
    assert formats.error(inf) == "\N{INFINITY}"


def test_decimals_are_as_many_as_asked_for_and_thousands_stand_apart():
    assert formats.fixed(1234.5678, 2) == "1,234.57"
    assert formats.fixed(None, 0) == formats.NOTHING
    assert [formats.signed(value, 0) for value in (7.0, -7.0, -0.4)] == [
        "+7", "\N{MINUS SIGN}7", "0"
    ]  # fmt: skip


def test_a_share_is_in_per_cent():
    assert formats.percent(0.125) == "12 %"
