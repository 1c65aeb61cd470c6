"""How often intervals hold what other studies find, by hand."""

import math

import pytest

from study.contrasts import Contrast
from study.coverage import coverage
from study.statistics import Interval


def contrast(mean: float, reach: float, m: int = 25) -> Contrast:
    """A contrast of two repetitions whose mean is this, and whose interval reaches so far."""
    ratios = (mean - 0.1, mean + 0.1)
    interval = Interval(mean, mean - reach, mean + reach)
    models = ("equivariant", False), ("standard", True)
    return Contrast(m, True, "", *models, (1, 2), ratios, interval, 0.5, 1.0)


def test_an_interval_holds_the_mean_of_the_other_studies_or_not():
    """Means 0, 0.2 and 0.7: the others' means are 0.45, 0.35 and 0.1."""
    (one,) = coverage([[contrast(0.0, 0.5)], [contrast(0.2, 0.1)], [contrast(0.7, 0.61)]])
    assert one.effects == (0.0, 0.2, 0.7)
    assert (one.held, one.studies) == (2, 3)
    assert one.spread == pytest.approx(math.sqrt((0.3**2 + 0.1**2 + 0.4**2) / 2))
    assert one.error == pytest.approx(0.1)  # deviation 0.1 * sqrt 2 over the root of two


def test_contrasts_are_kept_apart():
    both = [contrast(0.1, 0.2), contrast(-0.3, 0.2, m=100)]
    assert [(one.m, one.held) for one in coverage([both, both])] == [(25, 2), (100, 2)]
