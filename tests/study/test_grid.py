import re
from dataclasses import replace

import pytest

from study.grid import (
    CONTROLS,
    CORRECTIONS,
    Cell,
    Preset,
    Run,
    baseline_cells,
    baseline_runs,
    cells,
    draw_runs,
    followers,
    trial_runs,
)
from study.presets import load_preset

TINY = Preset(
    name="tiny",
    sizes=(30, 60),
    corrections=("none",),
    controls=(),
    control_sizes=(),
    control_draws=2,
    draws=2,
    starts=3,
    draw_starts=2,
    halvings=1,
    trial_starts=2,
    trial_steps=90,
    oracle="hyperband",
    steps=90,
    patience=40,
    validation_gap=10,
)
CELL = Cell("standard", augmented=False, m=30)
RUN = Run(CELL, "draw", 1, 0)
OTHER_RUNS = [
    Run(replace(CELL, control="matched_epochs"), "draw", 1, 0),
    Run(replace(CELL, architecture="equivariant"), "draw", 1, 0),
    Run(replace(CELL, augmented=True), "draw", 1, 0),
    Run(replace(CELL, m=60), "draw", 1, 0),
    Run(CELL, "trial", 1, 0),
    Run(CELL, "draw", 2, 0),
    Run(CELL, "draw", 1, 1),
]

# Cells


def test_the_cells_cross_sizes_architectures_and_augmentation():
    assert [cell.name for cell in cells(TINY)] == [
        "standard_30",
        "standard_30_augmented",
        "equivariant_30",
        "equivariant_30_augmented",
        "standard_60",
        "standard_60_augmented",
        "equivariant_60",
        "equivariant_60_augmented",
    ]


def test_winners_are_named_as_in_the_exercise():
    names = {cell.model_file for cell in cells(load_preset("exercise"))}
    assert names == {
        "model_standard_100.h5",
        "model_standard_100_augmented.h5",
        "model_standard_100_corrected.h5",
        "model_standard_100_augmented_corrected.h5",
        "model_equivariant_100.h5",
        "model_equivariant_100_augmented.h5",
        "model_equivariant_100_corrected.h5",
        "model_equivariant_100_augmented_corrected.h5",
    } | {name.replace("100", "1000") for name in names if "_1000" not in name}


def test_the_correction_is_a_factor_beside_the_others():
    both = [cell.name for cell in cells(replace(TINY, sizes=(30,), corrections=CORRECTIONS))]
    assert both == [
        "standard_30",
        "standard_30_augmented",
        "equivariant_30",
        "equivariant_30_augmented",
        "standard_30_corrected",
        "standard_30_augmented_corrected",
        "equivariant_30_corrected",
        "equivariant_30_augmented_corrected",
    ]
    alone = cells(replace(TINY, sizes=(30,), corrections=("fitted",)))
    assert [cell.name for cell in alone] == both[4:]


# Controls

CONTROLLED = replace(TINY, controls=CONTROLS, control_sizes=(60,))


def test_only_the_sizes_for_controls_have_them():
    wide = {cell for cell in cells(CONTROLLED) if cell.architecture == "equivariant_wide"}
    assert wide == {Cell("equivariant_wide", augmented=False, m=60)}
    assert all(followers(CONTROLLED, cell) == [] for cell in cells(CONTROLLED) if cell.m == 30)
    assert {cell.m for cell in baseline_cells(CONTROLLED)} == {60}


@pytest.mark.parametrize("corrected", [False, True])
def test_controls_follow_the_cell_whose_hyperparameters_they_take_over(corrected):
    def named(architecture: str, *, augmented: bool) -> list[str]:
        cell = Cell(architecture, augmented, 60, corrected)
        return [one.name for one in followers(CONTROLLED, cell)]

    end = "_corrected" * corrected
    assert named("standard", augmented=False) == []
    assert named("standard", augmented=True) == [f"standard_60_augmented{end}_matched_epochs"]
    assert named("equivariant", augmented=True) == [f"equivariant_60_augmented{end}_matched_epochs"]
    assert named("equivariant", augmented=False) == [
        f"wrong_group_60{end}",
        f"equivariant_60_augmented{end}_identity_check",
    ]
    assert named("equivariant_wide", augmented=False) == []


@pytest.mark.parametrize("left_out", ["wrong_group", "matched_epochs", "identity_check"])
def test_a_control_that_is_not_named_is_left_out(left_out):
    preset = replace(CONTROLLED, controls=tuple(name for name in CONTROLS if name != left_out))
    found = [one for cell in cells(preset) for one in followers(preset, cell)]
    assert found
    assert not [one for one in found if left_out in (one.architecture, one.control)]


def test_baselines_are_fitted_once_to_every_draw():
    names = [cell.name for cell in baseline_cells(CONTROLLED)]
    assert len(names) == len(set(names)) == 6
    assert "gaussian_process_60_augmented" in names
    runs = baseline_runs(CONTROLLED, baseline_cells(CONTROLLED)[0])
    assert [(run.kind, run.draw, run.start) for run in runs] == [
        ("baseline", 0, 0),
        ("baseline", 1, 0),
        ("baseline", 2, 0),
    ]
    assert baseline_cells(TINY) == []


def test_matched_epochs_are_eight_times_the_steps():
    assert replace(CELL, control="matched_epochs").step_factor == 8
    assert replace(CELL, control="identity_check").step_factor == 1
    assert CELL.step_factor == 1


# Runs


def test_draw_0_has_all_starts_and_every_other_draw_its_own():
    runs = [(run.kind, run.number, run.start) for run in draw_runs(TINY, CELL)]
    assert runs == [
        ("draw", 0, 0),
        ("draw", 0, 1),
        ("draw", 0, 2),
        ("draw", 1, 0),
        ("draw", 1, 1),
        ("draw", 2, 0),
        ("draw", 2, 1),
    ]


def test_controls_have_the_first_draws_only():
    few = replace(CONTROLLED, control_draws=1)
    for cell in (
        Cell("equivariant_wide", augmented=False, m=60),
        Cell("wrong_group", augmented=False, m=60),
        Cell("standard", augmented=True, m=60, control="matched_epochs"),
    ):
        assert {run.draw for run in draw_runs(few, cell)} == {0, 1}
    assert {run.draw for run in baseline_runs(few, baseline_cells(few)[0])} == {0, 1}
    assert {run.draw for run in draw_runs(few, CELL)} == {0, 1, 2}


def test_every_trial_has_all_its_starts():
    preset = replace(TINY, halvings=0, trial_starts=3)
    runs = [(run.kind, run.number, run.start) for run in trial_runs(preset, CELL)]
    assert runs == [("trial", 0, 0), ("trial", 0, 1), ("trial", 0, 2)]


def test_all_runs_belong_to_their_cell():
    assert {run.cell for run in draw_runs(TINY, CELL) + trial_runs(TINY, CELL)} == {CELL}


@pytest.mark.parametrize(
    ("halvings", "trials"),
    [
        (0, 1),  # 1
        (1, 2 + 3 + 1),  # a bracket of 2, one of 3 and 1
        (2, 3 + (5 + 2) + (9 + 3 + 1)),
    ],
)
def test_trials_are_those_of_one_round_of_hyperband_by_hand(halvings, trials):
    assert replace(TINY, halvings=halvings).trials == trials


# Seeds and keys


def test_a_seed_is_the_same_for_equal_runs_and_fits_in_63_bits():
    same = Run(Cell("standard", augmented=False, m=30), "draw", 1, 0)
    assert RUN.seed("weights") == same.seed("weights")
    assert 0 <= RUN.seed("weights") < 2**63


@pytest.mark.parametrize("other", OTHER_RUNS, ids=str)
def test_seeds_know_every_name_of_their_run(other):
    assert RUN.seed("weights") != other.seed("weights")
    assert RUN.seed("order") != other.seed("order")


def test_a_corrected_run_has_the_seeds_of_the_one_that_is_not_but_its_own_key():
    corrected = replace(RUN, cell=replace(CELL, corrected=True))
    assert corrected.seed("weights") == RUN.seed("weights")
    assert corrected.key(TINY, "data") != RUN.key(TINY, "data")


def test_streams_of_a_run_differ():
    assert len({RUN.seed(stream) for stream in ("weights", "order", "run")}) == 3


def test_no_two_planned_runs_share_a_seed_or_a_key():
    preset = replace(load_preset("default"), sizes=(25, 50))
    trials = [run for cell in cells(preset) for run in trial_runs(preset, cell)]
    tuned = cells(preset)
    trained = [*tuned, *(one for cell in tuned for one in followers(preset, cell))]
    draws = [run for cell in trained for run in draw_runs(preset, cell)]
    fitted = [run for cell in baseline_cells(preset) for run in baseline_runs(preset, cell)]
    runs = [*trials, *draws, *fitted]
    assert len({run.key(preset, "data") for run in runs}) == len(runs)
    raw = [run for run in runs if not run.cell.corrected]
    assert len({run.seed("weights") for run in raw}) == len(raw) == len(runs) / 2


def test_seeds_stay_what_they_are():
    """Golden: whoever changes these changes every result of every study."""
    assert RUN.seed("weights") == 8510807098852480509


def test_a_key_is_the_same_for_the_same_run_and_writes_as_16_digits():
    assert RUN.key(TINY, "data") == RUN.key(replace(TINY), "data")
    assert re.fullmatch("[0-9a-f]{16}", RUN.key(TINY, "data"))


@pytest.mark.parametrize("other", OTHER_RUNS, ids=str)
def test_keys_know_their_run(other):
    assert RUN.key(TINY, "data") != other.key(TINY, "data")


def test_keys_know_the_data():
    assert RUN.key(TINY, "data") != RUN.key(TINY, "other data")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("halvings", 2),
        ("trial_starts", 3),
        ("trial_steps", 91),
        ("oracle", "random"),
        ("steps", 91),
        ("patience", 41),
        ("validation_gap", 11),
    ],
)
def test_keys_know_what_numbers_depend_on(name, value):
    assert RUN.key(TINY, "data") != RUN.key(replace(TINY, **{name: value}), "data")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "mine"),
        ("sizes", (30,)),
        ("corrections", CORRECTIONS),
        ("controls", CONTROLS),
        ("control_sizes", (30,)),
        ("control_draws", 1),
        ("draws", 9),
        ("starts", 9),
        ("draw_starts", 9),
    ],
)
def test_a_study_that_grows_keeps_the_keys_of_its_runs(name, value):
    assert RUN.key(TINY, "data") == RUN.key(replace(TINY, **{name: value}), "data")
