"""Findings of made-up studies whose numbers are known."""

from dataclasses import replace
from math import inf

import pytest

from report import findings
from report.caveats import caveats
from report.findings import gather
from report.reading import Reading
from study.design import Cell
from tests.report.made_up import (
    ABOUT,
    EQUIVARIANT_RAW,
    MODELS,
    STANDARD_AUGMENTED,
    STANDARD_RAW,
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


def test_progress_counts_and_names_what_came_to_nothing():
    found = gather(damaged(), ABOUT)
    assert findings.stages(found) == {
        "proposal": {"sound": 54, "dead": 0, "diverged": 1},
        "full": {"sound": 111, "dead": 0, "diverged": 2},
        "fitted": {"sound": 6, "dead": 0, "diverged": 0},
    }
    assert findings.unsound(found) == {Cell(25, False, *STANDARD_RAW): [2]}


def test_a_declared_comparison_without_a_result_counts_in_the_family_and_is_told():
    """By hand: 2 sizes; at the smaller one no equivariant network is sound."""
    lost = {"status": "diverged", "validation_mse": None, "validation_mae": None, "test_mse": None}
    records = [
        replace(one, **lost) if (one.m, one.architecture) == (25, "equivariant") else one
        for one in grid()
    ]
    found = gather(records, replace(ABOUT, primary=("built_in", "few_samples")))
    assert [(one.name, one.cell.m, one.n) for one in found.declared] == [
        ("built_in", 25, 0),
        ("built_in", 100, 3),
        ("few_samples", 25, 0),
    ]
    (one,) = found.primary
    assert one.level == pytest.approx(1 - 0.01 / 3)
    assert found.p_values == [pytest.approx((0.25, 0.75))]  # by hand: 2 / 2^3, of three tests
    (told,) = [text for text in caveats(Reading(found)) if "no result" in text]
    assert told.startswith(
        "**2 of the 3 declared comparisons have no result**, since no repetition"
    )
    assert "(first: equivariant raw against standard augmented at m = 25)" in told


def test_the_grid_has_the_geometric_means_of_the_repetitions():
    found = gather(with_conditions(), ABOUT)
    assert [(cell.m, cell.corrected, cell.model) for cell in found.grid] == [
        (*place, model)
        for place in ((25, False), (25, True), (100, False), (100, True))
        for model in MODELS
    ]
    assert list(found.grid_estimates) == found.grid
    factor = (1.1 * 1.0 * 0.9) ** (1 / 3)
    means = {cell.model: found.estimates[cell].interval.mean for cell in found.grid[:4]}
    assert means == pytest.approx({model: 0.016 * part * factor for model, part in MODELS.items()})
    assert {one.n for one in found.estimates.values()} == {3}


def test_the_exercise_is_repetition_0():
    winners = findings.exercise(gather(grid(), ABOUT))
    assert [(one.m, one.corrected) for one in winners] == [(100, False)] * 4 + [(100, True)] * 4
    assert [(one.architecture, one.augmented) for one in winners] == [*MODELS] * 2
    assert {one.repetition for one in winners} == {0}


def test_a_sweeps_groups():
    groups = findings.swept(gather(sweep(), sweep_about()))
    assert [(one.cell.model, one.width) for one in groups] == [
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


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (0.004, 0.004 - 0.000196, 0.004 + 0.000196)),
        ({"floor_mse": None}, None),
        ({"floor_rows": "validation"}, None),
        ({"floor_mse": 0.0047, "floor_error": None}, (0.0047, 0.0047, 0.0047)),
        ({"floor_mse": 0.0048}, None),  # equivariant, m = 100, corrected: 0.0048 times 0.9967
    ],
)
def test_a_floor_stands_below_all_errors_or_is_left_out(changes, expected):
    found = findings.floor(gather(grid(), replace(ABOUT, **changes)))
    assert found == (expected and pytest.approx(expected))


def test_no_floor_stands_above_a_baselines_error():
    fitted = full(("gaussian_process", False), error=0.0039, stage="fitted", condition="baselines")
    assert findings.floor(gather([*grid(), fitted], ABOUT)) is None


def test_seconds_and_makers_are_counted_by_record():
    found = gather([full(STANDARD_RAW), full(STANDARD_RAW, rank=1, code="b", stage="start")], ABOUT)
    assert findings.seconds(found) == {"full": 0.5, "start": 0.5}
    assert findings.made_with(found, "code") == {"a17d93b": 1, "b": 1}
