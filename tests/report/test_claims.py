"""The first screen's sentences: one for each verdict, and none where nothing may be said."""

from dataclasses import replace

import pytest

from report.claims import claims
from report.findings import gather
from report.formats import MINUS
from study.comparisons import COMPARISONS
from tests.report.made_up import (
    ABOUT,
    EQUIVARIANT_AUGMENTED,
    EQUIVARIANT_RAW,
    STANDARD_AUGMENTED,
    STANDARD_RAW,
    full,
    grid,
    repeated,
)

ALL = replace(ABOUT, primary=tuple(COMPARISONS), repetitions=10)
# 750 mm times the root of twice the MSE: 0.8 * 0.016 / 2 is 85 mm, 0.8 * 0.012 104 mm.
FEW = "an equivariant network trained on **25 samples** (85 mm)"
MANY = "a standard one trained on **100** (104 mm)"


def told(*, about=ALL, records=None, **changes):
    return claims(gather(repeated(**changes) if records is None else records, about))


def test_a_clear_win_is_told_in_order_with_its_figures():
    few, shown, correction, both = told()
    assert f"With the sensor's offset corrected, {FEW} errs less than {MANY}: MSE {MINUS}33." in few
    assert "At m = 25, copies lower the standard network's error (120 mm raw, 104 mm" in shown
    assert f"; building the symmetry in instead lowers it further (MSE {MINUS}33." in shown
    assert correction == "Correct the sensor first: that lowers every model's error, by 19 to 21 %."
    assert "the same within 5 % at both sizes" in both


def test_shown_equal_is_a_claim_of_its_own():
    equal = told(parts={EQUIVARIANT_RAW: 0.75, EQUIVARIANT_AUGMENTED: 0.75})
    assert f"does as well as {MANY}" in equal[0]
    assert "building the symmetry in instead gives the same error within 5 %" in equal[1]


def test_what_is_not_shown_is_not_claimed():
    open_ones = told(noise=0.5)
    text = " ".join(open_ones)
    assert "is not shown to do worse or better than" in text
    assert "is not shown to change it" in text
    assert "Whether copies change an equivariant network's error is open" in text
    assert "every model" not in text


def test_a_change_for_the_worse_is_told_as_such():
    worse = told(parts={EQUIVARIANT_RAW: 2.0, EQUIVARIANT_AUGMENTED: 2.0, STANDARD_AUGMENTED: 1.5})
    assert "errs more than" in worse[0]
    assert "copies raise the standard network's error" in worse[1]
    assert "gives a larger error (MSE +3" in worse[1]


@pytest.mark.parametrize(
    "records",
    [
        grid(),  # three repetitions
        [],
        [replace(one, status="diverged", test_mse=None, validation_mse=None) for one in repeated()],
        [full(STANDARD_RAW, repetition=r) for r in range(1, 11)],  # nothing to compare with
    ],
    ids=["too few", "no record", "all failed", "one cell"],
)
def test_nothing_is_said_where_nothing_can_be(records):
    assert told(records=records) == []


def test_a_missing_cell_takes_its_own_sentence_with_it():
    records = [one for one in repeated() if (one.m, one.architecture) != (25, "equivariant")]
    text = " ".join(told(records=records))
    assert "**100 samples**" not in text  # it is no longer the smallest against the largest
    assert "copies lower the standard network's error" in text


def test_sentences_rest_on_declared_comparisons_alone():
    only = told(about=replace(ALL, primary=("correction",)))
    assert only == ["Correct the sensor first: that lowers every model's error, by 19 to 21 %."]


def test_the_best_baseline_is_named_with_its_size():
    baselines = [
        full(("gaussian_process", True), corrected=True, repetition=r, error=0.004, stage="fitted")
        for r in range(1, 11)
    ]
    records = repeated() + [replace(one, condition="baselines") for one in baselines]
    assert told(records=records)[-1].startswith(
        "The best of the four networks (equivariant raw) errs more than the best method without "
        "one (Gaussian process, augmented) at m = 25: MSE +59."
    )
