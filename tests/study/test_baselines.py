"""What one could pick instead of a network, against what is known of each."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import WhiteKernel

from study import baselines
from study.baselines import PLAIN, gaussian_process, symmetric_gaussian_process, tune
from study.data import Samples
from study.sensor import find_fault, undo
from study.simulate import simulate
from study.old_symmetry import SYMMETRIES, act_on_flows, act_on_positions, augment

SAMPLES = simulate(40, np.random.default_rng(1))
HELD_OUT = simulate(300, np.random.default_rng(2))


def mse(predict, samples: Samples = HELD_OUT) -> float:
    return float(np.mean((predict(samples.X) - samples.Y) ** 2))


def test_the_zero_predictor_knows_nothing():
    predict, parameters = PLAIN["zero"](SAMPLES)
    assert parameters == 0
    assert mse(predict) == pytest.approx(np.mean(HELD_OUT.Y**2))


def test_least_squares_finds_a_linear_map():
    W = np.random.default_rng(3).normal(size=(4, 2))
    predict, parameters = PLAIN["least_squares"](Samples(SAMPLES.X, SAMPLES.X @ W))
    assert parameters == 8
    assert_allclose(predict(HELD_OUT.X), HELD_OUT.X @ W, rtol=1e-6)


def test_the_linear_equivariant_map_by_hand():
    """y = d W_L x: one sample at the upper right, with d = 0.5 / (0.4 - 0.2) ..."""
    X, Y = np.array([[0.2, 0.4, 0.2, 0.2]]), np.array([[0.5, 0.5]])
    predict, parameters = PLAIN["linear_equivariant"](Samples(X, Y))
    assert parameters == 1
    # W_L x without d: (-x1 + x2 + x3 - x4, x1 + x2 - x3 - x4) = (0.2, 0.2).
    assert_allclose(predict(X), Y)
    assert_allclose(predict(np.array([[0.1, 0.2, 0.3, 0.4]])), [[0.0, -1.0]], atol=1e-12)


@pytest.mark.parametrize("name", ["linear_equivariant", "inverse_model"])
@pytest.mark.parametrize("symmetry", SYMMETRIES[1::3], ids=lambda one: one.name)
def test_what_knows_the_square_is_equivariant(name, symmetry):
    predict, _ = PLAIN[name](SAMPLES)
    moved = act_on_positions(symmetry, predict(HELD_OUT.X))
    assert_allclose(predict(act_on_flows(symmetry, HELD_OUT.X)), moved, atol=1e-6)


@pytest.fixture(scope="module")
def covariance():
    return tune(SAMPLES)


def test_the_symmetric_process_is_the_one_on_all_copies(covariance):
    noisy = covariance.kernel + WhiteKernel(covariance.noise)
    full = GaussianProcessRegressor(noisy, optimizer=None).fit(*augment(*SAMPLES))
    predict, parameters = symmetric_gaussian_process(SAMPLES, covariance)
    assert parameters is None
    assert_allclose(predict(HELD_OUT.X), full.predict(HELD_OUT.X), atol=1e-6)


@pytest.mark.parametrize("symmetry", SYMMETRIES, ids=lambda one: one.name)
def test_the_symmetric_process_is_equivariant(covariance, symmetry):
    predict, _ = symmetric_gaussian_process(SAMPLES, covariance)
    moved = act_on_positions(symmetry, predict(HELD_OUT.X))
    assert_allclose(predict(act_on_flows(symmetry, HELD_OUT.X)), moved, atol=1e-6)


def test_the_copies_help_a_process(covariance):
    raw, symmetric = (
        mse(fit(SAMPLES, covariance).predict)
        for fit in (gaussian_process, symmetric_gaussian_process)
    )
    assert 0.004 < symmetric < raw < 0.05


def test_predictions_do_not_depend_on_what_is_asked_beside(covariance, monkeypatch):
    predict, _ = symmetric_gaussian_process(SAMPLES, covariance)
    together = predict(HELD_OUT.X)
    monkeypatch.setattr(baselines, "AT_ONCE", 7)
    assert_allclose(predict(HELD_OUT.X), together, rtol=1e-6)


@pytest.mark.parametrize(
    ("m", "faulty", "corrected"), [(100, 0.0278, 0.0207), (1000, 0.0283, 0.0201)]
)
def test_least_squares_on_the_real_data_are_as_known(real, m, faulty, corrected):
    samples = real.train[m]
    assert mse(PLAIN["least_squares"](samples).predict, real.validation) == pytest.approx(
        faulty, abs=5e-5
    )
    undone = samples._replace(X=undo(samples.X, find_fault(samples)))
    assert mse(PLAIN["least_squares"](undone).predict, real.validation) == pytest.approx(
        corrected, abs=1e-4
    )
