"""The surface of single leaks: distances, residuals along the normal, leverages."""

import numpy as np
import pytest

from locate.surface import beside
from study.forward import FITTED, normalised
from study.inverse import grid
from study.simulate import NOISE, simulate


@pytest.fixture(scope="module")
def noisy():
    """Samples, and positions about where their leaks are."""
    samples = simulate(2000, np.random.default_rng(1))
    near = samples.Y + np.random.default_rng(2).normal(scale=0.1, size=samples.Y.shape)
    return samples, near


def test_the_middle_by_hand():
    # Equal flows come from the middle; x1 + x3 against x2 + x4 is what no position there changes.
    normal = np.array([1, -1, 1, -1]) / 2
    X = np.array([[0.25] * 4, 0.25 + 0.01 * normal, 0.25 - 0.02 * normal])
    found = beside(FITTED, X, np.full((3, 2), 0.1))
    np.testing.assert_allclose(found.positions, 0, atol=1e-3)
    np.testing.assert_allclose(found.distances, [0, 0.01, 0.02], atol=1e-6)
    sign = np.sign(found.residuals[1])
    np.testing.assert_allclose(sign * found.residuals, [0, 0.01, -0.02], atol=1e-6)
    np.testing.assert_allclose(sign * found.leverages, [normal] * 3, atol=2e-3)


def test_flows_of_a_leak_are_on_the_surface_at_its_place():
    Y = grid(9)
    found = beside(FITTED, FITTED.flows(Y), Y + 0.15)
    np.testing.assert_allclose(found.positions, Y, atol=1e-4)
    np.testing.assert_allclose(found.distances, 0, atol=1e-5)


def test_no_position_of_a_fine_grid_is_nearer(noisy):
    samples, near = noisy
    distances = beside(FITTED, samples.X, near).distances
    known = FITTED.flows(grid(300))
    brute = [np.sqrt(np.square(known - x).sum(axis=1).min()) for x in samples.X[:300]]
    assert (distances[:300] < np.array(brute) + 1e-4).all()


def test_residuals_of_single_leaks_are_noise(noisy):
    samples, near = noisy
    residuals = beside(FITTED, samples.X, near).residuals
    assert np.std(residuals) == pytest.approx(NOISE, rel=0.05)
    assert abs(np.mean(residuals)) < 3 * NOISE / np.sqrt(len(residuals))


def test_leverages_say_what_a_small_offset_does(noisy):
    samples, near = noisy
    before = beside(FITTED, samples.X, near)
    inside = (np.abs(before.positions) < 0.9).all(axis=1)
    for sensor in range(4):
        moved = normalised(samples.X + 1e-3 * np.eye(4)[sensor])
        change = (beside(FITTED, moved, near).residuals - before.residuals) / 1e-3
        off = np.abs(change - before.leverages[:, sensor])[inside]
        assert np.quantile(off, 0.95) < 0.1
