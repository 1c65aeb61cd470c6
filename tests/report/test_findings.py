"""Findings of made-up studies whose numbers are known."""

from dataclasses import replace
from math import exp, inf, log, sqrt

import pytest

from report import findings
from report.findings import gather
from study.design import Cell
from study.errors import StudyError
from study.space import Space
from tests.report.made_up import (
    ABOUT,
    EQUIVARIANT_RAW,
    MODELS,
    STANDARD_AUGMENTED,
    STANDARD_RAW,
    budget,
    damaged,
    full,
    grid,
    sweep,
    sweep_about,
    with_conditions,
)


def test_records_of_another_version_of_the_numbers_do_not_count():
    """What Keras trained because nothing else can is one of the study's records."""
    one = full(STANDARD_RAW)
    others = [replace(one, trainer="keras", rank=1), replace(one, numbers=1, rank=2)]
    found = gather([one, *others, replace(one, test_mse=0.007)], ABOUT)
    assert [record.test_mse for record in found.records.values()] == [0.007, 0.006]
    assert found.left_out == 2


def test_a_condition_that_is_not_declared_is_told():
    with pytest.raises(StudyError, match="column condition: expected one that is declared"):
        gather([full(STANDARD_RAW, condition="mine")], ABOUT)


def test_progress_counts_and_names_what_came_to_nothing():
    state = findings.progress(gather(damaged(), ABOUT))
    assert state.done == 174
    assert state.statuses == {"sound": 171, "dead": 0, "diverged": 3}
    assert state.unsound == {Cell(25, False, *STANDARD_RAW): (2,)}


def test_a_line_holds_the_geometric_means_of_the_repetitions():
    first, *_ = lines = findings.lines(gather(grid(), ABOUT))
    assert [(line.m, line.corrected) for line in lines] == [
        (25, False),
        (25, True),
        (100, False),
        (100, True),
    ]
    factor = (1.1 * 1.0 * 0.9) ** (1 / 3)
    means = {model: one.interval.mean for model, one in first.estimates.items()}
    assert means == pytest.approx({model: 0.016 * part * factor for model, part in MODELS.items()})
    assert first.best == pytest.approx(0.008 * factor)
    assert {one.n for one in first.estimates.values()} == {3}


def test_a_condition_is_compared_with_the_cell_that_it_varies():
    wrong, zero, process = findings.varied(gather(with_conditions(), ABOUT))
    assert wrong.reference == EQUIVARIANT_RAW
    assert wrong.pairs == 3
    assert exp(wrong.log_ratio.mean) == pytest.approx(2)
    assert (zero.reference, zero.estimate.interval.mean) == (None, pytest.approx(0.32))
    assert process.cell.architecture == "gaussian_process"


@pytest.mark.parametrize(
    ("condition", "model", "reference"),
    [
        ("identity", ("equivariant", True), EQUIVARIANT_RAW),
        ("matched_epochs", STANDARD_AUGMENTED, STANDARD_AUGMENTED),
        ("several_channels", ("equivariant_wide", False), EQUIVARIANT_RAW),
        ("small_validation", STANDARD_RAW, STANDARD_RAW),
        ("first_3", EQUIVARIANT_RAW, EQUIVARIANT_RAW),
    ],
)
def test_which_cell_a_condition_varies(condition, model, reference):
    records = [*grid(), full(model, condition=condition)]
    (one,) = findings.varied(gather(records, ABOUT))
    assert one.reference == reference


def test_a_condition_without_its_reference_has_no_ratio():
    (one,) = findings.varied(gather([full(EQUIVARIANT_RAW, condition="first_3")], ABOUT))
    assert (one.reference, one.pairs) == (None, 0)


def test_shares_of_choices_mark_the_ends_of_the_space():
    about = replace(ABOUT, spaces=(("standard", Space(depth=(2, 3, 4), width=(16,))),))
    records = [
        full(STANDARD_RAW, repetition=1, depth=4, learning_rate=0.0015, loss="mae"),
        full(STANDARD_RAW, repetition=2, depth=4, learning_rate=0.0016),
        full(STANDARD_RAW, repetition=3, depth=3, learning_rate=0.07),
        full(STANDARD_RAW, repetition=4, depth=3, learning_rate=0.01),
        full(STANDARD_RAW, repetition=0, depth=2, learning_rate=0.1),  # does not count
    ]
    shares = findings.shares(gather(records, about))
    found = {(one.hyperparameter, one.value): (one.share, one.end) for one in shares}
    assert found["depth", "2"] == (0, "lowest")
    assert found["depth", "3"] == (0.5, "")
    assert found["depth", "4"] == (0.5, "highest")
    assert found["width", "16"] == (1, "")
    assert found["loss", "mae"] == (0.25, "")
    assert found["learning_rate", "near the lower bound, 0.001"] == (0.25, "")
    assert found["learning_rate", "near the upper bound, 0.1"] == (0.25, "")
    choices = [share for (name, _), (share, _) in found.items() if name == "activation"]
    assert sum(choices) == 1


def test_the_exercise_is_repetition_0():
    winners = findings.exercise(gather(grid(), ABOUT))
    assert [(one.m, one.corrected) for one in winners] == [(100, False)] * 4 + [(100, True)] * 4
    assert [(one.architecture, one.augmented) for one in winners] == [*MODELS] * 2
    assert {one.repetition for one in winners} == {0}


def test_a_sweeps_groups():
    groups = findings.swept(gather(sweep(), sweep_about()))
    assert [(one.model, one.width) for one in groups] == [
        (STANDARD_RAW, 4),
        (STANDARD_RAW, 16),
        (STANDARD_AUGMENTED, 16),
        (EQUIVARIANT_RAW, 4),
    ]
    for one in groups:
        assert one.best is not None
        assert (one.best.test_mse, one.median_mse) == (0.005, 0.3)
        assert (one.trainings, one.failed) == (3, pytest.approx(2 / 3))


def test_a_sweep_of_which_half_diverged_has_an_endless_median():
    (good, _, diverged), again = sweep()[:3], replace(sweep()[2], rank=99)
    (one,) = findings.swept(gather([good, diverged, again], sweep_about()))
    assert one.median_mse == inf


def test_budgets_in_order_of_their_steps():
    about = replace(ABOUT, proposals=81, finalists=9)
    found = [
        one
        for one in findings.budgets(gather(budget(), about))
        if one.contrast.reference == STANDARD_AUGMENTED
    ]
    luck = (1.1 * 1.0 * 0.9) ** (1 / 3)
    assert [(one.condition, one.total) for one in found] == [
        ("first_3", 3 * 1100 + 10_000),
        ("quarter_steps", 27 * 300 + 3 * 2500),
        ("first_9", 9 * 1100 + 10_000),
        ("half_steps", 27 * 550 + 3 * 5000),
        ("first_27", 27 * 1100 + 3 * 10_000),
        ("double_steps", 27 * 2200 + 3 * 20_000),
        ("", 81 * 1100 + 9 * 10_000),
    ]
    gains = [exp(one.contrast.interval.mean) / luck for one in found]
    assert gains == pytest.approx([0.5, 0.4, 0.6, 0.55, 0.7, 0.9, 0.8])


def test_one_budget_alone_is_no_study_of_budgets():
    assert findings.budgets(gather(grid(), ABOUT)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 0.004),
        ({"floor_mse": None}, None),
        ({"floor_rows": "validation"}, None),
        ({"floor_mse": 0.0047}, 0.0047),
        ({"floor_mse": 0.0048}, None),  # equivariant, m = 100, corrected: 0.0048 times 0.9967
    ],
)
def test_a_floor_stands_below_all_errors_or_is_left_out(changes, expected):
    assert findings.floor(gather(grid(), replace(ABOUT, **changes))) == expected


def test_no_floor_stands_above_a_baselines_error():
    fitted = full(("gaussian_process", False), error=0.0039, stage="fitted", condition="baselines")
    assert findings.floor(gather([*grid(), fitted], ABOUT)) is None


def test_seconds_and_makers_are_counted_by_record():
    found = gather([full(STANDARD_RAW), full(STANDARD_RAW, rank=1, code="b", stage="start")], ABOUT)
    assert findings.seconds(found) == {"full": 0.5, "start": 0.5}
    assert findings.made_with(found, "code") == {"a17d93b": 1, "b": 1}


def test_a_source_of_luck_is_told_by_its_variance_within_a_repetition():
    """Other samples double or halve the error, other weights change nothing, all alike 1 : 4."""
    records = []
    for repetition, error in ((1, 0.01), (2, 0.04)):
        for condition, factor in (("", 1), ("samples_1", 2), ("samples_2", 0.5), ("weights_1", 1)):
            one = full(STANDARD_RAW, repetition=repetition, error=factor * error)
            records.append(replace(one, condition=condition))
    found = findings.lucks(gather(records, ABOUT))
    (mine,) = found.values()
    assert list(found) == [Cell(25, False, *STANDARD_RAW)]
    assert [one.source for one in mine] == ["samples", "weights", "all"]
    assert [one.deviation for one in mine] == pytest.approx([log(2), 0.0, log(4) / sqrt(2)])
    assert [one.share for one in mine] == pytest.approx([0.5, 0.0, 1.0])
