"""Answers: radii that hold the leak, on simulated data, and rows unlike a single leak."""

import numpy as np
import pytest

from bench.answers import UNLIKE, calibrated
from study.bag import SQUARE
from study.data import Samples
from study.errors import StudyError
from study.simulate import simulate


def network(X):
    """The best linear map: equivariant, and too far inside near the edges, as networks are."""
    return 1.7 * X @ SQUARE.ports


@pytest.fixture(scope="module")
def oracle():
    return calibrated(network, simulate(1000, np.random.default_rng(1)))


@pytest.fixture(scope="module")
def held(oracle):
    """Test positions, and whether the circle of each leak holds it."""
    test = simulate(10_000, np.random.default_rng(2))
    answers = oracle.answer(test.X)
    return test.Y, np.linalg.norm(answers.positions - test.Y, axis=1) <= answers.radii


def test_nine_circles_of_ten_hold_the_leak(held):
    assert 0.88 <= held[1].mean() <= 0.92


@pytest.mark.parametrize(
    ("place", "chosen"),
    [
        ("corner", lambda Y: (np.abs(Y) > 0.8).all(axis=1)),
        ("edge", lambda Y: (np.abs(Y) > 0.8).sum(axis=1) == 1),
        ("centre", lambda Y: (np.abs(Y) < 0.4).all(axis=1)),
    ],
)
def test_so_they_do_everywhere(place, chosen, held):
    Y, inside = held
    rows = chosen(Y)
    assert rows.sum() > 300
    assert 0.85 <= inside[rows].mean() <= 0.95


def test_the_network_answers_and_the_forward_model_does_not(oracle):
    X = simulate(20, np.random.default_rng(3)).X
    np.testing.assert_array_equal(oracle.answer(X).positions, network(X))


def test_rows_do_not_depend_on_one_another(oracle):
    X = simulate(20, np.random.default_rng(4)).X
    whole, alone = oracle.answer(X), oracle.answer(X[7:8])
    np.testing.assert_allclose(whole.radii[7], alone.radii[0], rtol=1e-12)


def test_single_leaks_are_seldom_flagged(oracle):
    flagged = oracle.answer(simulate(20_000, np.random.default_rng(5)).X).unlike
    assert 0 < flagged.mean() < 0.005
    assert pytest.approx(3.29, abs=0.01) == UNLIKE


@pytest.mark.parametrize("reach", [1.0, 0.8, 0.6, 0.5])
def test_two_opposite_leaks_look_central_and_are_flagged(reach, oracle):
    flows = oracle.bag.model.flows(reach * SQUARE.ports)
    answers = oracle.answer((flows[:2] + flows[2:]) / 2)
    assert np.abs(answers.positions).max() < 0.05
    assert answers.unlike.all()


def test_flows_that_no_place_makes_are_flagged(oracle):
    X = np.array([(1, 0, 0, 0), (0.5, 0.5, 0, 0), (0.5, 0, 0.5, 0), (0.25, 0.25, 0.25, 0.25)])
    assert oracle.answer(X).unlike.tolist() == [True, True, True, False]


def test_a_network_without_answers_is_refused():
    validation = simulate(50, np.random.default_rng(6))
    with pytest.raises(StudyError, match="not a number"):
        calibrated(lambda X: np.full((len(X), 2), np.nan), validation)


def test_data_too_small_to_calibrate_are_refused():
    X, Y = simulate(8, np.random.default_rng(7))
    with pytest.raises(StudyError, match="at least 9 rows"):
        calibrated(network, Samples(X, Y))
