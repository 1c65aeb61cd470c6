"""Tables of a sweep: which training is best, what failed, and what repeats come to."""

import numpy as np
import pytest

from report import trainings
from report.trainings import Model
from tests.report.made_up import change, diverge, make_sweep, without

RAW = Model("equivariant", 4, False)
SETTING = (64, *RAW, 2, 0.01)


def repeats(results, setting=SETTING):
    """Which rows are the repeats of one setting."""
    return (results.runs[trainings.SETTING] == list(setting)).all(axis=1)


def settings(results):
    return trainings.settings(trainings.trainings(results.runs), results.study)


def test_models_are_named_by_architecture_width_and_data():
    assert [model.label for model in trainings.models(make_sweep().study)] == [
        "equivariant raw",
        "equivariant augmented",
        "standard width 4 raw",
        "standard width 4 augmented",
        "standard width 16 raw",
        "standard width 16 augmented",
    ]


@pytest.mark.parametrize(("error", "failed"), [(0.1, False), (0.1001, True), (np.nan, True)])
def test_a_training_fails_where_its_training_error_stays_above_a_tenth(error, failed):
    results = make_sweep()
    one = results.runs["run"] == 5
    table = trainings.trainings(change(results, one, train_mse=error).runs)
    assert table.loc[one, "failed"].item() == failed
    assert table["failed"].sum() == failed


def test_the_best_training_is_chosen_by_validation_and_not_by_test_error():
    results = make_sweep()
    decoy = results.runs["run"] == 1
    results = change(results, decoy, test_mse=1e-9, train_mse=1e-9)
    best = trainings.best(trainings.trainings(results.runs), results.study).loc[(64, *RAW)]
    assert (best["depth"], best["learning_rate"], best["start"]) == (2, 0.01, 0)
    assert best["validation_mse"] == pytest.approx((0.0044 + 0.02 / 64) * 1.01 * 1.1)


def test_a_dead_training_is_never_the_best():
    results = make_sweep()
    first = repeats(results) & (results.runs["start"] == 0)
    results = change(results, first, status="dead", validation_mse=1e-9)
    best = trainings.best(trainings.trainings(results.runs), results.study).loc[(64, *RAW)]
    assert (best["depth"], best["learning_rate"], best["status"]) == (2, 0.001, "ok")


def test_a_model_without_any_training_keeps_its_line_among_the_best():
    results = make_sweep()
    results = without(results, results.runs["architecture"] == "equivariant")
    best = trainings.best(trainings.trainings(results.runs), results.study)
    assert len(best) == 6
    assert best["status"].isna().sum() == 2


def test_quartiles_of_three_repeats():
    results = make_sweep()
    for start, error in enumerate((0.5, 0.1, 0.2)):
        rows = repeats(results) & (results.runs["start"] == start)
        results = change(results, rows, test_mse=error)
    row = settings(results).loc[SETTING]
    assert row[["test_low", "test_median", "test_high"]].tolist() == pytest.approx(
        [0.15, 0.2, 0.35]
    )
    assert (row["count"], row["failed"]) == (3, 0)


def test_a_diverged_training_counts_as_infinite_and_as_failed():
    results = make_sweep()
    rows = repeats(results)
    results = diverge(results, rows & (results.runs["start"] > 0))
    row = settings(results).loc[SETTING]
    assert (row["validation_median"], row["validation_high"]) == (np.inf, np.inf)
    assert row["failed"] == pytest.approx(2 / 3)


def test_every_setting_has_a_line_in_order_even_without_trainings():
    results = make_sweep(sizes=[64, 256])
    results = without(results, repeats(results))
    table = settings(results)
    assert len(table) == 2 * 6 * 2 * 2
    assert list(table.index[:4]) == [
        (64, *RAW, depth, rate) for depth in (1, 2) for rate in (0.001, 0.01)
    ]
    assert table.loc[SETTING, "count"] == 0
    assert table.loc[SETTING].drop("count").isna().all()


def test_there_are_no_test_quartiles_without_a_test_set():
    assert not [name for name in settings(make_sweep(test_rows=0)) if name.startswith("test")]


def test_completeness_counts_each_models_trainings_against_the_plan():
    results = make_sweep()
    rows = repeats(results)
    results = diverge(results, rows & (results.runs["start"] == 1))
    results = without(results, rows & (results.runs["start"] == 2))
    count = trainings.completeness(results.runs, results.study)
    assert count.loc[("sweep", 64, *RAW)].tolist() == [12, 10, 0, 1, 1]
    assert count["planned"].sum() == 72
    assert count["missing"].sum() == 1
