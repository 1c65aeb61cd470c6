"""The forward model: its flows, their slopes, and fits of it."""

from dataclasses import astuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

from study import forward
from study.data import Samples
from study.forward import BAG, ForwardModel, fit
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
def test_slopes_are_derivatives(model):
    Y, h = positions(20), 1e-6
    flows, slopes = model.flows_and_slopes(Y)
    assert_allclose(flows.T, model.flows(Y), rtol=1e-12)
    for slope, step in zip(slopes, h * np.eye(2), strict=True):
        difference = (model.flows(Y + step) - model.flows(Y - step)) / (2 * h)
        assert_allclose(slope.T, difference, atol=1e-8)


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
