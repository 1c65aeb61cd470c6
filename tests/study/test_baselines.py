"""What one could pick instead of a network, against what is known of each."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import WhiteKernel

from study import baselines
from study.bag import SQUARE, Bag
from study.baselines import PLAIN, gaussian_process, symmetric_gaussian_process, tune
from study.data import Samples
from study.forward import FITTED
from study.sensor import find_fault, undo
from study.simulate import simulate
from tests.study.bags import EDGES, HEXAGON, OTHERS, RECTANGLE, SCATTERED, TRAPEZOID

BAGS = pytest.mark.parametrize("bag", [SQUARE, *OTHERS.values()], ids=["square", *OTHERS])
SAMPLES = simulate(40, np.random.default_rng(1))
HELD_OUT = simulate(300, np.random.default_rng(2))


def sample(bag: Bag, n: int) -> Samples:
    return simulate(n, np.random.default_rng(n), model=replace(FITTED, bag=bag))


def assert_equivariant(predict, X, bag: Bag, atol: float = 1e-6) -> None:
    flows, moved = bag.group.copies(X, predict(X))
    found = predict(flows.reshape(-1, bag.flows)).reshape(moved.shape)
    assert_allclose(found, moved, rtol=0, atol=atol)


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


@pytest.mark.parametrize(
    ("name", "bag"),
    [
        *[("linear_equivariant", bag) for bag in (SQUARE, *OTHERS.values())],
        # Where the symmetries map the outline's box onto itself.
        *[("inverse_model", bag) for bag in (SQUARE, RECTANGLE, TRAPEZOID, EDGES)],
    ],
)
def test_what_knows_the_bag_is_equivariant(name, bag):
    samples = sample(bag, 40)
    predict, _ = PLAIN[name](samples, bag)
    assert_equivariant(predict, sample(bag, 100).X, bag)


@pytest.mark.parametrize(
    ("bag", "parameters"), [(SQUARE, 1), (HEXAGON, 1), (RECTANGLE, 2), (SCATTERED, 10)]
)
def test_the_linear_equivariant_map_is_the_best_that_symmetries_allow(bag, parameters):
    """As many parameters as the characters say; no other of them has a smaller error."""
    samples, group = sample(bag, 40), bag.group
    predict, count = PLAIN["linear_equivariant"](samples, bag)
    fixed = (group.permutations == np.arange(bag.flows)).sum(axis=1)
    assert (
        count == parameters == (fixed * np.trace(group.matrices, axis1=1, axis2=2)).mean().round()
    )
    for W in np.random.default_rng(5).normal(scale=0.01, size=(20, bag.flows, 2)):
        other = group.average(samples.X, lambda X, W=W: predict(X) + X @ W)
        assert np.square(other - samples.Y).sum() > np.square(predict(samples.X) - samples.Y).sum()


@pytest.fixture(scope="module")
def covariance():
    return tune(SAMPLES)


@BAGS
def test_the_symmetric_process_is_the_one_on_all_copies(covariance, bag):
    samples, X = sample(bag, 40), sample(bag, 100).X
    flows, positions = bag.group.copies(*samples)
    noisy = covariance.kernel + WhiteKernel(covariance.noise)
    full = GaussianProcessRegressor(noisy, alpha=0.0, optimizer=None)
    full.fit(flows.reshape(-1, bag.flows), positions.reshape(-1, 2))
    predict, parameters = symmetric_gaussian_process(samples, covariance, bag)
    assert parameters is None
    assert_allclose(predict(X), full.predict(X), rtol=0, atol=1e-9)


@BAGS
def test_the_symmetric_process_is_equivariant(covariance, bag):
    predict, _ = symmetric_gaussian_process(sample(bag, 40), covariance, bag)
    assert_equivariant(predict, sample(bag, 100).X, bag, atol=1e-9)


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
