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
    assert few.startswith(f"On corrected data, {FEW} errs less than {MANY}: MSE {MINUS}33.")
    assert shown.startswith(
        "On corrected data with m = 25, copies lower the standard network's error (from 120 to 104 "
        f"mm, MSE {MINUS}24."
    )
    assert (
        f"; building the symmetry in gives 85 mm, less error than copies (MSE {MINUS}33." in shown
    )
    assert "With m = 100, building it in still gives less error" in shown
    assert correction.startswith(
        "Correct the sensor before training: that lowers the error of both architectures at every "
        "size, by 19 to 21 %, with intervals from 17 to 2"
    )
    assert "on corrected data: at every size its error" in both
    assert both.endswith("is the same within 5 %.")


def test_shown_equal_is_a_claim_of_its_own():
    equal = told(parts={EQUIVARIANT_RAW: 0.75, EQUIVARIANT_AUGMENTED: 0.75})
    assert f"comes within 2 % of the error of {MANY}" in equal[0]
    assert "gives 104 mm, within 5 % of the error with copies" in equal[1]
    assert "With m = 100, the two are equal within 5 %" in equal[1]


def test_what_is_not_shown_is_not_claimed():
    text = " ".join(told(noise=0.5))
    assert "is not shown to do as well as a standard one trained on **100**" in text
    assert "not shown to differ from copies" in text
    assert "no difference between the two is shown" in text
    assert "adding copies is not shown to change the error in 2 of 2 comparisons" in text
    assert "Correcting the sensor is not shown to change the error in 8 of 8 comparisons" in text


def test_a_change_for_the_worse_is_told_as_such():
    parts = {EQUIVARIANT_RAW: 2.0, EQUIVARIANT_AUGMENTED: 2.6, STANDARD_AUGMENTED: 1.5}
    few, shown, _, both = told(parts=parts)
    assert "errs more than" in few
    assert "copies raise the standard network's error" in shown
    assert "more error than copies" in shown
    assert "With m = 100, copies give less error" in shown
    assert "adding copies raises the error in 2 (by 30 to 31 %" in both


def test_harm_by_a_correction_is_told():
    worse = [
        replace(one, test_mse=2 * one.test_mse) if one.corrected else one for one in repeated()
    ]
    assert "Correcting the sensor raises the error in 8 (by 5" in " ".join(told(records=worse))


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
    few, shown, *_ = told(records=records)
    assert "with m = 100, copies lower" in few  # of 25, there is nothing to compare
    assert shown.startswith("Correct")


def test_sentences_rest_on_declared_comparisons_alone():
    only = told(about=replace(ALL, primary=("correction",)))
    assert [text[:18] for text in only] == ["Correct the sensor"]


def test_the_best_baseline_is_named_with_its_size():
    baselines = [
        full(("gaussian_process", True), corrected=True, repetition=r, error=0.004, stage="fitted")
        for r in range(1, 11)
    ]
    records = repeated() + [replace(one, condition="baselines") for one in baselines]
    assert told(records=records)[-1].startswith(
        "On corrected data with m = 25, the best network (equivariant raw) errs more than the best "
        "method without one (Gaussian process, augmented): MSE +59."
    )
