"""Scores: by hand first, then what holds for any network."""

import numpy as np
import pytest

from bench import scores
from bench.scores import Errors, equivariance_error, errors, moved, orbit_mse, spread
from study.bag import SQUARE
from study.data import Samples

GROUP = SQUARE.group


def centre(X: np.ndarray) -> np.ndarray:
    """The flows' centre of gravity: an equivariant function by hand."""
    return X @ SQUARE.ports


def constant(X: np.ndarray) -> np.ndarray:
    """A liar: it says the same wherever the leak moves."""
    return np.full((len(X), 2), [0.75, 0.0])


# Errors


def test_errors_of_one_position_by_hand():
    """0.3 and 0.4 off: 0.5 away, which is 375 mm."""
    found = errors(np.array([[0.3, -0.4]]), np.zeros((1, 2)))
    assert found == Errors(pytest.approx((0.09 + 0.16) / 2), 0.35, 375, 375)


def test_errors_are_means_over_samples_and_coordinates():
    predicted = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    found = errors(predicted, np.zeros((4, 2)))
    assert (found.mse, found.mae, found.distance_mm) == (0.25, 0.25, 375)


def test_the_95th_percentile_leaves_5_of_100_beyond():
    predicted = np.column_stack([np.arange(101) / 750, np.zeros(101)])
    assert errors(predicted, np.zeros((101, 2))).p95_mm == pytest.approx(95)


def test_errors_are_named_by_their_rows():
    assert Errors(0.1, 0.2, 3, 4).of("test") == {
        "test_mse": 0.1,
        "test_mae": 0.2,
        "test_distance_mm": 3,
        "test_p95_mm": 4,
    }


def test_the_spread_is_that_of_the_duller_coordinate():
    assert spread(np.array([[1, 0.5], [-1, 0.7]])) == pytest.approx(0.1)


# Symmetry


def test_moved_flows_are_whole_copies_the_samples_themselves_first(validation):
    copies = moved(validation, GROUP)
    assert copies.shape == (8 * 50, 4)
    np.testing.assert_array_equal(copies[:50], validation.X)
    np.testing.assert_array_equal(copies[150:200], validation.X[:, GROUP.permutations[3]])


def test_an_equivariant_function_has_no_equivariance_error(validation):
    assert equivariance_error(centre(moved(validation, GROUP)), GROUP) < 1e-15


def test_a_constant_is_wrong_by_twice_its_size(validation):
    """f = (0.75, 0): half a turn takes it to (-0.75, 0), which is 1.5 away."""
    assert equivariance_error(constant(moved(validation, GROUP)), GROUP) == pytest.approx(1.5)


def test_one_bad_row_and_symmetry_is_the_largest_error(validation):
    predicted = centre(moved(validation, GROUP))
    predicted[5 * 50 + 7] += [0.3, 0.4]
    assert equivariance_error(predicted, GROUP) == pytest.approx(0.5)


def test_the_average_of_a_constant_is_0(validation):
    found = orbit_mse(constant(moved(validation, GROUP)), validation.Y, GROUP)
    assert found == pytest.approx(np.mean(validation.Y**2))


def test_averaging_over_the_orbit_takes_a_bias_away(validation):
    """The average of centre + (c, c) is centre: what is not equivariant about it cancels."""
    found = orbit_mse(centre(moved(validation, GROUP)) + 0.2, validation.Y, GROUP)
    assert found == pytest.approx(errors(centre(validation.X), validation.Y).mse)


@pytest.mark.parametrize("seed", range(3))
def test_the_orbit_error_is_that_of_the_groups_own_average(validation, seed):
    W, V = np.random.default_rng(seed).normal(size=(2, 4, 2))

    def function(X: np.ndarray) -> np.ndarray:
        return X**2 @ W + np.sin(5 * X) @ V

    X, Y = validation
    found = orbit_mse(function(moved(validation, GROUP)), Y, GROUP)
    assert found == pytest.approx(errors(GROUP.average(X, function), Y).mse, rel=1e-12)


@pytest.mark.parametrize("symmetry", range(1, 8))
def test_the_orbit_error_is_the_same_for_samples_that_are_moved(validation, symmetry):
    """As a function's own error is not."""
    X, Y = (copies[:, symmetry] for copies in GROUP.copies(*validation))
    there = Samples(X, Y)

    def function(X: np.ndarray) -> np.ndarray:
        return X**2 @ np.array([[1.0, 2.0], [0.5, -3.0], [4.0, 1.0], [-1.0, 0.0]])

    ours, theirs = (
        orbit_mse(function(moved(one, GROUP)), one.Y, GROUP) for one in (validation, there)
    )
    assert ours == pytest.approx(theirs, rel=1e-12)
    assert errors(function(X), Y).mse != pytest.approx(
        errors(function(validation.X), validation.Y).mse, rel=1e-3
    )


def test_outputs_that_stand_closer_than_75_mm_are_no_answer():
    """Half of it: positions are in units of 750 mm, the width of a dead network's outputs 0.05."""
    assert SQUARE.mm * scores.DEAD_SPREAD == pytest.approx(37.5)
