"""A suspected sensor: found where there is a fault, named, and not found where there is none."""

import numpy as np
import pytest

from locate.surface import Beside, beside
from locate.suspicion import ROWS, suspects
from study import fitting, inverse
from study.data import load
from study.forward import FITTED, normalised
from study.simulate import NOISE, simulate


def lying(residuals, leverages):
    """Rows of which only this is known."""
    nothing = np.zeros(len(residuals))
    return Beside(np.zeros((len(residuals), 2)), nothing, residuals, leverages)


def found(X, near, noise=NOISE):
    return suspects(beside(FITTED, X, near), noise)


def noisy(X, rng):
    return normalised(np.maximum(X + rng.normal(scale=NOISE, size=X.shape), 0))


def test_an_offset_by_hand():
    # Only sensor 3 explains residuals that are 0.05 times its leverage.
    leverages = np.array([(0.5, -0.5, 0.5, -0.5), (0.5, -0.5, -0.5, 0.5), (0.5, 0.5, 0.5, 0.5)])
    leverages = np.tile(leverages, (8, 1))
    (suspect,) = suspects(lying(0.05 * leverages[:, 2], leverages), 0.01)
    assert (suspect.sensor, suspect.offset) == (3, pytest.approx(0.05))


def test_an_offset_beyond_the_whole_flow_is_none():
    leverages = np.full((30, 4), 1e-3)
    assert suspects(lying(np.full(30, 0.05), leverages), 0.01) == []


@pytest.mark.parametrize("sensor", range(4))
@pytest.mark.parametrize("size", [-0.05, 0.03, 0.1])
def test_an_offset_is_found_and_measured(sensor, size):
    clean = simulate(400, np.random.default_rng(sensor))
    X = normalised(np.maximum(clean.X + size * np.eye(4)[sensor], 0))
    (suspect,) = found(X, clean.Y)
    assert suspect.sensor == sensor + 1
    assert suspect.offset == pytest.approx(size, rel=0.1, abs=0.004)


def test_clean_files_of_any_length_are_not_suspected():
    for rows in (20, 25, 100, 1000, 10_000):
        for number in range(20 if rows <= 100 else 2):
            assert found(*simulate(rows, np.random.default_rng((rows, number)))) == []


def test_few_rows_are_not_judged():
    samples = simulate(ROWS, np.random.default_rng(5), offset=(0, 0, 0, 0.2))
    assert found(*samples)
    assert found(samples.X[1:], samples.Y[1:]) == []


def test_two_leaks_at_a_time_are_no_fault():
    rng = np.random.default_rng(6)
    first, second = simulate(500, rng), simulate(500, rng)
    assert found((first.X + second.X) / 2, (first.Y + second.Y) / 2) == []


def test_where_the_sensor_cannot_be_told_all_that_fit_are_named():
    # The same leak again and again: one number for four sensors.
    rng = np.random.default_rng(7)
    Y = np.tile([0.3, 0.2], (200, 1))
    faulty = normalised(noisy(FITTED.flows(Y), rng) + 0.05 * np.eye(4)[3])
    told = {one.sensor: one.offset for one in found(faulty, Y)}
    assert told[4] == pytest.approx(0.05, abs=0.01)
    assert len(told) > 1
    assert found(noisy(FITTED.flows(Y), rng), Y) == []


def test_the_real_fault_is_found_and_the_real_clean_data_are_not_suspected(real_data):
    data = load(real_data)
    fit = fitting.fit(data.validation)

    def told(samples):
        near = inverse.locate(fit.model, samples.X)
        return suspects(beside(fit.model, samples.X, near), fit.noise)

    assert told(data.validation) == []
    for samples in data.train.values():
        (suspect,) = told(samples)
        assert (suspect.sensor, suspect.offset) == (4, pytest.approx(0.05, abs=0.006))
