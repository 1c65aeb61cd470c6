"""Search radii: their calibration by hand, their shape, what lies between the nodes."""

import numpy as np
import pytest

from bench.radius import NODES, Radii, imagine, shape
from study.errors import StudyError
from study.fitting import Fit
from study.forward import FITTED
from study.inverse import grid
from study.simulate import NOISE

FLAT = Radii(np.zeros(NODES**2), 1.0)


def middle(rows):
    return np.zeros((rows, 2))


@pytest.mark.parametrize(("rows", "rank"), [(9, 9), (19, 18), (99, 90), (1000, 901)])
def test_the_size_is_a_score_of_the_right_rank(rows, rank):
    # The scores are 1, 2, ...: the rank is the score.
    errors = np.random.default_rng(0).permutation(rows) + 1.0
    assert FLAT.calibrated(middle(rows), errors).factor == rank


def test_fewer_than_nine_rows_cannot_calibrate():
    with pytest.raises(StudyError, match=r"at least 9 rows .* found 8; name a folder"):
        FLAT.calibrated(middle(8), np.ones(8))


def test_a_calibrated_shape_is_multiplied():
    wide = Radii(np.full(NODES**2, np.log(2.0)), 3.0)
    np.testing.assert_allclose(wide.at(middle(2)), 6)
    errors = np.arange(1.0, 10)
    np.testing.assert_allclose(wide.calibrated(middle(9), errors).at(middle(1)), 9)


def test_log_radii_are_straight_between_the_nodes():
    places = np.linspace(-1, 1, NODES)
    y1, y2 = np.meshgrid(places, places, indexing="ij")
    slope = Radii((0.3 * y1 - 0.2 * y2).ravel(), 1.0)
    Y = np.concatenate([grid(10), [(-1, -1), (1, 1), (1, -1)]])
    np.testing.assert_allclose(np.log(slope.at(Y)), Y @ [0.3, -0.2], atol=1e-12)
    np.testing.assert_allclose(slope.at(np.array([(3.0, 0.0)])), np.exp(0.3))


def test_circles_grow_where_errors_do():
    rng = np.random.default_rng(3)
    Y = rng.uniform(-1, 1, size=(20_000, 2))
    scale = np.where(Y[:, 0] > 0, 0.2, 0.1)
    radii = shape(Y, Y, scale * rng.rayleigh(size=len(Y)))
    # The 90 % point of Rayleigh's distribution is the root of 2 ln 10.
    expected = np.sqrt(2 * np.log(10)) * np.array([0.1, 0.2])
    found = radii.at(np.array([(-0.8, 0.1), (0.8, 0.1)]))
    np.testing.assert_allclose(found, expected, rtol=0.1)


def test_leaks_that_seem_elsewhere_are_held_where_they_are():
    rng = np.random.default_rng(4)
    Y = rng.uniform(-1, 1, size=(20_000, 2))
    seeming = np.clip(Y + rng.normal(scale=0.1, size=Y.shape), -1, 1)
    errors = np.linalg.norm(0.85 * seeming - Y, axis=1)  # answers too far inside
    held = errors <= shape(seeming, Y, errors).at(seeming)
    edge = (np.abs(Y) > 0.8).any(axis=1)
    for part in (held[edge], held[~edge]):
        assert 0.86 < part.mean() < 0.94


def test_imagined_leaks_are_the_fits_and_always_the_same():
    fit = Fit(FITTED, 0.0, 0.0, squares=3 * NOISE**2, freedom=3)
    first, again = imagine(fit), imagine(fit)
    np.testing.assert_array_equal(first.X, again.X)
    np.testing.assert_allclose(first.X.sum(axis=1), 1)
    assert np.abs(first.Y).max() <= 1
    assert np.std(first.X - FITTED.flows(first.Y)) == pytest.approx(0.9 * NOISE, rel=0.05)
