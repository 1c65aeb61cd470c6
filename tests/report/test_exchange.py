"""The exchange rate, on curves that can be read by eye."""

from math import inf

import numpy as np
import pytest

from report.exchange import exchanges, worth
from report.findings import gather
from tests.report.made_up import ABOUT, EQUIVARIANT_RAW, STANDARD_AUGMENTED, STANDARD_RAW, full

SIZES = np.log([25.0, 100.0, 400.0])


def samples(mine, reference):
    return worth(np.log([*mine, *reference]), SIZES).tolist()


def test_an_error_between_two_sizes_is_worth_their_geometric_mean():
    """Errors 4, 2, 1 of the reference: its 2.83 is half way from 25 to 100, in logarithms."""
    assert samples([8**0.5, 2, 1], [4, 2, 1]) == pytest.approx([50, 100, 400])


def test_beyond_the_sizes_nothing_is_continued():
    assert samples([0.9, 4.1, 1], [4, 2, 1]) == [inf, 0, pytest.approx(400)]


def test_a_reference_that_rises_again_keeps_its_lowest_error():
    assert samples([2, 1.5, 3], [4, 2, 2.5]) == [
        pytest.approx(100),
        inf,
        pytest.approx(50, rel=0.2),
    ]


def records(repetitions=4):
    """The equivariant network errs as little with m as the standard one with 4 m."""
    told = []
    for m, model, factor in (
        (m, model, factor)
        for m in (25, 100, 400)
        for model, factor in ((EQUIVARIANT_RAW, 4), (STANDARD_RAW, 1), (STANDARD_AUGMENTED, 2))
    ):
        for repetition in range(1, repetitions + 1):
            luck = 1 + 0.01 * repetition
            told.append(full(model, m=m, repetition=repetition, error=luck / (factor * m)))
    return told


def test_four_times_the_samples_are_worth_four_times_the_samples():
    rates = exchanges(gather(records(), ABOUT))
    raw = [one for one in rates if one.reference.model == STANDARD_RAW]
    assert [one.samples for one in raw] == pytest.approx([100, 400, inf])
    assert [one.low for one in raw[:2]] == pytest.approx([100, 400])
    assert [one.high for one in raw[:2]] == pytest.approx([100, 400])
    augmented = [one for one in rates if one.reference.model == STANDARD_AUGMENTED]
    assert [one.samples for one in augmented] == pytest.approx([50, 200, inf])


def test_one_repetition_has_no_exchange_rate():
    assert exchanges(gather(records(1), ABOUT)) == []
