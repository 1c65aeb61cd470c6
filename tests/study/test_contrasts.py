"""Contrasts: pairs of errors that can be checked by hand."""

from dataclasses import replace
from math import exp, log

import pytest

from study.contrasts import (
    Contrast,
    by_request,
    cell_of,
    compared,
    contrasts,
    errors,
    log_ratios,
    scored_rows,
)
from study.design import Cell, Request
from tests.report.made_up import (
    EQUIVARIANT_AUGMENTED,
    EQUIVARIANT_RAW,
    STANDARD_AUGMENTED,
    STANDARD_RAW,
    full,
    grid,
)

CELL = Cell(25, False, "standard", False)


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
    assert errors(by_request(records), "mse", "test") == {CELL: {1: 0.05, 2: 0.03}}
    assert errors(by_request(records), "mse", "validation") == {CELL: {1: 0.01, 2: 0.03}}


def test_the_winner_is_chosen_by_what_the_study_chooses_by():
    records = [full(STANDARD_RAW, error=0.02), full(STANDARD_RAW, error=0.01, rank=1)]
    records[1] = replace(records[1], validation_mae=0.9)
    assert errors(by_request(records), "mae", "test") == {CELL: {1: 0.02}}


def test_a_baselines_error_is_its_fits():
    fitted = full(("zero", False), error=0.33, stage="fitted", condition="baselines")
    assert list(errors(by_request([fitted]), "mse", "test").values()) == [{1: 0.33}]


def test_scores_are_the_tests_where_there_is_one():
    one = full(STANDARD_RAW)
    assert scored_rows([replace(one, test_mse=None), one]) == "test"
    assert scored_rows([replace(one, test_mse=None)]) == "validation"


def test_only_repetitions_that_both_have_are_paired():
    assert log_ratios({1: 0.01, 2: 0.5, 4: 0.03}, {1: 0.02, 3: 0.5, 4: 0.03}) == {
        1: pytest.approx(log(0.5)),
        4: 0.0,
    }


def test_built_in_symmetry_against_augmentation_comes_first():
    models = [STANDARD_RAW, STANDARD_AUGMENTED, EQUIVARIANT_RAW, EQUIVARIANT_AUGMENTED]
    assert compared(models[::-1]) == [
        (EQUIVARIANT_RAW, STANDARD_AUGMENTED),
        (EQUIVARIANT_RAW, STANDARD_RAW),
        (STANDARD_AUGMENTED, STANDARD_RAW),
        (EQUIVARIANT_AUGMENTED, EQUIVARIANT_RAW),
    ]
    assert compared(models[2:3]) == []


def by_hand(*pairs: tuple[float, float]) -> Contrast:
    """Equivariant raw against standard augmented, from the errors of each repetition."""
    records = []
    for repetition, (equivariant, standard) in enumerate(pairs, start=1):
        records.append(full(EQUIVARIANT_RAW, repetition=repetition, error=equivariant))
        records.append(full(STANDARD_AUGMENTED, repetition=repetition, error=standard))
    (one,) = contrasts(errors(by_request(records), "mse", "test"))
    return one


def test_half_the_error_in_both_repetitions_is_minus_fifty_per_cent():
    one = by_hand((0.01, 0.02), (0.03, 0.06))
    assert one.label == "equivariant raw against standard augmented"
    assert one.repetitions == (1, 2)
    assert [exp(value) for value in (*one.log_ratios, *one.interval)] == pytest.approx([0.5] * 5)
    assert one.p == one.p_holm == 0.5  # of four flips, two are as extreme


def test_a_quarter_and_four_times_the_error_make_no_change():
    one = by_hand((0.01, 0.04), (0.04, 0.01))
    mean, low, high = one.interval
    assert mean == 0
    # Student's t with 1 degree of freedom leaves 2.5 % above 12.706; standard error log(4)
    assert (-low, high) == pytest.approx([12.706 * log(4)] * 2, rel=1e-4)
    assert one.p == 1


def test_holms_adjustment_is_within_a_size_and_a_correction():
    found = contrasts(errors(by_request(grid()), "mse", "test"))
    families = {(one.m, one.corrected) for one in found}
    assert len(found) == 4 * len(families) == 16
    for one in found:
        assert one.p_holm == 1  # three repetitions give 1/4 at least, times 4
    assert {round(exp(one.interval.mean), 12) for one in found} == {
        round(2 / 3, 12),  # equivariant raw against standard augmented
        0.5,  # against standard raw
        0.75,  # standard augmented against raw
        1.0,  # equivariant augmented against raw
    }


def test_turned_round_a_contrast_changes_its_sign_alone():
    one, turned = by_hand((0.01, 0.02), (0.03, 0.05)), by_hand((0.02, 0.01), (0.05, 0.03))
    assert turned.log_ratios == pytest.approx([-value for value in one.log_ratios])
    assert turned.interval.low == pytest.approx(-one.interval.high)
    assert turned.p == one.p


def test_a_conditions_contrasts_are_its_own():
    records = grid() + [replace(one, condition="first_3", test_mse=0.5) for one in grid()]
    found = contrasts(errors(by_request(records), "mse", "test"), "first_3")
    assert len(found) == 16
    assert {one.condition for one in found} == {"first_3"}
    assert all(one.interval.mean == 0 for one in found)
