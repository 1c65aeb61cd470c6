"""What networks are shown: the draw, put right where the cell is corrected, then its copies."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study import training
from study.data import Data, draw
from study.grid import Cell
from study.simulate import FAULT, simulate
from study.training import drawn_fault, shown

CELL = Cell("standard", augmented=False, m=100)


@pytest.fixture(scope="module")
def faulty() -> Data:
    """A pool of 300 rows whose sensor 4 reads 0.05 high, and clean validation data."""
    return Data(
        folder=Path("faulty"),
        train={300: simulate(300, np.random.default_rng(1), offset=FAULT)},
        validation=simulate(20, np.random.default_rng(2)),
        test=None,
        checksum="faulty",
    )


@pytest.mark.parametrize("number", [0, 1, 7])
def test_a_raw_cell_is_shown_the_draw_itself(faulty, number):
    samples, fault = shown(faulty, CELL, number)
    for part, expected in zip(samples, draw(faulty, 100, number), strict=True):
        assert_array_equal(part, expected)
    assert fault is None


def test_a_corrected_cell_is_shown_the_draw_without_its_fault(faulty):
    samples, fault = shown(faulty, replace(CELL, corrected=True), 1)
    assert (fault.sensor, fault.found) == (3, True)
    faulty_flows = draw(faulty, 100, 1).X
    d = fault.offset
    by_hand = (1 + d) * faulty_flows - d * np.array([0, 0, 0, 1])
    kept = (by_hand >= 0).all(axis=1)
    assert kept.mean() > 0.9
    assert_allclose(samples.X[kept], by_hand[kept], rtol=1e-12)
    assert_array_equal(samples.Y, draw(faulty, 100, 1).Y)


def test_the_loop_makes_the_copies_of_what_is_put_right(faulty):
    corrected = shown(faulty, replace(CELL, corrected=True), 1).samples
    samples, fault = shown(faulty, replace(CELL, corrected=True, augmented=True), 1)
    for part, expected in zip(samples, corrected, strict=True):
        assert_array_equal(part, expected)
    assert fault == drawn_fault(faulty, 100, 1)


def test_every_draw_has_its_own_estimate_which_is_made_once(faulty, monkeypatch):
    first, second = (shown(faulty, replace(CELL, corrected=True), n).fault for n in (1, 2))
    assert first.offset != second.offset
    monkeypatch.setattr(training, "find_fault", None)
    again = replace(faulty, folder=Path("elsewhere"))  # equal data, as another task has them
    assert shown(again, replace(CELL, corrected=True, augmented=True), 1).fault == first
