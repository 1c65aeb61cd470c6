"""What is said of a study whatever came out."""

import pandas as pd
import pytest

from report import tables, words
from report.models import EQUIVARIANT_RAW, STANDARD_AUGMENTED, STANDARD_RAW
from tests.report.made_up import FLOOR, change, diverge, make_results, make_study, of, without


def test_a_whole_study_is_not_shouted_about():
    results = make_results()
    count = tables.completeness(results.runs, results.study)
    assert words.shout(count) == ""
    assert words.presence(count) == (
        "504 of 504 planned runs, 120 of 120 planned tuning trials and 312 of 312 planned baseline "
        "fits are there."
    )
    assert words.wholeness(count) == (
        "None ended dead or diverged. 36 cells have 14 runs each, 20 cells have 6 tuning trials "
        "each and 24 cells have 13 baseline fits each."
    )


def test_cells_of_a_kind_are_counted_together():
    count = pd.DataFrame(
        {"planned": [3, 3, 2]},
        index=pd.MultiIndex.from_tuples(
            [("run", 1), ("run", 2), ("trial", 1)], names=["part", "m"]
        ),
    )
    assert words.wholeness(count) == (
        "None ended dead or diverged. 2 cells have 3 runs each and 1 cell has 2 tuning trials."
    )


def test_what_is_missing_or_failed_is_shouted_with_its_number():
    results = make_results(corrections=["none"], controls=["baselines"])
    fits = results.runs["role"] == "baseline"
    results = without(results, fits & (results.runs["draw"] == 12))
    results = diverge(results, of(results, STANDARD_RAW, 100) & (results.runs["draw"] == 3))
    results = change(results, of(results, EQUIVARIANT_RAW, 100), status="dead")
    results = without(results, of(results, STANDARD_AUGMENTED, 100) & (results.runs["draw"] == 1))
    results = diverge(results, (results.runs["role"] == "trial") & (results.runs["trial"] == 2))
    count = tables.completeness(results.runs, results.study)
    assert words.shout(count) == (
        "**Missing or failed:** 1 of 112 planned runs is missing, 14 runs ended dead, 1 run "
        "diverged, 16 tuning trials diverged and 12 of 156 planned baseline fits are missing."
    )
    cells = count.loc["run"].apply(words.cell_count, axis=1)
    assert cells[(100, False, *STANDARD_RAW)] == "13 / 14 **(1 diverged)**"
    assert cells[(1000, False, *STANDARD_RAW)] == "14 / 14"


def test_the_noise_floor_is_told_with_its_uncertainty_and_its_source():
    assert words.floor({"noise_floor": FLOOR}) == (
        "**Noise floor:** test MSE 0.00410 ± 0.00006 (standard error). That much the sensors' "
        "noise leaves to any method, as the exact posterior mean of the simulation's own model "
        "tells."
    )
    assert words.floor({"noise_floor": None}) == ""


@pytest.mark.parametrize(
    ("corrections", "used"),
    [(["none", "fitted"], "as they are and corrected"), (["none"], "as they are")],
)
def test_the_settings_name_corrections_and_controls(corrections, used):
    settings = words.settings(make_study(corrections=corrections, control_sizes=[100]))
    assert settings["training data"] == used
    assert settings["controls at m"] == "100"
    assert settings["draws of the controls"] == "the first 12"
    assert settings["controls"].startswith("orbit average, wrong group, equivariant wide")
    assert settings["budget per run"].endswith(
        "those of matched epochs, which have 8 times as many"
    )


def test_controls_of_draw_0_alone():
    assert words.settings(make_study(draws=0))["draws of the controls"] == "none beside draw 0"


def test_the_settings_of_a_study_without_controls_name_none():
    settings = words.settings(make_study(controls=[], control_sizes=[]))
    assert not [name for name in settings if "control" in name]
    assert settings["budget per run"].endswith("the same in all cells")


def test_overhead_is_start_up_and_input_and_output_where_they_were_timed():
    seconds = pd.Series({"startup": 20.0, "training": 70.0, "io": 10.0, "total": 62.5})
    assert words.overhead(seconds, 2) == (
        "Start-up and input/output together took 30.0 % of the workers' "
        "1 min 40 s. 2 workers had work for 72.0 % of the 1 min 2 s by the clock."
    )
    assert words.overhead(seconds.drop("total"), None).endswith("workers' 1 min 40 s.")
    assert "took 0.0 %" in words.overhead(pd.Series({"training": 1.0}), None)
