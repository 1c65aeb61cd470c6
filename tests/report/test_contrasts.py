"""Contrasts: pairs of errors that can be checked by hand."""

from dataclasses import replace
from math import exp, log

import pytest

from report.contrasts import (
    by_request,
    cell_of,
    contrast,
    finals,
    label_of,
    measured,
)
from report.findings import gather
from study.design import Cell, Request, winners
from tests.report.made_up import (
    ABOUT,
    EQUIVARIANT_AUGMENTED,
    EQUIVARIANT_RAW,
    STANDARD_AUGMENTED,
    STANDARD_RAW,
    full,
    grid,
    with_conditions,
)

CELL = Cell(25, False, "standard", False)
REFERENCE = replace(CELL, augmented=True)


def test_mse(record):
    return record.test_mse


test_mse.__test__ = False


def errors(records, choose_by="mse", measure=test_mse):
    requested = by_request(records)
    return measured(finals(requested, winners(requested, choose_by)), measure)


def test_a_record_names_its_cell_and_its_request():
    one = full(STANDARD_RAW)
    assert cell_of(one) == CELL
    assert by_request([one]) == {Request(CELL, 1, "full", 0): one}


def test_a_repetitions_error_is_its_winners_by_validation():
    records = [
        full(STANDARD_RAW, error=0.02, rank=0),
        full(STANDARD_RAW, error=0.01, rank=1, test_mse=0.05),
        full(STANDARD_RAW, error=0.001, stage="proposal"),  # is not trained in full
        full(STANDARD_RAW, error=0.001, repetition=0),  # is the exercise
        full(STANDARD_RAW, error=0.03, repetition=2),
        full(STANDARD_RAW, repetition=3, status="diverged", validation_mse=None, test_mse=None),
    ]
    assert errors(records) == {CELL: {1: 0.05, 2: 0.03}}
    assert errors(records, measure=lambda one: one.validation_mse) == {CELL: {1: 0.01, 2: 0.03}}


def test_the_winner_is_chosen_by_what_the_study_chooses_by():
    records = [full(STANDARD_RAW, error=0.02), full(STANDARD_RAW, error=0.01, rank=1)]
    records[1] = replace(records[1], validation_mae=0.9)
    assert errors(records, "mae") == {CELL: {1: 0.02}}


def test_a_baselines_error_is_its_fits():
    fitted = full(("zero", False), error=0.33, stage="fitted", condition="baselines")
    assert list(errors([fitted]).values()) == [{1: 0.33}]


def test_what_is_not_positive_has_no_logarithm_and_is_left_out():
    records = [full(STANDARD_RAW, equivariance_error=0.0), full(STANDARD_RAW, repetition=2)]
    assert errors(records, measure=lambda one: one.equivariance_error) == {CELL: {2: 0.25}}


def test_only_repetitions_that_both_have_are_paired():
    given = {CELL: {1: 0.01, 2: 0.5, 4: 0.03}, REFERENCE: {1: 0.02, 3: 0.5, 4: 0.03}}
    one = contrast(given, CELL, REFERENCE, ABOUT)
    assert one.log_ratios == {1: pytest.approx(log(0.5)), 4: 0.0}
    assert one.n == 2


def test_half_the_error_in_both_repetitions_is_minus_fifty_per_cent():
    given = {CELL: {1: 0.01, 2: 0.03}, REFERENCE: {1: 0.02, 2: 0.06}}
    one = contrast(given, CELL, REFERENCE, ABOUT)
    assert [exp(value) for value in one.interval] == pytest.approx([0.5] * 3)
    assert one.label == "standard raw against standard augmented"


def test_a_quarter_and_four_times_the_error_make_no_change():
    given = {CELL: {1: 0.01, 2: 0.04}, REFERENCE: {1: 0.04, 2: 0.01}}
    mean, low, high = contrast(given, CELL, REFERENCE, ABOUT).interval
    assert mean == 0
    # Student's t with 1 degree of freedom leaves 2.5 % above 12.706; standard error log(4)
    assert (-low, high) == pytest.approx([12.706 * log(4)] * 2, rel=1e-4)


def test_turned_round_a_contrast_changes_its_sign_alone():
    given = {CELL: {1: 0.01, 2: 0.03}, REFERENCE: {1: 0.02, 2: 0.05}}
    one, turned = (contrast(given, *pair, ABOUT) for pair in ((CELL, REFERENCE), (REFERENCE, CELL)))
    assert turned.interval.low == pytest.approx(-one.interval.high)


def test_a_pool_too_small_for_all_repetitions_widens_the_interval():
    """Of 1,000 rows, repetitions of 25 share 2.5 % on average, since each has its own order."""
    given = {CELL: {1: 0.01, 2: 0.03}, REFERENCE: {1: 0.02, 2: 0.05}}
    small = replace(ABOUT, train_files=(1000,), repetitions=30)
    wide, narrow = (contrast(given, CELL, REFERENCE, about).interval for about in (small, ABOUT))
    ratio = (wide.high - wide.mean) / (narrow.high - narrow.mean)
    assert ratio == pytest.approx(((1 / 2 + 0.025 / 0.975) / (1 / 2)) ** 0.5)


def test_what_differs_between_two_cells_is_what_the_label_tells():
    given = {CELL: {1: 0.01}}
    corrected, large = replace(CELL, corrected=True), replace(CELL, m=1000)
    assert contrast(given, corrected, CELL, ABOUT).label == (
        "standard raw, corrected against uncorrected"
    )
    assert contrast(given, CELL, large, ABOUT).label == (
        "standard raw (m = 25) against standard raw (m = 1,000)"
    )
    assert label_of(CELL) == "standard raw"


def family(*names, records=None):
    return gather(records or grid(), replace(ABOUT, primary=names)).primary


def test_the_declared_comparisons_of_two_models_stand_on_corrected_data_at_each_size():
    found = family("built_in", "both")
    assert [(one.name, one.cell.m, one.cell.corrected) for one in found] == [
        ("built_in", 25, True),
        ("built_in", 100, True),
        ("both", 25, True),
        ("both", 100, True),
    ]
    assert [exp(one.interval.mean) for one in found] == pytest.approx([2 / 3, 2 / 3, 1, 1])
    assert (found[0].cell.architecture, found[0].reference.augmented) == ("equivariant", True)


def test_the_family_is_as_large_as_what_it_holds_together():
    assert [one.level for one in family("built_in", "both")] == pytest.approx([1 - 0.01 / 4] * 4)


def test_each_model_is_compared_with_itself_uncorrected():
    found = family("correction")
    models = [STANDARD_RAW, STANDARD_AUGMENTED, EQUIVARIANT_RAW, EQUIVARIANT_AUGMENTED]
    assert len(found) == 2 * len(models)
    assert [exp(one.interval.mean) for one in found] == pytest.approx([0.8] * 8)


def test_the_smallest_size_is_compared_with_the_largest():
    (one,) = family("few_samples")
    assert (one.cell.m, one.reference.m) == (25, 100)
    # 0.016 / 2 against 0.012
    assert exp(one.interval.mean) == pytest.approx(2 / 3)


def test_the_best_network_is_compared_with_the_best_baseline():
    """The Gaussian process, 0.006, is better than the middle of the bag, 0.32."""
    (one,) = family("baselines", records=[one for one in with_conditions() if not one.corrected])
    assert (label_of(one.cell), one.reference.architecture) == (
        "equivariant raw",
        "gaussian_process",
    )


def test_without_corrected_data_the_uncorrected_count():
    found = family("built_in", records=[one for one in grid() if not one.corrected])
    assert {one.cell.corrected for one in found} == {False}


def test_p_values_are_adjusted_over_the_whole_family():
    found = gather(grid(), replace(ABOUT, primary=("built_in", "both"))).p_values
    assert [p for p, _ in found] == [0.25, 0.25, 1.0, 1.0]  # of eight flips, two
    assert [adjusted for _, adjusted in found] == [1.0] * 4
