"""The Python face: flows in, answers out."""

import numpy as np
import pytest

from locate import Leak, load
from study.errors import StudyError
from study.forward import FITTED
from study.simulate import simulate
from tests.locate import made_up


def test_answers_by_hand(leak):
    found = leak(np.array([[0.3, 0.3, 0.2, 0.2], [0.25, 0.25, 0.25, 0.25]]))
    np.testing.assert_allclose(found.positions, [[0, 0.3], [0, 0]], atol=1e-6)
    np.testing.assert_allclose(found.mm, 750 * found.positions)
    assert found.radii_mm.tolist() == [750 * leak.calibration.radii[0]] * 2
    assert not found.unlike.any()
    assert not found.outside.any()


def test_the_unit_of_flows_does_not_matter_and_one_row_is_enough(leak):
    one, many = leak([4, 3, 2, 1]), leak(np.array([[0.4, 0.3, 0.2, 0.1]]))
    for mine, other in zip(one, many, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-9)


def test_the_radius_goes_by_where_the_flows_point(leak):
    places = np.array([(0, 0), (0.9, 0), (0.9, -0.9)])
    found = leak(FITTED.flows(places))
    assert found.radii_mm.tolist() == [750 * one for one in leak.calibration.radii]


def test_two_leaks_are_unlike_one(leak):
    assert leak([0.45, 0.05, 0.45, 0.05]).unlike.tolist() == [True]
    clean = simulate(2000, np.random.default_rng(1)).X
    assert leak(clean).unlike.mean() < 0.005


def test_answers_outside_the_bag_are_flagged(leak):
    assert leak([[0, 0.1, 0.1, 0.8], [0.9, 0.1, 0, 0]]).outside.tolist() == [True, True]


def test_without_calibration_radii_are_not_known(tmp_path):
    plain = load(str(made_up.save(tmp_path / "plain.h5", None)))
    assert isinstance(plain, Leak)
    found = plain([0.45, 0.05, 0.45, 0.05])
    assert np.isnan(found.radii_mm).all()
    assert not found.unlike.any()


@pytest.mark.parametrize(
    ("flows", "message"),
    [
        ([1, 2, 3], r"flows of shape \(n, 4\), found \(1, 3\)"),
        (np.ones((2, 2, 4)), r"flows of shape \(n, 4\), found \(2, 2, 4\)"),
        ([1, 2, 3, -4], "flows of at least 0"),
        ([0, 0, 0, 0], "flows of at least 0 with a sum above 0"),
        ([1, 2, 3, np.nan], "flows of at least 0"),
    ],
)
def test_what_are_no_flows_is_refused(flows, message, leak):
    with pytest.raises(StudyError, match=message):
        leak(flows)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((1, 0, 0, 0), "found a dead one"),
        ((1, 0, 0, np.nan), r"one that gives none \(not a number"),
    ],
)
def test_a_network_that_says_nothing_is_refused(weights, message, calibration, tmp_path):
    path = made_up.save(tmp_path / "dead.h5", calibration, weights=weights)
    with pytest.raises(StudyError, match=rf"dead.h5: expected a network .* {message}"):
        load(path)
