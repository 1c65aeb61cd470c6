"""Which sensor reads off, by how much, and its flows put right."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from study import forward
from study.sensor import Fault, find_fault, undo
from study.simulate import FAULT, simulate

CERTAIN = {"error": 0.001, "p": 0.0}


def samples(m: int, seed: int, sensor: int | None = None, size: float = 0.05):
    offset = [0.0] * 4
    if sensor is not None:
        offset[sensor] = size
    return simulate(m, np.random.default_rng(seed), offset=tuple(offset))


# Undone


@pytest.mark.parametrize("sensor", range(4))
@pytest.mark.parametrize("size", [0.05, -0.04])
def test_what_was_added_is_taken_away(sensor, size):
    clean = np.random.default_rng(1).dirichlet([4, 4, 4, 4], 30)
    faulty = forward.offset(clean, sensor, size)
    assert_allclose(undo(faulty, Fault(sensor, size, **CERTAIN)), clean, rtol=1e-12)


def test_the_undo_of_the_exercise_by_hand():
    """x4 <- 1.05 x4 - 0.05, the others <- 1.05 x."""
    X = np.array([[0.2, 0.3, 0.1, 0.4]])
    assert_allclose(undo(X, Fault(3, 0.05, **CERTAIN)), [[0.21, 0.315, 0.105, 0.37]])


def test_flows_stay_flows():
    undone = undo(np.array([[0.5, 0.3, 0.19, 0.01]]), Fault(3, 0.05, **CERTAIN))
    assert undone[0, 3] == 0
    assert undone.sum() == pytest.approx(1)


def test_where_no_fault_was_found_nothing_is_undone():
    X = samples(20, 1).X
    assert undo(X, Fault(3, 0.004, 0.002, p=0.2)) is X


@pytest.mark.parametrize("sensor", range(4))
@pytest.mark.parametrize("size", [0.0493, -0.04])
def test_to_undo_takes_plain_arithmetic(sensor, size):
    """Python's own, in a fixed order: the same bits on every machine."""
    X = np.random.default_rng(2).dirichlet([1, 1, 1, 1], 200)
    expected = [
        [flow / (((row[0] + row[1]) + row[2]) + row[3]) for flow in row]
        for row in (
            [max((1 + size) * x - (size if k == sensor else 0.0), 0.0) for k, x in enumerate(row)]
            for row in X.tolist()
        )
    ]
    assert undo(X, Fault(sensor, size, **CERTAIN)).tolist() == expected


# Found


@pytest.mark.parametrize("sensor", range(4))
@pytest.mark.parametrize("size", [0.05, -0.05])
@pytest.mark.parametrize(("m", "within"), [(25, 0.012), (100, 0.004), (1000, 0.002)])
def test_any_fault_is_found_on_any_sensor(m, within, sensor, size):
    fault = find_fault(samples(m, 10 + sensor, sensor, size))
    assert (fault.sensor, fault.found) == (sensor, True)
    assert fault.offset == pytest.approx(size, abs=within)
    assert abs(fault.offset - size) < 3.5 * fault.error


def test_the_standard_error_is_the_spread_of_the_estimates():
    faults = [find_fault(samples(100, seed, seed % 4)) for seed in range(60)]
    offsets = [fault.offset for fault in faults]
    assert np.mean(offsets) == pytest.approx(0.05, abs=0.001)
    assert np.mean([fault.error for fault in faults]) == pytest.approx(np.std(offsets), rel=0.3)


def test_an_offset_has_four_decimals():
    """More would differ between machines in the last one, and so would all that is trained."""
    for m in (10, 25, 100):
        fault = find_fault(samples(m, m, sensor=2))
        assert fault.offset == round(fault.offset, 4) != 0


def test_clean_data_are_left_alone():
    """200 draws of 100 samples; by chance, one of a thousand would be called faulty."""
    faults = [find_fault(samples(100, 1000 + seed)) for seed in range(200)]
    assert sum(fault.found for fault in faults) <= 2
    assert np.std([fault.offset for fault in faults]) < 0.003


def test_the_p_value_is_honest():
    """On clean data p is below a tenth in a tenth of the draws at most: Bonferroni is cautious."""
    p = [find_fault(samples(60, 5000 + seed)).p for seed in range(150)]
    assert 0.01 < np.mean(np.array(p) < 0.1) < 0.16


def test_the_undone_flows_have_no_fault_left():
    faulty = samples(500, 3, sensor=1, size=-0.06)
    fault = find_fault(faulty)
    again = find_fault(faulty._replace(X=undo(faulty.X, fault)))
    assert not again.found
    assert abs(again.offset) < 0.002


# The exercise's data


@pytest.mark.parametrize(("m", "offset"), [(100, 0.0493), (1000, 0.0495)])
def test_the_fault_of_the_real_training_data_is_found(real, m, offset):
    fault = find_fault(real.train[m])
    assert (fault.sensor, fault.found) == (3, True)
    assert fault.offset == offset
    assert abs(fault.offset - FAULT[3]) < 2 * fault.error


def test_the_real_validation_data_are_clean(real):
    assert not find_fault(real.validation).found
