import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from study.errors import StudyError
from study.grid import Preset
from study.presets import PRESETS, load_preset
from study.sweep import Sweep

GRID = Preset(
    name="mine",
    sizes=(30, 60),
    corrections=("fitted", "none"),
    controls=("baselines", "wrong_group"),
    control_sizes=(30,),
    control_draws=1,
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
SWEEP = Sweep(
    name="mine",
    sizes=(30, 60),
    learning_rates=(0.001, 0.1),
    depths=(1, 2),
    standard_widths=(4, 16),
    repeats=3,
    batch_size=8,
    epochs=20,
    patience=5,
    equivariant_stddev=0.2,
)


def of_each_design(wanted: Callable[[Any], bool]) -> list[tuple[Preset | Sweep, str]]:
    """Both designs with each of their values that is wanted."""
    return [
        (design, name)
        for design in (GRID, SWEEP)
        for name, value in vars(design).items()
        if name != "name" and wanted(value)
    ]


def is_count(value: Any) -> bool:
    return isinstance(value, int)


WHOLE = ("sizes", "depths", "standard_widths")
FROM_ZERO = ("draws", "control_draws", "halvings")
EMPTY = ("controls", "control_sizes")  # lists that may be
WHOLES = "whole numbers from 1 such as [100, 1000]"
LISTED = {
    **dict.fromkeys(WHOLE, WHOLES),
    "corrections": "none and fitted, or one of them, such as ['none', 'fitted']",
    "controls": "some of orbit_average, wrong_group, equivariant_wide, matched_epochs, "
    "identity_check, baselines",
    "control_sizes": "whole numbers from 1, or an empty list",
    "learning_rates": "positive numbers such as [1e-3, 1e-2]",
}


# What is right


@pytest.mark.parametrize(
    ("name", "sizes", "draws"),
    [
        ("smoke", (50, 100), 3),
        ("exercise", (100, 1000), 0),
        ("default", (25, 50, 100, 250, 500, 1000), 30),
    ],
)
def test_presets_of_the_grid_load(name, sizes, draws):
    preset = load_preset(name)
    assert isinstance(preset, Preset)
    assert (preset.name, preset.sizes, preset.draws) == (name, sizes, draws)


def test_the_published_protocol_is_the_one_of_the_paper():
    assert load_preset("published") == Sweep(
        name="published",
        sizes=(256,),
        learning_rates=(1e-4, 1e-3, 1e-2),
        depths=tuple(range(1, 11)),
        standard_widths=(4, 16),
        repeats=10,
        batch_size=32,
        epochs=1000,
        patience=100,
        equivariant_stddev=0.2,
    )


def test_every_preset_there_is_loads():
    names = {path.stem for path in PRESETS.glob("*.toml")}
    assert names >= {"smoke", "exercise", "default", "published"}
    assert {load_preset(name).name for name in names} == names


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write a preset with some values changed or, as None, left out; return its path."""

    def write_preset(design: Preset | Sweep, **changes: Any) -> str:
        values = {**vars(design), "name": None, **changes}
        # TOML writes numbers, strings, booleans and lists as JSON does.
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        path = tmp_path / "mine.toml"
        path.write_text("\n".join(line for line in lines if not line.endswith("null")))
        return str(path)

    return write_preset


@pytest.mark.parametrize("design", [GRID, SWEEP], ids=lambda design: type(design).__name__)
def test_a_preset_of_ones_own_loads_from_its_path(write, design):
    assert load_preset(write(design)) == design


def test_sizes_are_sorted_and_each_counts_once(write):
    assert load_preset(write(GRID, sizes=[60, 30, 60])).sizes == (30, 60)


@pytest.mark.parametrize("name", FROM_ZERO)
def test_some_counts_may_be_zero(write, name):
    changes = {"control_draws": 0, name: 0}  # no more of them than draws
    assert load_preset(write(GRID, **changes)) == replace(GRID, **changes)


# What is wrong


def assert_rejected(path: str, message: str) -> None:
    """Assert that loading fails with one line: the path, then the message."""
    with pytest.raises(StudyError, match=f"^{re.escape(f'{path}: {message}')}$"):
        load_preset(path)


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


@pytest.mark.parametrize(
    ("design", "name"),
    [(design, name) for design, name in of_each_design(lambda _: True) if name != "repeats"],
)
def test_a_missing_value_is_named(write, design, name):
    path = write(design, **{name: None})
    assert_rejected(path, f"expected a value for {name}, found none; add it")


@pytest.mark.parametrize("design", [GRID, SWEEP], ids=lambda design: type(design).__name__)
@pytest.mark.parametrize("unknown", ["draw", "name"])
def test_an_unknown_value_is_named(write, design, unknown):
    known = ", ".join(name for name in vars(design) if name != "name")
    path = write(design, **{unknown: 3})
    assert_rejected(path, f"expected only {known}, found {unknown}; remove it")


@pytest.mark.parametrize(
    ("design", "name", "value"),
    [
        (design, name, value)
        for design, name in of_each_design(lambda value: isinstance(value, tuple))
        for value in ([], 100, [0], [-5], ["30"], [True])
        if value != [] or name not in EMPTY
    ],
)
def test_lists_must_be_lists_of_what_they_list(write, design, name, value):
    path = write(design, **{name: value})
    assert_rejected(
        path, f"expected {name} to be a list of {LISTED[name]}, found {value!r}; correct it"
    )


@pytest.mark.parametrize("name", EMPTY)
def test_there_may_be_no_controls(write, name):
    assert load_preset(write(GRID, **{name: []})) == replace(GRID, **{name: ()})


def test_controls_have_no_more_draws_than_there_are(write):
    assert_rejected(
        write(GRID, control_draws=3),
        "expected control_draws to be among the 2 draws, found 3; make it smaller",
    )


def test_controls_stand_at_sizes_that_are_studied(write):
    assert_rejected(
        write(GRID, control_sizes=[60, 70]),
        "expected control_sizes to be among the sizes [30, 60], found 70; add it to sizes or "
        "remove it",
    )


@pytest.mark.parametrize("name", WHOLE)
def test_sizes_must_be_whole_numbers(write, name):
    message = f"expected {name} to be a list of whole numbers from 1 such as [100, 1000]"
    path = write(SWEEP, **{name: [30, 1.5]})
    assert_rejected(path, f"{message}, found [30, 1.5]; correct it")


@pytest.mark.parametrize(("design", "name"), of_each_design(is_count))
@pytest.mark.parametrize("value", [-1, 1.0, "3", True])
def test_counts_must_be_whole_numbers(write, design, name, value):
    least = 0 if name in FROM_ZERO else 1
    path = write(design, **{name: value})
    assert_rejected(
        path, f"expected {name} to be a whole number from {least}, found {value!r}; correct it"
    )


@pytest.mark.parametrize(
    ("design", "name"),
    [(design, name) for design, name in of_each_design(is_count) if name not in FROM_ZERO],
)
def test_counts_of_nothing_are_rejected(write, design, name):
    path = write(design, **{name: 0})
    assert_rejected(path, f"expected {name} to be a whole number from 1, found 0; correct it")


@pytest.mark.parametrize("value", [0, -0.5, "0.2", True])
def test_a_deviation_must_be_positive(write, value):
    path = write(SWEEP, equivariant_stddev=value)
    message = f"expected equivariant_stddev to be a positive number, found {value!r}; correct it"
    assert_rejected(path, message)


@pytest.mark.parametrize("oracle", ["bayesian", "", 1, ["random"]])
def test_an_unknown_oracle_is_answered_with_the_known_ones(write, oracle):
    assert_rejected(
        write(GRID, oracle=oracle),
        f"expected oracle to be one of hyperband, random, found {oracle!r}; correct it",
    )
