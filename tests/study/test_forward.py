"""The forward model, fitted, inverted and averaged over."""

from dataclasses import astuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

from study import forward
from study.data import Samples
from study.forward import BAG, ForwardModel, fit, grid, locate, normalised, posterior_mean
from study.simulate import NOISE, simulate
from study.symmetry import SYMMETRIES, act_on_flows, act_on_positions

OTHER = ForwardModel(scale=1.1, softening=0.5, decay=1.2, background=0.1)


def positions(n: int = 200, seed: int = 1, reach: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-reach, reach, (n, 2))


# The model


def test_the_flows_by_hand():
    """Ports at the corners of the square of side 2, w = 1 / (d^2 + 1): 1/3, 1/3, 1/3, 1/3 ..."""
    model = ForwardModel(scale=1.0, softening=1.0, decay=1.0, background=0.0)
    assert_allclose(model.flows(np.zeros(2)), [0.25] * 4)
    # From the corner (1, 1), squared distances are 4, 0, 4, 8: w = 1/5, 1, 1/5, 1/9.
    w = np.array([1 / 5, 1, 1 / 5, 1 / 9])
    assert_allclose(model.flows(np.array([1.0, 1.0])), w / w.sum())


@pytest.mark.parametrize("symmetry", SYMMETRIES, ids=lambda one: one.name)
def test_moved_leaks_have_moved_flows(symmetry):
    Y = positions()
    assert_allclose(BAG.flows(act_on_positions(symmetry, Y)), act_on_flows(symmetry, BAG.flows(Y)))


@pytest.mark.parametrize("model", [BAG, OTHER], ids=["bag", "other"])
def test_the_jacobian_is_the_derivative(model):
    Y, h = positions(20), 1e-6
    for k, step in enumerate(h * np.eye(2)):
        difference = (model.flows(Y + step) - model.flows(Y - step)) / (2 * h)
        assert_allclose(model.jacobian(Y)[..., k], difference, atol=1e-8)


def test_an_offset_by_hand():
    assert_allclose(
        forward.offset(np.array([0.1, 0.2, 0.3, 0.4]), 3, 0.25), [0.08, 0.16, 0.24, 0.52]
    )


# Fits


def test_a_fit_finds_the_model_that_made_the_flows():
    Y = positions(50)
    found = fit(Samples(OTHER.flows(Y), Y))
    assert_allclose(astuple(found.model), astuple(OTHER), rtol=1e-4)
    assert found.squares < 1e-10
    assert found.freedom == 3 * 50 - 4
    assert (found.offset, found.offset_error) == (0, 0)


@pytest.mark.parametrize("sensor", range(4))
@pytest.mark.parametrize("size", [0.05, -0.03])
def test_a_fit_finds_the_offset_beside_the_model(sensor, size):
    Y = positions(50)
    found = fit(Samples(forward.offset(BAG.flows(Y), sensor, size), Y), sensor)
    assert found.offset == pytest.approx(size, abs=1e-6)


def test_the_noise_is_that_of_the_simulation():
    found = fit(simulate(2000, np.random.default_rng(1)))
    assert found.noise == pytest.approx(NOISE, rel=0.05)


# Inverses


def test_to_locate_is_to_invert():
    Y = positions()
    assert_allclose(locate(BAG, BAG.flows(Y)), Y, atol=1e-6)


def test_flows_that_no_leak_in_the_square_makes_are_put_on_its_border():
    outside = np.array([[1.3, 0.0], [0.2, -1.4]])
    found = locate(BAG, BAG.flows(outside))
    assert np.abs(found).max(axis=1).tolist() == [1, 1]
    assert (np.abs(found - outside) < 0.5).all()


def test_located_positions_have_flows_nearer_than_those_around():
    X = simulate(100, np.random.default_rng(3)).X
    found = locate(BAG, X)
    best = np.square(X - BAG.flows(found)).sum(axis=1)
    for step in np.random.default_rng(4).normal(scale=0.02, size=(8, 100, 2)):
        around = np.clip(found + step, -1, 1)
        assert (np.square(X - BAG.flows(around)).sum(axis=1) >= best - 1e-9).all()


def test_the_grid_by_hand():
    assert_allclose(grid(2), [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]])


def test_without_noise_the_posterior_mean_is_the_position():
    Y = positions(50, reach=0.8)
    assert_allclose(posterior_mean(BAG, BAG.flows(Y), 0.002), Y, atol=0.02)


def test_the_posterior_mean_is_that_of_weighted_simulations():
    """Brute force: the mean position of those of many simulated leaks whose flows are nearly x."""
    X = BAG.flows(np.array([[0.3, -0.5]]))
    rng = np.random.default_rng(7)
    Y = rng.uniform([-0.2, -1.0], [0.8, 0.0], (400_000, 2))
    flows = normalised(BAG.flows(Y) + rng.normal(scale=NOISE, size=(len(Y), 4)))
    near = Y[np.abs(flows - X).max(axis=1) < 0.01]
    assert len(near) > 1000
    error = near.std(axis=0) / np.sqrt(len(near))
    found = posterior_mean(BAG, X, NOISE)[0]
    assert (np.abs(found - near.mean(axis=0)) < 4 * error + 0.002).all()


def test_nothing_has_a_lower_error_than_the_posterior_mean():
    samples = simulate(2000, np.random.default_rng(5))
    best = np.square(posterior_mean(BAG, samples.X, NOISE) - samples.Y).mean()
    assert best < np.square(locate(BAG, samples.X) - samples.Y).mean()
    for wrong in (0.6 * NOISE, 1.6 * NOISE):
        assert best < np.square(posterior_mean(BAG, samples.X, wrong) - samples.Y).mean()


def test_a_finer_grid_changes_nothing(monkeypatch):
    samples = simulate(100, np.random.default_rng(6))
    coarse = posterior_mean(BAG, samples.X, NOISE)
    monkeypatch.setattr(forward, "INTEGRATED", 200)
    assert_allclose(posterior_mean(BAG, samples.X, NOISE), coarse, atol=0.003)
