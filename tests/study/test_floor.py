"""The error that nothing can do better than, and how surely it is known."""

import numpy as np
import pytest

from study import baselines
from study import floor as limits
from study.floor import FEWEST, floor
from study.forward import FITTED
from study.inverse import locate
from study.simulate import simulate

ROWS = simulate(1500, np.random.default_rng(1))


def test_the_floor_of_simulated_rows_is_as_known():
    """A Gaussian process on 1000 rows with all copies has 0.0040."""
    found = floor(ROWS, simulated=True)
    assert found.mse == pytest.approx(0.0040, abs=3 * found.error)
    assert 0.00010 < found.error < 0.00025
    assert found.mse < np.mean((locate(FITTED, ROWS.X) - ROWS.Y) ** 2)


def test_a_process_comes_near_the_floor_and_never_sees_the_row_it_predicts():
    few = simulate(300, np.random.default_rng(2))
    known, estimated = floor(few, simulated=True), floor(few, simulated=False)
    assert known.mse < estimated.mse < 1.2 * known.mse
    fitted = baselines.symmetric_gaussian_process(few, baselines.tune(few)).predict(few.X)
    assert np.mean((fitted - few.Y) ** 2) < 0.99 * estimated.mse


def test_too_few_rows_have_no_floor():
    few = simulate(FEWEST - 1, np.random.default_rng(3))
    assert floor(few, simulated=False) is None
    assert floor(few, simulated=True) is not None


def test_of_many_rows_a_process_takes_some_and_tells_it(monkeypatch):
    monkeypatch.setattr(limits, "MOST", 150)
    rows = simulate(1000, np.random.default_rng(4))
    few, again = floor(rows, simulated=False), floor(rows, simulated=False)
    assert few == again
    assert few.how == "cross-validated Gaussian process on 150 of 1,000 rows"
    assert few.error == pytest.approx(few.mse / 150**0.5, rel=0.5)


def test_the_floor_of_the_real_validation_data_is_as_known(real):
    found = floor(real.validation, simulated=False)
    assert found.mse == pytest.approx(0.0041, abs=0.0002)
    assert found.error == pytest.approx(0.0002, abs=0.00005)
