"""The search radius holds 90 % of the leaks."""

from functools import partial

import numpy as np
import pytest

from study.calibration import Calibration, region
from study.conformal import FEWEST, calibrating, calibrator, halves, holds
from study.data import assemble
from study.errors import StudyError
from study.forward import FITTED
from study.inverse import locate
from study.simulate import simulate
from tests.locate.made_up import linear


def samples(rows, seed):
    return simulate(rows, np.random.default_rng(seed))


@pytest.mark.parametrize("network", [partial(locate, FITTED), linear], ids=["good", "biased"])
def test_nine_leaks_of_ten_are_held_everywhere(network):
    measuring = samples(5000, 2)
    inside = np.zeros(len(measuring.X))
    for seed in range(4):
        calibration = calibrator(samples(2000, 100 + seed), "test", "")(network)
        inside += holds(calibration, network, measuring) / 4
    assert inside.mean() == pytest.approx(0.9, abs=0.01)
    for where in range(3):
        assert inside[region(measuring.Y) == where].mean() == pytest.approx(0.9, abs=0.035)


def test_the_size_is_that_of_split_conformal_prediction():
    """Of 20 scores the 19th smallest: 18 of the calibrating rows are well within, one touches."""
    calibrating_rows = samples(FEWEST, 3)
    calibration = calibrator(calibrating_rows, "test", "")(linear)
    errors = np.hypot(*(linear(calibrating_rows.X) - calibrating_rows.Y).T)
    assert holds(calibration, linear, calibrating_rows).sum() in (18, 19)
    wider = [radius * (1 + 1e-9) for radius in calibration.radii]
    wide = Calibration(**{**vars(calibration), "radii": tuple(wider)})
    assert holds(wide, linear, calibrating_rows).sum() == 19
    assert min(calibration.radii) < errors.max()


def test_equal_calls_give_equal_calibrations_that_say_what_they_rest_on():
    one, other = (calibrator(samples(300, 4), "own", "ab")(linear) for _ in range(2))
    assert one == other
    assert (one.rows, one.source, one.checksum) == (300, "own", "ab")
    assert one.noise == pytest.approx(0.0117, rel=0.1)


def test_rows_of_no_single_leaks_are_told():
    wrong = samples(100, 5)
    with pytest.raises(StudyError, match=r"found 0\.1\d+; are the sensors in order"):
        calibrator(wrong._replace(Y=-wrong.Y), "own", "")


def test_too_few_rows_and_no_positions_are_told():
    with pytest.raises(StudyError, match=f"at least {FEWEST} rows to calibrate .* found 19"):
        calibrator(samples(FEWEST - 1, 5), "test", "")
    with pytest.raises(StudyError, match="one that gives none"):
        calibrator(samples(50, 5), "test", "")(lambda X: np.full((len(X), 2), np.nan))


def test_halves_share_no_row_and_make_the_whole():
    whole = samples(31, 6)
    first, second = halves(whole)
    assert (len(first.X), len(second.X)) == (16, 15)
    together = np.concatenate([first.X, second.X])
    assert sorted(map(tuple, together)) == sorted(map(tuple, whole.X))
    known = dict(zip(map(tuple, whole.X), map(tuple, whole.Y), strict=True))
    assert [known[tuple(x)] for x in first.X] == list(map(tuple, first.Y))


@pytest.mark.parametrize(("rows", "source", "count"), [(60, "test", 30), (30, "validation", 50)])
def test_half_of_the_test_file_calibrates_where_it_is_large_enough(rows, source, count, tmp_path):
    roles = {"train": [samples(20, 7)], "validation": [samples(50, 8)], "test": [samples(rows, 9)]}
    found, told = calibrating(assemble(tmp_path, roles))
    assert (told, len(found.X)) == (source, count)
