"""When the loop and Keras count as equal: what is told of their first steps and of their ends."""

import math

import numpy as np
import pytest

from bench.equivalence import Parity, _ends
from study.design import Cell, Request

CELL = Cell(100, True, "standard", False)


@pytest.mark.parametrize(
    ("by_loop", "by_keras", "holds"),
    [(1e-6, 0.0, True), (2e-6, 0.0, False), (3e-3, 1e-3, True), (4e-3, 1e-3, False)],
)
def test_the_loop_is_as_near_to_exact_arithmetic_as_keras_but_for_a_factor(
    by_loop, by_keras, holds
):
    assert Parity(Request(CELL, 1, "full", 0), by_loop, by_keras).holds == holds


def test_the_mean_of_ratios_by_hand():
    """Logarithms 0 and log 4 with a t-quantile of 2.015 on 5 degrees of freedom."""
    found = _ends(CELL, [1.0, 1.0, 1.0, 4.0, 4.0, 4.0])
    half = 2.015 * np.std(np.log([1, 1, 1, 4, 4, 4]), ddof=1) / math.sqrt(6)
    assert found.mean == pytest.approx(2.0)
    assert found.low == pytest.approx(2 * math.exp(-half), rel=1e-3)
    assert found.high == pytest.approx(2 * math.exp(half), rel=1e-3)
    assert (found.equal, found.differs) == (False, True)


@pytest.mark.parametrize(
    ("factor", "equal", "differs"),
    [(1.0, True, False), (1.04, True, False), (1.06, False, True), (0.93, False, True)],
)
def test_cells_are_equal_within_five_per_cent(factor, equal, differs):
    ratios = factor * np.exp(np.linspace(-0.005, 0.005, 20))
    found = _ends(CELL, ratios.tolist())
    assert (found.equal, found.differs) == (equal, differs)


def test_too_few_trainings_show_nothing():
    found = _ends(CELL, [2.0] * 5)
    assert (found.count, found.mean) == (5, pytest.approx(2.0))
    assert (found.equal, found.differs) == (False, False)
    assert math.isnan(_ends(CELL, [math.inf, math.nan]).mean)
