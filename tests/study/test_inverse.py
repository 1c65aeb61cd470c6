"""The forward model inverted, and averaged over."""

import numpy as np
from numpy.testing import assert_allclose

from study import inverse
from study.forward import FITTED, normalised
from study.inverse import grid, locate, nearest, posterior_mean
from study.simulate import NOISE, simulate
from tests.study.bags import RECTANGLE


def test_to_locate_is_to_invert():
    Y = grid(14)
    assert_allclose(locate(FITTED, FITTED.flows(Y)), Y, atol=1e-6)


def test_flows_that_no_leak_in_the_square_makes_are_put_on_its_border():
    outside = np.array([[1.3, 0.0], [0.2, -1.4]])
    found = locate(FITTED, FITTED.flows(outside))
    assert np.abs(found).max(axis=1).tolist() == [1, 1]
    assert (np.abs(found - outside) < 0.5).all()


def test_located_positions_have_flows_nearer_than_those_around():
    X = simulate(100, np.random.default_rng(3)).X
    found = locate(FITTED, X)
    best = np.square(X - FITTED.flows(found)).sum(axis=1)
    for step in np.random.default_rng(4).normal(scale=0.02, size=(8, 100, 2)):
        around = np.clip(found + step, -1, 1)
        assert (np.square(X - FITTED.flows(around)).sum(axis=1) >= best - 1e-9).all()


def test_positions_stay_in_the_square():
    X = np.array([(1, 0, 0, 0), (0, 1, 0, 0), (0.7, 0.3, 0, 0), (0.05, 0.05, 0.85, 0.05)])
    found = nearest(FITTED, X, np.zeros((4, 2)))
    assert (np.abs(found) <= 1).all()
    np.testing.assert_allclose(found[[0, 1, 3]], [(-1, 1), (1, 1), (1, -1)])


def test_the_grid_by_hand():
    assert_allclose(grid(2), [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]])


def test_the_grid_of_another_bag_by_hand():
    nodes = grid(2, RECTANGLE)  # 4 by 2
    assert_allclose(nodes, [[-1, -0.5], [-1, 0.5], [1, -0.5], [1, 0.5]])


def test_moments_of_a_normal_number_are_as_known():
    m, v = np.array([0.7, 1.2]), np.array([0.3, 0.01])
    assert_allclose(inverse._moment(0, m, v), 1)
    assert_allclose(inverse._moment(2, m, v), m**2 + v)
    assert_allclose(inverse._moment(3, m, v), m**3 + 3 * m * v)
    assert_allclose(inverse._moment(5, m, v), m**5 + 10 * m**3 * v + 15 * m * v**2)


def test_without_noise_the_posterior_mean_is_the_position():
    Y = 0.8 * grid(7)
    assert_allclose(posterior_mean(FITTED, FITTED.flows(Y), 0.002), Y, atol=0.02)


def test_the_posterior_mean_is_that_of_weighted_simulations():
    """Brute force: the mean position of those of many simulated leaks whose flows are nearly x."""
    X = FITTED.flows(np.array([[0.3, -0.5]]))
    rng = np.random.default_rng(7)
    Y = rng.uniform([-0.2, -1.0], [0.8, 0.0], (400_000, 2))
    flows = normalised(FITTED.flows(Y) + rng.normal(scale=NOISE, size=(len(Y), 4)))
    near = Y[np.abs(flows - X).max(axis=1) < 0.01]
    assert len(near) > 1000
    error = near.std(axis=0) / np.sqrt(len(near))
    found = posterior_mean(FITTED, X, NOISE)[0]
    assert (np.abs(found - near.mean(axis=0)) < 4 * error + 0.002).all()


def test_nothing_has_a_lower_error_than_the_posterior_mean():
    samples = simulate(2000, np.random.default_rng(5))
    best = np.square(posterior_mean(FITTED, samples.X, NOISE) - samples.Y).mean()
    assert best < np.square(locate(FITTED, samples.X) - samples.Y).mean()
    for wrong in (0.6 * NOISE, 1.6 * NOISE):
        assert best < np.square(posterior_mean(FITTED, samples.X, wrong) - samples.Y).mean()


def test_a_finer_grid_changes_nothing(monkeypatch):
    samples = simulate(100, np.random.default_rng(6))
    coarse = posterior_mean(FITTED, samples.X, NOISE)
    monkeypatch.setattr(inverse, "INTEGRATED", 200)
    assert_allclose(posterior_mean(FITTED, samples.X, NOISE), coarse, atol=0.003)
