"""Readings: what is kept of a file while it is read, in bounded memory."""

import numpy as np
import pytest

from locate import readings
from study.errors import StudyError
from tests.locate.made_up import write

NO_ZERO = np.zeros(4)


@pytest.fixture
def read(tmp_path):
    """The readings of these flows."""

    def read(flows, zero=NO_ZERO):
        return readings.read(write(tmp_path / "flows.csv", np.asarray(flows, float)), zero)

    return read


def test_rows_come_back_in_order(read, monkeypatch):
    monkeypatch.setattr(readings, "AT_ONCE", 7)
    flows = np.random.default_rng(0).uniform(size=(20, 4))
    with read(flows) as found:
        blocks = list(found.blocks())
        assert [len(block) for block in blocks] == [7, 7, 6]
        np.testing.assert_array_equal(np.concatenate(blocks), flows)
        np.testing.assert_array_equal(np.concatenate(list(found.blocks())), flows)
        assert found.rows == 20


def test_identical_rows_count_once(read):
    flows = np.random.default_rng(1).uniform(size=(3, 4))
    with read(np.repeat(flows, 50, axis=0)) as found:
        assert found.rows == 150
        assert sorted(map(tuple, found.sample)) == sorted(map(tuple, flows))


def test_a_sample_of_many_rows_is_spread_over_all_of_them(read, monkeypatch):
    monkeypatch.setattr(readings, "SAMPLE", 100)
    monkeypatch.setattr("locate.table.AT_ONCE", 70)
    flows = np.random.default_rng(2).uniform(size=(1000, 4))
    with read(flows) as found:
        places = np.array([np.flatnonzero((flows == row).all(axis=1))[0] for row in found.sample])
    assert len(places) == 100
    assert np.histogram(places, 4, (0, 1000))[0] == pytest.approx(25, abs=13)
    with read(np.concatenate([flows[::-1], flows])) as again:  # whatever the order and the copies
        np.testing.assert_array_equal(again.sample, found.sample)


def test_the_median_of_the_sums_and_what_is_far_from_it(read):
    flows = np.outer([1, 2, 3, 4, 100], np.full(4, 0.25))
    with read(flows) as found:
        assert found.median == pytest.approx(3, rel=0.01)
        assert found.odd(flows).tolist() == [True, False, False, False, True]
        assert found.raw == 4


@pytest.mark.parametrize("size", [5e-324, 1e-300, 4e307])
def test_sums_may_be_of_any_size(size, read):
    with read(np.full((3, 4), size)) as found:
        assert found.rows == 3


def test_zero_offsets_are_subtracted_and_nothing_falls_below_zero(read):
    with read([(1, 2, 3, 4), (0.5, 2, 3, 4)], zero=np.array([1, 0, 0.5, 0])) as found:
        (block,) = found.blocks()
        assert block.tolist() == [[0, 2, 2.5, 4], [0, 2, 2.5, 4]]
        assert found.below == 1


@pytest.mark.parametrize(
    ("row", "zero", "message"),
    [
        ((1, 2, -3, 4), 0, r"row 2, column mfc3: expected a number from 0, found -3"),
        ((1, np.nan, 3, 4), 0, r"row 2, column mfc2: expected a number from 0, found nan"),
        ((np.inf, 1, 1, 1), 0, r"row 2, column mfc1: expected a number from 0, found inf"),
        ((0, 0, 0, 0), 0, r"row 2: expected flows with a sum above 0, found 0"),
        ((1e308, 1e308, 1e308, 1e308), 0, r"row 2: expected flows with a sum above 0, found inf"),
        ((1, 1, 1, 1), 2, r"row 2: expected flows with a sum above 0, found 0"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_what_are_no_flows_is_told(row, zero, message, read):
    with pytest.raises(StudyError, match=message), read([(1, 2, 3, 4), row], np.full(4, zero)):
        pass
