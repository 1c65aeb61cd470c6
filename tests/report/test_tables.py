"""Tables from rows: what is counted, what is scored, and what must not be averaged away."""

import pandas as pd
import pytest

from report import tables
from report.models import (
    BASELINES,
    CELL,
    EQUIVARIANT_RAW,
    MODELS,
    ORBIT_AVERAGE,
    STANDARD_AUGMENTED,
    STANDARD_RAW,
    WRONG_GROUP,
)
from tests.report.made_up import change, diverge, exact, make_results, of, without

ERRORS = dict(zip(MODELS, (0.020, 0.010, 0.005, 0.004), strict=True))
STUDY = {"draws": 6, "test_rows": 10}


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
        (100, False, *EQUIVARIANT_RAW): (planned, 13, 0, 1, 0),
        (100, False, *STANDARD_RAW): (planned, 12, 2, 0, 0),
        (1000, False, *STANDARD_AUGMENTED): (planned, 10, 0, 0, 4),
        (1000, True, *STANDARD_RAW): (planned, 14, 0, 0, 0),
    }
    runs = count.loc["run"]
    assert list(runs) == ["planned", "ok", "dead", "diverged", "missing"]
    assert {cell: tuple(runs.loc[cell]) for cell in expected} == expected
    assert (count.loc["trial", "ok"] == 6).all()
    assert (count.loc["baseline", "ok"] == 13).all()  # every draw once
    assert (count.sum(axis=1) == 2 * count["planned"]).all()  # every planned row is somewhere


def test_completeness_of_a_study_that_has_not_begun():
    results = make_results()
    count = tables.completeness(results.runs.iloc[:0], results.study)
    assert (count["missing"] == count["planned"]).all()
    assert count["planned"].groupby("part").sum().to_dict() == results.study["planned"]


def test_cells_need_not_have_equal_shares_of_the_plan():
    results = make_results(corrections=["none"], controls=["wrong_group", "baselines"], m=[100])
    count = tables.completeness(results.runs, results.study)
    assert len(count.loc["run"]) == 5
    assert len(count.loc["trial"]) == 4  # the wrong group takes its hyperparameters over
    assert len(count.loc["baseline"]) == len(BASELINES)
    assert (100, False, *WRONG_GROUP) in count.loc["run"].index
    assert (100, False, *WRONG_GROUP) not in count.loc["trial"].index
    assert count["missing"].sum() == 0


def test_failures_are_counted_by_cell_with_a_reason():
    results = make_results()
    results = diverge(results, of(results, EQUIVARIANT_RAW, 100) & (results.runs["draw"] > 9))
    failed = tables.failures(results.runs, CELL)
    assert failed[["count", "m", "architecture", "status"]].to_numpy().tolist() == [
        [3, 100, "equivariant", "diverged"]
    ]
    assert failed["reason"].item() == "the loss was never a finite number"


def test_every_cell_has_a_line_among_the_winners_even_without_one():
    results = make_results()
    lost = of(results, STANDARD_RAW, 1000) & (results.runs["role"] == "winner")
    winners = tables.winners(without(results, lost).runs, results.study)
    assert len(winners) == 16  # of the grid proper, with both corrections
    assert winners["status"].value_counts().to_dict() == {"ok": 15, "missing": 1}
    assert winners.loc[(1000, False, *STANDARD_RAW), "status"] == "missing"


def test_a_draws_score_is_that_of_its_best_start_by_validation_error():
    results = make_results(draw_starts=3)
    scores = tables.scores(results.runs, results.study)
    runs = results.runs[results.runs["draw"] > 0]
    scores = scores[scores["control"] != ORBIT_AVERAGE.control]
    best = runs.groupby([*CELL, "draw"])["validation_mse"].min()
    pd.testing.assert_series_equal(
        scores.set_index([*CELL, "draw"])["validation_mse"].sort_index(), best
    )


def test_a_failed_start_is_not_a_draws_best_however_low_its_error():
    results = make_results(draw_starts=2)
    first = of(results, STANDARD_RAW, 100) & (results.runs["draw"] == 1)
    first &= results.runs["start"] == 0
    results = change(results, first, status="dead", validation_mse=1e-9)
    scores = tables.scores(results.runs, results.study)
    chosen = scores.set_index([*CELL, "draw"]).loc[(100, False, *STANDARD_RAW, 1)]
    assert scores["validation_mse"].min() > 1e-9
    assert chosen["start"] == 1


@pytest.mark.parametrize(("draws", "compared"), [(5, {1, 2, 3, 4, 5}), (0, {0})])
def test_the_tuned_draw_is_compared_only_where_there_is_no_other(draws, compared):
    results = make_results(draws=draws)
    scores = tables.scores(results.runs, results.study)
    assert set(scores["draw"]) == compared
    assert "trial" not in set(scores["role"])


def test_without_draws_the_winners_are_compared():
    results = make_results(draws=0, starts=10, corrections=["none"])
    scores = tables.scores(results.runs, results.study)
    assert set(scores["role"]) == {"winner", "baseline"}
    # at two sizes: four models, five controls, six baselines, and the orbit average
    assert len(scores) == 2 * (4 + 5 + 6 + 1)


def test_curves_are_geometric_means_of_validation_and_test_errors():
    curves = tables.curves(exact(ERRORS), STUDY)
    assert list(curves["set"].unique()) == ["validation", "test"]
    means = curves[curves["set"] == "test"].set_index(["architecture", "augmented", "control"])[
        "mean"
    ]
    for model, error in ERRORS.items():
        assert means[tuple(model)] == pytest.approx(error)
    assert (curves["low"] < curves["mean"]).all()
    assert (curves["mean"] < curves["high"]).all()
    assert set(tables.curves(exact(ERRORS), STUDY | {"test_rows": 0})["set"]) == {"validation"}


def test_dead_networks_are_counted_but_their_equivariance_is_not_measured():
    results = make_results()
    dead = of(results, STANDARD_RAW, 100) & (results.runs["draw"] == 4)
    results = change(results, dead, status="dead", equivariance_error=99.0)
    row = tables.equivariance(results.runs, results.study).loc[(100, False, *STANDARD_RAW)]
    assert (row["runs"], row["dead"], row["parameters"]) == (13, 1, 386)
    assert row["worst"] < 1


def test_equivariance_errors_are_put_together_over_runs():
    results = make_results(m=[100], draws=1, starts=1)
    rows = of(results, STANDARD_RAW, 100)
    first = rows & (results.runs["draw"] == 0)
    results = change(results, rows, equivariance_error=0.5, equivariance_error_rms=0.1)
    results = change(results, first, equivariance_error=0.7, equivariance_error_rms=0.7)
    row = tables.equivariance(results.runs, results.study).loc[(100, False, *STANDARD_RAW)]
    assert row["worst"] == 0.7
    assert row["rms"] == pytest.approx(0.5)  # sqrt((0.7^2 + 0.1^2) / 2)
