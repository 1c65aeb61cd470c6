"""Error against steps: curves that fall, and budgets that are matched."""

from dataclasses import replace
from math import exp

import numpy as np
import pytest

from report.compute import budgets_matched, curves
from report.findings import gather
from tests.report.made_up import ABOUT, EQUIVARIANT_RAW, STANDARD_AUGMENTED, full


def trained(*errors, repetition=1):
    curve = np.array(errors, "<f4").tobytes()
    return full(EQUIVARIANT_RAW, repetition=repetition, curve=curve, last_step=150, seconds=3.0)


def test_a_curve_is_the_geometric_mean_of_the_lowest_errors_so_far():
    (one,) = curves(gather([trained(4, 1, 2), trained(1, 4, 0.25, repetition=2)], ABOUT))
    assert one.steps.tolist() == [50, 100, 150]
    assert one.errors == pytest.approx([2, 1, 0.5])
    assert (one.n, one.seconds) == (2, 0.02)


def test_trainings_that_ended_at_different_steps_have_no_common_curve():
    assert curves(gather([trained(4, 1, 2), trained(1, 4, repetition=2)], ABOUT)) == []
    assert curves(gather([full(EQUIVARIANT_RAW)], ABOUT)) == []


def test_one_validation_is_no_curve():
    assert curves(gather([trained(4), trained(1, repetition=2)], ABOUT)) == []
    assert len(curves(gather([trained(4, 2)], ABOUT))) == 1


def test_equal_steps_and_equal_epochs_have_the_same_numerator():
    records = [full(EQUIVARIANT_RAW, repetition=r, error=0.01) for r in (1, 2)]
    records += [full(STANDARD_AUGMENTED, repetition=r, error=0.02) for r in (1, 2)]
    longer = [full(STANDARD_AUGMENTED, repetition=r, error=0.0125) for r in (1, 2)]
    records += [replace(one, condition="matched_epochs") for one in longer]
    ((steps, epochs),) = budgets_matched(gather(records, ABOUT))
    assert exp(steps.interval.mean) == pytest.approx(0.5)
    assert exp(epochs.interval.mean) == pytest.approx(0.8)
