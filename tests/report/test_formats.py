"""Digits and grammar."""

import math

import numpy as np
import pytest

from report import formats


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0.5, "\N{MINUS SIGN}50.0"), (1.25, "+25.0"), (1.0001, "0.0"), (0.9999, "0.0")],
)
def test_changes_have_a_sign_unless_they_round_to_nothing(ratio, text):
    assert formats.change(np.log(ratio)) == text


def test_what_is_not_known_is_a_dash():
    unknown = [
        formats.mse(math.nan),
        formats.change(math.nan),
        formats.interval(math.nan, math.nan),
        formats.p_value(math.nan),
        formats.scientific(math.nan),
        formats.whole(math.nan),
    ]
    assert unknown == [formats.NOTHING] * 6


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


def test_sizes_are_named_unless_they_are_all():
    assert formats.at([25, 50], [25, 50, 100]) == "at m = 25 and 50"
    assert formats.at([25, 50], [25, 50]) == "at every m"
    assert formats.at([25, 50], [25, 50], every="any") == "at any m"
    assert formats.at([100], [100]) == "at m = 100"


def test_many_changes_become_a_range_from_lowest_to_highest():
    halves = np.log([0.5, 0.8, 1.1, 0.4])
    assert formats.changes(halves[:2]).replace("\N{NO-BREAK SPACE}", " ") == (
        "\N{MINUS SIGN}50.0 % and \N{MINUS SIGN}20.0 %"
    )
    assert formats.changes(halves).replace("\N{NO-BREAK SPACE}", " ") == (
        "from \N{MINUS SIGN}60.0 % to +10.0 %"
    )


def test_an_infinite_error_has_a_sign():
    assert formats.mse(float("inf")) == "\N{INFINITY}"
