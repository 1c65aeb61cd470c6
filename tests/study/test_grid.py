import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from study.errors import StudyError
from study.grid import Cell, Preset, Run, cells, draw_runs, trial_runs
from study.presets import PRESETS, load_preset

TINY = Preset(
    name="tiny",
    sizes=(30, 60),
    draws=2,
    starts=3,
    draw_starts=2,
    halvings=1,
    trial_starts=2,
    oracle="hyperband",
    steps=90,
    patience=40,
    validation_gap=10,
)
CELL = Cell("standard", augmented=False, m=30)
RUN = Run(CELL, "draw", 1, 0)
OTHER_RUNS = [
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
    assert {cell.model_file for cell in cells(load_preset("exercise"))} == {
        "model_standard_100.h5",
        "model_standard_100_augmented.h5",
        "model_equivariant_100.h5",
        "model_equivariant_100_augmented.h5",
        "model_standard_1000.h5",
        "model_standard_1000_augmented.h5",
        "model_equivariant_1000.h5",
        "model_equivariant_1000_augmented.h5",
    }


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


def test_streams_of_a_run_differ():
    assert len({RUN.seed(stream) for stream in ("weights", "order", "run")}) == 3


def test_no_two_planned_runs_share_a_seed_or_a_key():
    preset = replace(load_preset("default"), sizes=(25, 50))
    runs = [
        run for cell in cells(preset) for run in trial_runs(preset, cell) + draw_runs(preset, cell)
    ]
    assert len({run.seed("weights") for run in runs}) == len(runs)
    assert len({run.key(preset, "data") for run in runs}) == len(runs)


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
    [("name", "mine"), ("sizes", (30,)), ("draws", 9), ("starts", 9), ("draw_starts", 9)],
)
def test_a_study_that_grows_keeps_the_keys_of_its_runs(name, value):
    assert RUN.key(TINY, "data") == RUN.key(replace(TINY, **{name: value}), "data")


# Presets


@pytest.mark.parametrize(
    ("name", "sizes", "draws"),
    [
        ("smoke", (50, 100), 3),
        ("exercise", (100, 1000), 0),
        ("default", (25, 50, 100, 250, 500, 1000), 30),
    ],
)
def test_presets_of_the_study_load(name, sizes, draws):
    preset = load_preset(name)
    assert (preset.name, preset.sizes, preset.draws) == (name, sizes, draws)


def test_every_preset_there_is_loads():
    names = {path.stem for path in PRESETS.glob("*.toml")}
    assert names >= {"smoke", "exercise", "default"}
    assert {load_preset(name).name for name in names} == names


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write the tiny preset with some values changed or, as None, left out; return its path."""

    def write_preset(**changes: Any) -> str:
        values = {**vars(TINY), "sizes": list(TINY.sizes), **changes}
        del values["name"]
        # TOML writes numbers, strings, booleans and lists as JSON does.
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        path = tmp_path / "mine.toml"
        path.write_text("\n".join(line for line in lines if not line.endswith("null")))
        return str(path)

    return write_preset


def assert_rejected(path: str, message: str) -> None:
    """Assert that loading fails with one line: the path, then the message."""
    with pytest.raises(StudyError, match=f"^{re.escape(f'{path}: {message}')}$"):
        load_preset(path)


def test_a_preset_of_ones_own_loads_from_its_path(write):
    assert load_preset(write()) == replace(TINY, name="mine")


def test_sizes_are_sorted_and_each_counts_once(write):
    assert load_preset(write(sizes=[60, 30, 60])).sizes == (30, 60)


@pytest.mark.parametrize("name", ["draws", "halvings"])
def test_some_numbers_may_be_zero(write, name):
    assert getattr(load_preset(write(**{name: 0})), name) == 0


def test_an_unknown_name_is_answered_with_the_known_ones():
    known = "expected one of default, exercise, .*smoke or the path of a .toml file, found neither"
    with pytest.raises(StudyError, match=rf"^preset smok: {known}; copy one of .*presets to start"):
        load_preset("smok")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StudyError, match=r"^preset .*gone\.toml: expected one of"):
        load_preset(str(tmp_path / "gone.toml"))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"sizes = [1", "Unclosed array (at end of document)"),
        (b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_a_file_that_is_not_toml_is_rejected(tmp_path, content, found):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    assert_rejected(str(path), f"expected a TOML file, found {found}; correct it")


def test_a_folder_named_as_a_preset_is_rejected(tmp_path):
    (tmp_path / "mine.toml").mkdir()
    with pytest.raises(StudyError, match=r"mine\.toml: expected a TOML file, found .*directory"):
        load_preset(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize("name", [name for name in vars(TINY) if name != "name"])
def test_a_missing_value_is_named(write, name):
    path = write(**{name: None})
    assert_rejected(path, f"expected a value for {name}, found none; add it")


def test_an_unknown_value_is_named(write):
    known = ", ".join(name for name in vars(TINY) if name != "name")
    assert_rejected(write(draw=3), f"expected only {known}, found draw; remove it")


@pytest.mark.parametrize("sizes", [[], 100, [0], [-5], [30, 1.5], ["30"]])
def test_sizes_must_be_whole_numbers(write, sizes):
    assert_rejected(
        write(sizes=sizes),
        "expected sizes to be a list of whole numbers from 1 such as [100, 1000], "
        f"found {sizes!r}; correct it",
    )


COUNTS = {name: 1 for name, value in vars(TINY).items() if isinstance(value, int)}
COUNTS |= {"draws": 0, "halvings": 0}


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", [-1, 1.0, "3", True])
def test_counts_must_be_whole_numbers(write, name, value):
    assert_rejected(
        write(**{name: value}),
        f"expected {name} to be a whole number from {COUNTS[name]}, found {value!r}; correct it",
    )


@pytest.mark.parametrize("name", [name for name, least in COUNTS.items() if least == 1])
def test_counts_of_nothing_are_rejected(write, name):
    assert_rejected(
        write(**{name: 0}), f"expected {name} to be a whole number from 1, found 0; correct it"
    )


@pytest.mark.parametrize("oracle", ["bayesian", "", 1])
def test_an_unknown_oracle_is_answered_with_the_known_ones(write, oracle):
    assert_rejected(
        write(oracle=oracle),
        f"expected oracle to be one of hyperband, random, found {oracle!r}; correct it",
    )
