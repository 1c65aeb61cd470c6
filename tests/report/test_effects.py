"""Effects from scores: what is compared draw by draw, and what cannot be."""

import numpy as np
import pandas as pd
import pytest

from report import effects, tables
from report.models import (
    EQUIVARIANT_RAW,
    IDENTITY_CHECK,
    MODELS,
    ORBIT_AVERAGE,
    STANDARD_RAW,
    WIDE,
    WRONG_GROUP,
)
from tests.report.made_up import diverge, exact, make_results, of, without

ERRORS = dict(zip(MODELS, (0.020, 0.010, 0.005, 0.004), strict=True))
STUDY = {"m": [100], "draws": 6, "test_rows": 10}


def test_factorial_effects_of_errors_made_to_order():
    found = effects.factorial(exact(ERRORS), STUDY).set_index("effect")
    # 0.020 and 0.010 become 0.005 and 0.004: by factors of 4 and 2.5, so sqrt(10) on average
    assert np.exp(found.loc["architecture", "log_ratio"]) == pytest.approx(1 / np.sqrt(10))
    assert np.exp(found.loc["augmentation", "log_ratio"]) == pytest.approx(np.sqrt(0.5 * 0.8))
    assert np.exp(found.loc["interaction", "log_ratio"]) == pytest.approx(0.8 / 0.5)
    # the draw moves all models alike, so it cancels: six equal differences, p = 2 / 2^6 each
    assert found["p"].tolist() == [2 / 64] * 3
    assert found["p_holm"].tolist() == pytest.approx([6 / 64] * 3)
    assert not found["clear"].any()


def test_ten_draws_are_enough_for_a_clear_difference_at_one_size():
    found = effects.pairs(exact(ERRORS, draws=10), STUDY | {"draws": 10})
    assert len(found) == 6
    assert found["p_holm"].max() == pytest.approx(6 * 2 / 1024)
    assert found["clear"].all()


def test_equal_models_do_not_differ_clearly():
    pairs = effects.pairs(exact(dict.fromkeys(MODELS, 0.01), 12), STUDY | {"draws": 12})
    assert (pairs["log_ratio"].abs() < 1e-12).all()
    assert not pairs["clear"].any()


def test_pairs_are_holm_adjusted_over_all_sizes():
    results = make_results(corrections=["none"])
    scores = tables.scores(results.runs, results.study)
    pairs = effects.pairs(scores, results.study)
    assert len(pairs) == 12
    assert pairs["p_holm"].min() == pytest.approx(12 * pairs["p"].min())


def test_versus_can_be_read_in_both_directions():
    pairs = effects.pairs(exact(ERRORS), STUDY)
    there = effects.versus(pairs, EQUIVARIANT_RAW, STANDARD_RAW).iloc[0]
    back = effects.versus(pairs, STANDARD_RAW, EQUIVARIANT_RAW).iloc[0]
    assert np.exp(there["log_ratio"]) == pytest.approx(1 / 4)
    assert back["log_ratio"] == -there["log_ratio"]
    assert (back["low"], back["high"]) == (-there["high"], -there["low"])
    assert back["effect"] == "standard raw against equivariant raw"


def test_a_draw_that_one_model_lacks_is_left_out_for_all_and_counted():
    scores = exact(ERRORS)
    lost = (scores["architecture"] == "equivariant") & ~scores["augmented"] & (scores["draw"] == 2)
    scores = scores[~lost]
    assert list(effects.paired(scores, STUDY, 100).index) == [1, 3, 4, 5, 6]
    row = effects.pairing(scores, STUDY, [100]).loc[100]
    assert (row["planned"], row["complete"], row["lacking"]) == (6, 5, "equivariant raw 1")
    assert (effects.factorial(scores, STUDY)["draws"] == 5).all()


def test_one_complete_draw_of_several_compares_nothing():
    scores = exact(ERRORS)[lambda table: table["draw"] == 1]
    assert effects.paired(scores, STUDY, 100).empty
    assert effects.pairing(scores, STUDY, [100]).loc[100, "complete"] == 1
    assert effects.pairs(scores, STUDY)[["log_ratio", "p", "p_holm"]].isna().all(axis=None)


def test_without_draws_there_are_changes_but_no_statistics():
    results = make_results(draws=0, corrections=["none"])
    pairs = effects.pairs(tables.scores(results.runs, results.study), results.study)
    assert pairs["log_ratio"].notna().all()
    assert pairs[["low", "high", "p", "p_holm"]].isna().all(axis=None)
    assert not pairs["clear"].any()


def test_one_sizes_p_values_do_not_depend_on_the_other_sizes():
    results = make_results(draws=18, corrections=["none"])  # too many for an exact test
    scores = tables.scores(results.runs, results.study)
    both = effects.factorial(scores, results.study)
    alone = effects.factorial(scores, results.study | {"m": [1000]})
    assert both.loc[both["m"] == 1000, "p"].tolist() == alone["p"].tolist()


CORRECTED = dict(zip(MODELS, (0.005, 0.005, 0.004, 0.004), strict=True))


def corrected_scores() -> pd.DataFrame:
    return pd.concat([exact(ERRORS), exact(CORRECTED, corrected=True)])


def test_the_correction_is_compared_model_by_model():
    effect = effects.correction(corrected_scores(), STUDY).set_index("effect")
    for model, ratio in zip(MODELS, (0.25, 0.5, 0.8, 1.0), strict=True):
        row = effect.loc[effects.corrected_name(model)]
        assert np.exp(row["log_ratio"]) == pytest.approx(ratio)
        assert row["draws"] == 6


def test_a_lead_of_a_quarter_that_becomes_one_of_four_fifths_has_shrunk_by_a_factor():
    effect = effects.correction(corrected_scores(), STUDY).set_index("effect")
    # equivariant raw over standard raw: 0.005 / 0.020 becomes 0.004 / 0.005
    assert np.exp(effect.loc[effects.LEAD, "log_ratio"]) == pytest.approx(0.8 / 0.25)
    assert effect["p_holm"].min() == pytest.approx(5 * 2 / 64)


def test_the_correction_is_compared_on_draws_that_have_a_score_with_both():
    scores = corrected_scores()
    lost = scores["corrected"] & (scores["architecture"] == "standard") & (scores["draw"] == 4)
    assert (effects.correction(scores[~lost], STUDY)["draws"] == 5).all()


def controls_study(*names: str) -> dict:
    """A study with these controls, of which the architectures are the names."""
    cell = {"augmented": False, "m": 100, "corrected": False, "control": "", "trials": 1, "runs": 7}
    cells = [{**cell, "architecture": name} for name in ("standard", *names)]
    return STUDY | {"cells": cells, "controls": list(names), "control_sizes": [100]}


def test_controls_are_compared_with_their_references():
    study = controls_study("wrong_group", "equivariant_wide")
    scores = exact(ERRORS | {WRONG_GROUP: 0.030, WIDE: 0.0025})
    effect = effects.controls(scores, study).set_index("effect")
    assert list(effect.index) == [
        "wrong group raw against standard raw",
        "wrong group raw against equivariant raw",
        "equivariant_wide raw against equivariant raw",
        "equivariant_wide raw against standard raw",
    ]
    assert np.exp(effect["log_ratio"]).tolist() == pytest.approx([1.5, 6, 0.5, 0.125])
    assert effect["p_holm"].tolist() == pytest.approx([4 * 2 / 64] * 4)


def test_a_control_without_scores_costs_the_others_no_draw():
    study = controls_study("wrong_group", "equivariant_wide")
    scores = exact(ERRORS | {WRONG_GROUP: 0.030})
    effect = effects.controls(scores, study).set_index("effect")
    assert effect["draws"].tolist() == [6, 6, 0, 0]
    assert effect["log_ratio"].isna().tolist() == [False, False, True, True]
    assert effect["p_holm"].dropna().tolist() == pytest.approx([2 * 2 / 64] * 2)


def test_all_controls_are_compared_over_the_same_draws():
    results = make_results(corrections=["none"], m=[100])
    results = diverge(results, of(results, WRONG_GROUP, 100) & (results.runs["draw"] == 3))
    results = without(results, of(results, IDENTITY_CHECK, 100) & (results.runs["draw"] > 10))
    effect = effects.controls(tables.scores(results.runs, results.study), results.study)
    assert set(effect["draws"]) == {9}


def test_the_orbit_average_is_the_standard_network_scored_otherwise():
    results = make_results(corrections=["none"], m=[100, 1000], control_sizes=[100])
    scores = tables.scores(results.runs, results.study)
    averaged, standard = (
        tables.of(scores, model).set_index(["m", "draw"]) for model in (ORBIT_AVERAGE, STANDARD_RAW)
    )
    assert set(averaged.index.get_level_values("m")) == {100}
    same = standard.loc[averaged.index]
    assert averaged["test_mse"].tolist() == same["test_orbit_mse"].tolist()
    assert averaged["validation_mse"].tolist() == same["orbit_mse"].tolist()
    assert averaged["parameters"].tolist() == same["parameters"].tolist()
