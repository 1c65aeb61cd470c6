"""Tables from rows: what is compared, what is counted, and what must not be averaged away."""

import numpy as np
import pandas as pd
import pytest

from report import tables
from report.tables import (
    EQUIVARIANT_AUGMENTED,
    EQUIVARIANT_RAW,
    MODELS,
    STANDARD_AUGMENTED,
    STANDARD_RAW,
)
from tests.report.made_up import change, diverge, make_results, of, without

SCORES = ["m", *tables.MODEL, "draw", "validation_mse", "test_mse"]


def exact(ratios: dict[tables.Model, float], draws: int = 6, m: int = 100) -> pd.DataFrame:
    """Scores at one m that are these errors in every draw, but for what the draw does to all."""
    shifts = np.exp(np.linspace(-0.3, 0.3, draws))
    rows = [
        (m, *model, draw + 1, error * shift, error * shift)
        for model, error in ratios.items()
        for draw, shift in enumerate(shifts)
    ]
    return pd.DataFrame(rows, columns=SCORES)


ERRORS = dict(zip(MODELS, (0.020, 0.010, 0.005, 0.004), strict=True))
STUDY = {"m": [100], "draws": 6, "test_rows": 10}


def test_models_are_labelled_and_saved_as_the_exercise_wants():
    assert [model.label for model in MODELS] == [
        "standard raw",
        "standard augmented",
        "equivariant raw",
        "equivariant augmented",
    ]
    assert STANDARD_RAW.file_name(100) == "model_standard_100.h5"
    assert EQUIVARIANT_AUGMENTED.file_name(1000) == "model_equivariant_1000_augmented.h5"


def test_test_errors_are_compared_wherever_there_are_any():
    assert tables.measure({"test_rows": 1}) == "test_mse"
    assert tables.measure({"test_rows": 0}) == "validation_mse"


def test_completeness_counts_each_cell_against_the_plan():
    results = make_results()
    results = diverge(results, of(results, EQUIVARIANT_RAW, 100) & (results.runs["draw"] == 3))
    dead = of(results, STANDARD_RAW, 100) & results.runs["draw"].isin([4, 5])
    results = change(results, dead, status="dead", reason="its outputs spread by only 0.001")
    results = without(results, of(results, STANDARD_AUGMENTED, 1000) & (results.runs["draw"] > 8))

    count = tables.completeness(results.runs, results.study)

    planned = 14  # two starts on draw 0 and twelve draws
    expected = {
        (100, *EQUIVARIANT_RAW): (planned, 13, 0, 1, 0),
        (100, *STANDARD_RAW): (planned, 12, 2, 0, 0),
        (1000, *STANDARD_AUGMENTED): (planned, 10, 0, 0, 4),
        (1000, *STANDARD_RAW): (planned, 14, 0, 0, 0),
    }
    runs = count.loc["run"]
    assert list(runs) == ["planned", "ok", "dead", "diverged", "missing"]
    assert {cell: tuple(runs.loc[cell]) for cell in expected} == expected
    assert (count.loc["trial", "ok"] == 6).all()
    assert (count.sum(axis=1) == 2 * count["planned"]).all()  # every planned row is somewhere


def test_completeness_of_a_study_that_has_not_begun():
    results = make_results()
    count = tables.completeness(results.runs.iloc[:0], results.study)
    assert (count["missing"] == count["planned"]).all()


def test_failures_are_counted_by_cell_with_a_reason():
    results = make_results()
    results = diverge(results, of(results, EQUIVARIANT_RAW, 100) & (results.runs["draw"] > 9))
    failed = tables.failures(results.runs, tables.CELL)
    assert failed[["count", "m", "architecture", "status"]].to_numpy().tolist() == [
        [3, 100, "equivariant", "diverged"]
    ]
    assert failed["reason"].item() == "the loss was never a finite number"


def test_every_cell_has_a_line_among_the_winners_even_without_one():
    results = make_results()
    lost = of(results, STANDARD_RAW, 1000) & (results.runs["role"] == "winner")
    winners = tables.winners(without(results, lost).runs, results.study)
    assert len(winners) == 8
    assert winners["status"].value_counts().to_dict() == {"ok": 7, "missing": 1}
    assert winners.loc[(1000, *STANDARD_RAW), "status"] == "missing"


def test_a_draws_score_is_that_of_its_best_start_by_validation_error():
    results = make_results(draw_starts=3)
    scores = tables.scores(results.runs, results.study)
    runs = results.runs[results.runs["draw"] > 0]
    best = runs.groupby([*tables.CELL, "draw"])["validation_mse"].min()
    pd.testing.assert_series_equal(
        scores.set_index([*tables.CELL, "draw"])["validation_mse"].sort_index(), best
    )


def test_a_failed_start_is_not_a_draws_best_however_low_its_error():
    results = make_results(draw_starts=2)
    first = of(results, STANDARD_RAW, 100) & (results.runs["draw"] == 1)
    first &= results.runs["start"] == 0
    results = change(results, first, status="dead", validation_mse=1e-9)
    scores = tables.scores(results.runs, results.study)
    chosen = scores.set_index([*tables.CELL, "draw"]).loc[(100, *STANDARD_RAW, 1)]
    assert scores["validation_mse"].min() > 1e-9
    assert chosen["start"] == 1


@pytest.mark.parametrize(("draws", "compared"), [(5, {1, 2, 3, 4, 5}), (0, {0})])
def test_the_tuned_draw_is_compared_only_where_there_is_no_other(draws, compared):
    results = make_results(draws=draws)
    scores = tables.scores(results.runs, results.study)
    assert set(scores["draw"]) == compared
    assert "trial" not in set(scores["role"])


def test_without_draws_the_winners_are_compared():
    results = make_results(draws=0, starts=10)
    scores = tables.scores(results.runs, results.study)
    assert set(scores["role"]) == {"winner"}
    assert len(scores) == 8


def test_curves_are_geometric_means_of_validation_and_test_errors():
    curves = tables.curves(exact(ERRORS), STUDY)
    assert list(curves["set"].unique()) == ["validation", "test"]
    means = curves[curves["set"] == "test"].set_index(tables.MODEL)["mean"]
    for model, error in ERRORS.items():
        assert means[tuple(model)] == pytest.approx(error)
    assert (curves["low"] < curves["mean"]).all()
    assert (curves["mean"] < curves["high"]).all()
    assert set(tables.curves(exact(ERRORS), STUDY | {"test_rows": 0})["set"]) == {"validation"}


def test_factorial_effects_of_errors_made_to_order():
    effects = tables.factorial(exact(ERRORS), STUDY).set_index("effect")
    # 0.020 and 0.010 become 0.005 and 0.004: by factors of 4 and 2.5, so sqrt(10) on average
    assert np.exp(effects.loc["architecture", "log_ratio"]) == pytest.approx(1 / np.sqrt(10))
    assert np.exp(effects.loc["augmentation", "log_ratio"]) == pytest.approx(np.sqrt(0.5 * 0.8))
    assert np.exp(effects.loc["interaction", "log_ratio"]) == pytest.approx(0.8 / 0.5)
    # the draw moves all models alike, so it cancels: six equal differences, p = 2 / 2^6 each
    assert effects["p"].tolist() == [2 / 64] * 3
    assert effects["p_holm"].tolist() == pytest.approx([6 / 64] * 3)
    assert not effects["clear"].any()


def test_ten_draws_are_enough_for_a_clear_difference_at_one_size():
    effects = tables.pairs(exact(ERRORS, draws=10), STUDY | {"draws": 10})
    assert len(effects) == 6
    assert effects["p_holm"].max() == pytest.approx(6 * 2 / 1024)
    assert effects["clear"].all()


def test_equal_models_do_not_differ_clearly():
    pairs = tables.pairs(exact(dict.fromkeys(MODELS, 0.01), 12), STUDY | {"draws": 12})
    assert (pairs["log_ratio"].abs() < 1e-12).all()
    assert not pairs["clear"].any()


def test_pairs_are_holm_adjusted_over_all_sizes():
    results = make_results()
    scores = tables.scores(results.runs, results.study)
    pairs = tables.pairs(scores, results.study)
    assert len(pairs) == 12
    assert pairs["p_holm"].min() == pytest.approx(12 * pairs["p"].min())


def test_versus_can_be_read_in_both_directions():
    pairs = tables.pairs(exact(ERRORS), STUDY)
    there = tables.versus(pairs, EQUIVARIANT_RAW, STANDARD_RAW).iloc[0]
    back = tables.versus(pairs, STANDARD_RAW, EQUIVARIANT_RAW).iloc[0]
    assert np.exp(there["log_ratio"]) == pytest.approx(1 / 4)
    assert back["log_ratio"] == -there["log_ratio"]
    assert (back["low"], back["high"]) == (-there["high"], -there["low"])
    assert back["effect"] == "standard raw against equivariant raw"


def test_a_draw_that_one_model_lacks_is_left_out_for_all_and_counted():
    scores = exact(ERRORS)
    lost = (scores["architecture"] == "equivariant") & ~scores["augmented"] & (scores["draw"] == 2)
    scores = scores[~lost]
    assert list(tables.paired(scores, STUDY, 100).index) == [1, 3, 4, 5, 6]
    row = tables.pairing(scores, STUDY).loc[100]
    assert (row["planned"], row["complete"], row["lacking"]) == (6, 5, "equivariant raw 1")
    assert (tables.factorial(scores, STUDY)["draws"] == 5).all()


def test_one_complete_draw_of_several_compares_nothing():
    scores = exact(ERRORS)[lambda table: table["draw"] == 1]
    assert tables.paired(scores, STUDY, 100).empty
    assert tables.pairing(scores, STUDY).loc[100, "complete"] == 1
    assert tables.pairs(scores, STUDY)[["log_ratio", "p", "p_holm"]].isna().all(axis=None)


def test_without_draws_there_are_changes_but_no_statistics():
    results = make_results(draws=0)
    pairs = tables.pairs(tables.scores(results.runs, results.study), results.study)
    assert pairs["log_ratio"].notna().all()
    assert pairs[["low", "high", "p", "p_holm"]].isna().all(axis=None)
    assert not pairs["clear"].any()


def test_one_sizes_p_values_do_not_depend_on_the_other_sizes():
    results = make_results(draws=18)  # too many for an exact test
    scores = tables.scores(results.runs, results.study)
    both = tables.factorial(scores, results.study)
    alone = tables.factorial(scores, results.study | {"m": [1000]})
    assert both.loc[both["m"] == 1000, "p"].tolist() == alone["p"].tolist()


def test_dead_networks_are_counted_but_their_equivariance_is_not_measured():
    results = make_results()
    dead = of(results, STANDARD_RAW, 100) & (results.runs["draw"] == 4)
    results = change(results, dead, status="dead", equivariance_error=99.0)
    row = tables.equivariance(results.runs, results.study).loc[(100, *STANDARD_RAW)]
    assert (row["runs"], row["dead"], row["parameters"]) == (13, 1, 386)
    assert row["worst"] < 1


def test_equivariance_errors_are_put_together_over_runs():
    results = make_results(m=[100], draws=1, starts=1)
    rows = of(results, STANDARD_RAW, 100)
    first = rows & (results.runs["draw"] == 0)
    results = change(results, rows, equivariance_error=0.5, equivariance_error_rms=0.1)
    results = change(results, first, equivariance_error=0.7, equivariance_error_rms=0.7)
    row = tables.equivariance(results.runs, results.study).loc[(100, *STANDARD_RAW)]
    assert row["worst"] == 0.7
    assert row["rms"] == pytest.approx(0.5)  # sqrt((0.7^2 + 0.1^2) / 2)
