"""Presets: TOML files that load, and for each value out of place what was expected and found."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from study.architectures import ARCHITECTURES
from study.comparisons import COMPARISONS
from study.conditions import CONDITIONS
from study.errors import StudyError, shown
from study.grid import Grid, Tuning
from study.presets import PRESETS, Preset, load_preset
from study.space import KNOWN
from study.sweep import Sweep

NAMES = sorted(path.stem for path in PRESETS.glob("*.toml"))
GRID = {
    "sizes": [30, 60],
    "architectures": ["standard", "equivariant"],
    "corrections": ["fitted", "none"],
    "repetitions": 2,
    "steps": 90,
    "tuning": {"proposals": 4, "finalists": 2, "starts": 1},
    "exercise": {"proposals": 5, "finalists": 3, "starts": 2},
    "conditions": ["baselines", "wrong_symmetry"],
    "condition_sizes": [30],
    "condition_repetitions": 1,
    "validation_rows": 500,
    "choose_by": "mae",
    "space": {"standard": {"depth": [1, 2], "learning_rate": [1e-4, 0.5]}},
    "seed": 7,
    "primary": ["built_in", "correction"],
    "margin": 3,
}
SWEEP = {
    "sizes": [30, 60],
    "learning_rates": [0.001, 0.1],
    "depths": [1, 2],
    "standard_widths": [4, 16],
    "repeats": 3,
    "batch_size": 8,
    "epochs": 20,
    "patience": 5,
    "equivariant_stddev": 0.2,
    "seed": 7,
}
OPTIONAL = {
    "architectures": ("standard", "equivariant"),
    "corrections": (False, True),
    "tuning": Tuning(27, 3),
    "conditions": (),
    "condition_sizes": (),
    "condition_repetitions": 0,
    "validation_rows": 1000,
    "choose_by": "mse",
}


def toml(value: Any) -> str:
    """A value as TOML writes it: as JSON does, but for tables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write a preset with some values changed or, as None, left out; return its path."""

    def write_preset(values: dict[str, Any], **changes: Any) -> str:
        changed = {**values, **changes}
        path = tmp_path / "mine.toml"
        lines = [f"{name} = {toml(value)}" for name, value in changed.items() if value is not None]
        path.write_text("\n".join(lines), encoding="utf-8")
        return str(path)

    return write_preset


def assert_rejected(path: str, message: str) -> None:
    """Assert that loading fails with one line: the path, then the message."""
    with pytest.raises(StudyError, match=f"^{re.escape(f'{path}: {message}')}$"):
        load_preset(path)


# What is right


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_there_is_loads(name):
    preset = load_preset(name)
    assert (preset.name, preset.seed) == (name, 1)
    assert next(preset.on({100, 1000}).names())


def test_the_presets_are_these():
    assert NAMES == [
        "budget", "corrected", "default", "doubled", "exercise",
        "published", "smoke", "space", "variance",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "sizes", "repetitions", "tuning", "exercise"),
    [
        ("smoke", (50, 100), 3, Tuning(3, 1), Tuning(3, 1, 1)),
        ("exercise", (100, 1000), 0, Tuning(27, 3), Tuning(81, 9, 8)),
        ("default", (25, 50, 100, 250, 500, 1000), 30, Tuning(27, 3), Tuning(81, 9, 8)),
        ("budget", (25, 100), 30, Tuning(81, 9), Tuning(81, 9)),
        ("variance", (25, 100), 12, Tuning(27, 3), Tuning(27, 3)),
    ],
)
def test_presets_of_the_grid_by_hand(name, sizes, repetitions, tuning, exercise):
    design = load_preset(name).design
    assert isinstance(design, Grid)
    assert (design.sizes, design.repetitions) == (sizes, repetitions)
    assert (design.tuning, design.exercise) == (tuning, exercise)


@pytest.mark.parametrize("name", ["doubled", "corrected", "space", "budget"])
def test_what_is_compared_with_the_default_study_differs_in_one_thing(name):
    """At its sizes; so that whatever differs comes from that."""
    default = load_preset("default").design
    same = replace(
        default, sizes=(25, 100), corrections=(True,), exercise=default.tuning,
        conditions=(), condition_sizes=(), condition_repetitions=0,
    )  # fmt: skip
    preset = load_preset(name)
    expected = {
        "doubled": replace(same, steps=20000),
        "corrected": same,
        "space": same,
        "budget": replace(
            same, tuning=Tuning(81, 9), exercise=Tuning(81, 9),
            conditions=preset.design.conditions, condition_sizes=(25, 100),
            condition_repetitions=30,
        ),
    }[name]  # fmt: skip
    assert preset.design == expected
    assert bool(preset.spaces) == (name == "space")


def test_the_wider_space_holds_the_usual_one():
    preset = load_preset("space")
    for name in ("standard", "equivariant"):
        usual, wider = ARCHITECTURES[name].space, preset.space(name)
        for hyperparameter, values in vars(usual).items():
            assert set(getattr(wider, hyperparameter)) >= set(values)
    assert preset.space("standard").width == (16, 32, 64)
    assert preset.space("equivariant").depth == (4, 8, 12, 16)
    assert preset.space("equivariant").width == (4,)


def test_the_published_protocol_is_the_one_of_the_paper():
    published = load_preset("published").design
    assert published == Sweep(
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
    assert len(list(published.names())) == 1800


def test_a_grid_of_ones_own_loads_from_its_path(write):
    standard = ARCHITECTURES["standard"].space
    assert load_preset(write(GRID)) == Preset(
        name="mine",
        design=Grid(
            architectures=("standard", "equivariant"),
            corrections=(False, True),
            sizes=(30, 60),
            repetitions=2,
            exercise_sizes=(),
            tuning=Tuning(4, 2, 1),
            exercise=Tuning(5, 3, 2),
            steps=90,
            conditions=("baselines", "wrong_symmetry"),
            condition_sizes=(30,),
            condition_repetitions=1,
            validation_rows=500,
            choose_by="mae",
        ),
        spaces={"standard": replace(standard, depth=(1, 2), learning_rate=(1e-4, 0.5))},
        exercise=True,
        seed=7,
        primary=("built_in", "correction"),
        margin=3.0,
    )


def test_comparisons_between_models_are_primary_where_a_preset_says_nothing(write):
    preset = load_preset(write(GRID, primary=None, margin=None))
    assert (preset.primary, preset.margin) == (("built_in", "copies", "symmetry", "both"), 5)


def test_a_sweep_of_ones_own_loads_from_its_path(write):
    preset = load_preset(write(SWEEP))
    listed = {name: tuple(v) if isinstance(v, list) else v for name, v in SWEEP.items()}
    seed = listed.pop("seed")
    assert preset.design == Sweep(**listed)
    assert (preset.name, preset.exercise, preset.seed) == ("mine", False, seed)
    assert set(preset.spaces) == {"standard", "equivariant"}
    assert preset.space("standard").width == (4, 16)
    assert preset.on({30, 60}) == preset.design


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_is_left_out_takes_its_default(write, name):
    beside = {} if name in ("sizes", "architectures") else {"conditions": None}
    design = load_preset(write(GRID, **{**beside, name: None})).design
    assert getattr(design, name) == OPTIONAL[name]


def test_spaces_are_those_of_the_architectures_where_a_preset_says_nothing(write):
    preset = load_preset(write(GRID, space=None, seed=None))
    assert (preset.spaces, preset.seed) == ({}, 1)
    for name, entry in ARCHITECTURES.items():
        assert preset.space(name) == entry.space
    other = load_preset(write(GRID))
    assert other.space("equivariant") == ARCHITECTURES["equivariant"].space
    assert other.space("standard") == other.spaces["standard"]


def test_without_an_exercise_there_is_no_repetition_0(write):
    preset = load_preset(write(GRID, exercise=None))
    assert not preset.exercise
    assert preset.on({30, 60, 1000}).exercise_sizes == ()


def test_the_exercise_is_at_the_sizes_that_have_a_training_file(write):
    preset = load_preset(write(GRID))
    assert preset.on({60, 1000}) == replace(preset.design, exercise_sizes=(60,))
    assert preset.on({1000}).exercise_sizes == ()
    assert load_preset("default").on({100, 1000, 30000}).exercise_sizes == (100, 1000)


def test_sizes_are_sorted_and_each_counts_once(write):
    assert load_preset(write(GRID, sizes=[60, 30, 60])).design.sizes == (30, 60)
    assert load_preset(write(SWEEP, depths=[2, 1, 2])).design.depths == (1, 2)


@pytest.mark.parametrize(
    ("corrections", "expected"),
    [(["none"], (False,)), (["fitted"], (True,)), (["fitted", "none"], (False, True))],
)
def test_corrections_by_name(write, corrections, expected):
    assert load_preset(write(GRID, corrections=corrections)).design.corrections == expected


def test_some_counts_may_be_zero(write):
    none = {"repetitions": 0, "condition_repetitions": 0, "conditions": []}
    design = load_preset(write(GRID, **none)).design
    assert (design.repetitions, design.condition_repetitions) == (0, 0)
    tuning = {"proposals": 1, "finalists": 1, "starts": 0}
    assert load_preset(write(GRID, tuning=tuning)).design.tuning == Tuning(1, 1, 0)


def test_further_starts_may_be_left_out(write):
    fewer = {"proposals": 9, "finalists": 1}
    preset = load_preset(write(GRID, tuning=fewer, exercise=fewer))
    assert preset.design.tuning == preset.design.exercise == Tuning(9, 1, 0)


def test_an_architecture_of_ones_own_may_be_named(write, monkeypatch):
    entry = replace(ARCHITECTURES["standard"], name="mine")
    monkeypatch.setitem(ARCHITECTURES, "mine", entry)
    path = write(GRID, architectures=["mine"], conditions=["small_validation"])
    assert load_preset(path).design.architectures == ("mine",)


# What is wrong with the file


def test_an_unknown_name_is_answered_with_the_known_ones():
    known = ", ".join(NAMES)
    message = (
        f"preset smok: expected one of {known} or the path of a .toml file, found neither; copy "
        f"one of {PRESETS} to start your own"
    )
    with pytest.raises(StudyError, match=f"^{re.escape(message)}$"):
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


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_rejected_before_it_is_read(tmp_path, make):
    make(tmp_path / "mine.toml")
    message = "expected a TOML file, found a folder, a device or a pipe; correct it"
    assert_rejected(str(tmp_path / "mine.toml"), message)


def test_a_large_file_is_not_read_to_its_end(tmp_path):
    with (tmp_path / "mine.toml").open("wb") as file:
        file.truncate(10**12)
    message = "expected a TOML file, found more than 100,000 bytes; correct it"
    assert_rejected(str(tmp_path / "mine.toml"), message)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[" * 600, "lists in lists without end"),
        ("9" * 5000, "Exceeds the limit (4300 digits) for integer string conversion"),
        ("0x" + "f" * 5000, "a whole number of 20,000 bits"),
    ],
    ids=["brackets", "digits", "hexadecimal"],
)
def test_a_value_that_python_cannot_take_is_rejected_in_one_line(tmp_path, write, text, found):
    path = Path(write(GRID, steps=1234))
    path.write_text(path.read_text().replace("1234", text))
    with pytest.raises(StudyError, match=re.escape(found)) as error:
        load_preset(str(path))
    assert "\n" not in str(error.value)


def test_a_byte_order_mark_is_no_part_of_a_preset(write):
    path = Path(write(GRID))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_preset(str(path)).seed == 7


@pytest.mark.parametrize("name", ["a b.toml", ".toml", f"{'a' * 61}.toml", "a\nb.toml", "=1.toml"])
def test_a_name_that_would_make_a_strange_folder_is_rejected(tmp_path, name):
    path = tmp_path / name
    path.write_bytes((PRESETS / "smoke.toml").read_bytes())
    with pytest.raises(StudyError, match="expected a name of at most 60 letters, digits, points"):
        load_preset(str(path))


def test_a_study_has_a_million_trainings_at_most(write):
    huge = {"repetitions": 10000, "tuning": {"proposals": 10000, "finalists": 1}}
    assert_rejected(
        write(GRID, **huge),
        "expected at most 1,000,000 trainings, found more; ask for fewer sizes, repetitions or "
        "proposals, or share them among several presets",
    )


# What is missing, and what is too much


@pytest.mark.parametrize(
    ("values", "name"),
    [(GRID, name) for name in ("sizes", "repetitions", "steps")]
    + [(SWEEP, name) for name in SWEEP if name not in ("repeats", "seed")],
)
def test_a_missing_value_is_named(write, values, name):
    path = write(values, **{name: None})
    assert_rejected(path, f"expected a value for {name}, found none; add it")


@pytest.mark.parametrize("table", ["tuning", "exercise"])
@pytest.mark.parametrize("name", ["proposals", "finalists"])
def test_a_missing_value_of_a_table_is_named(write, table, name):
    path = write(GRID, **{table: {k: v for k, v in GRID[table].items() if k != name}})
    assert_rejected(path, f"expected a value for {table}.{name}, found none; add it")


@pytest.mark.parametrize("values", [GRID, SWEEP], ids=["grid", "sweep"])
@pytest.mark.parametrize("unknown", ["draw", "name", "exercise_sizes", "tuner", "oracle"])
def test_an_unknown_value_is_named(write, values, unknown):
    path = write(values, **{unknown: 3})
    assert_rejected(
        path, f"expected only {', '.join(values_of(values))}, found {unknown}; remove it"
    )


def values_of(values: dict[str, Any]) -> list[str]:
    """The names that a preset of this kind may have, as messages list them."""
    order = ["sizes", "architectures", "corrections", "repetitions", "steps"]
    return sorted(values, key=lambda name: order.index(name) if name in order else 99)


@pytest.mark.parametrize("table", ["tuning", "exercise"])
def test_an_unknown_value_of_a_table_is_named(write, table):
    path = write(GRID, **{table: {**GRID[table], "rounds": 3}})
    assert_rejected(
        path, f"expected only proposals, finalists, starts, found {table}.rounds; remove it"
    )


def test_a_grids_value_is_not_a_sweeps(write):
    known = ", ".join(SWEEP)
    assert_rejected(write(SWEEP, steps=9), f"expected only {known}, found steps; remove it")


# What is out of place

HUGE = [10**7, 10**30, 10**400, 1e300]
RATES = "a list of numbers from 1e-09 to 100 such as [1e-3, 1e-2]"
CORRECTED = "a list of none and fitted, or one of them, such as ['none', 'fitted']"
SIZES = "a list of whole numbers from 1 to 1,000,000 such as [100, 1000]"
DEPTHS = "a list of whole numbers from 1 to 32 such as [4, 16]"
WIDTHS = "a list of whole numbers from 1 to 256 such as [4, 16]"
ARCHITECTURAL = f"a list of some of {', '.join(ARCHITECTURES)}"
CONDITIONAL = f"a list of some of {', '.join(name for name in CONDITIONS if name)}"
COMPARED = f"a list of some of {', '.join(COMPARISONS)}"
NOT_WHOLE = [-1, 1.0, "3", True, [1], *HUGE]
LISTS = [100, [0], [-5], ["30"], [True], [30, 1.5], *([one] for one in HUGE), list(range(1, 102))]


def whole(least: int, most: int) -> str:
    return f"a whole number from {least} to {most:,}"


RULES = [
    (GRID, "sizes", SIZES, [*LISTS, []]),
    (GRID, "condition_sizes", f"{SIZES}, or empty", LISTS),
    (GRID, "architectures", ARCHITECTURAL, ["standard", [], ["standrd"], [1], [["standard"]]]),
    (GRID, "conditions", CONDITIONAL, ["baselines", ["baseline"], [""], [1], [["baselines"]]]),
    (GRID, "primary", COMPARED, ["copies", ["copy"], [1]]),
    (GRID, "corrections", CORRECTED, ["none", [], [True], ["None"], [["none"]]]),
    (GRID, "repetitions", whole(0, 10000), NOT_WHOLE),
    (GRID, "condition_repetitions", whole(0, 10000), NOT_WHOLE),
    (GRID, "steps", whole(50, 1000000), [*NOT_WHOLE, 0, 49]),
    (GRID, "seed", whole(1, 2**63 - 1), [-1, 1.0, "3", True, [1], 0, 10**30, 10**400]),
    (GRID, "margin", "a number of per cent from 0.1 to 50", [0, -1, True, "5", 51, 10**400]),
    (GRID, "validation_rows", f'{whole(1, 10**6)}, or "m"', [*NOT_WHOLE, 0, "n", ["m"]]),
    (GRID, "choose_by", '"mse" or "mae"', ["huber", "", 1, ["mse"], True]),
    *((GRID, name, "a table", [3, "x", [1]]) for name in ("tuning", "exercise", "space")),
    (SWEEP, "sizes", SIZES, [*LISTS, []]),
    (SWEEP, "depths", DEPTHS, [*LISTS, [], [33]]),
    (SWEEP, "standard_widths", WIDTHS, [*LISTS, [], [257]]),
    (SWEEP, "repeats", whole(1, 10000), [*NOT_WHOLE, 0]),
    (SWEEP, "batch_size", whole(1, 4096), [*NOT_WHOLE, 0]),
    (SWEEP, "epochs", whole(1, 1000000), [*NOT_WHOLE, 0]),
    (SWEEP, "patience", whole(1, 1000000), [*NOT_WHOLE, 0]),
    (SWEEP, "seed", whole(1, 2**63 - 1), [0, 10**30]),
    (SWEEP, "learning_rates", RATES, [0.1, [], [0.001, -0.1], [0], ["1"], [True], [1e9]]),
    (SWEEP, "equivariant_stddev", "a number from 1e-09 to 100", [0, -0.5, "0.2", True, [0.2]]),
]


@pytest.mark.parametrize(
    ("values", "name", "words", "value"),
    [(values, name, words, value) for values, name, words, wrong in RULES for value in wrong],
)
def test_a_value_out_of_place_is_told_what_was_expected(write, values, name, words, value):
    path = write(values, **{name: value})
    assert_rejected(path, f"expected {name} to be {words}, found {shown(value)}; correct it")


def test_every_value_has_been_out_of_place():
    assert {name for values, name, *_ in RULES if values is GRID} == set(GRID)
    assert {name for values, name, *_ in RULES if values is SWEEP} == set(SWEEP)


@pytest.mark.parametrize("value", ["inf", "nan"])
def test_a_number_is_finite(tmp_path, write, value):
    path = Path(write(SWEEP, equivariant_stddev=0.25))
    path.write_text(path.read_text().replace("0.25", value))
    message = f"expected equivariant_stddev to be a number from 1e-09 to 100, found {value}"
    assert_rejected(str(path), f"{message}; correct it")


@pytest.mark.parametrize("table", ["tuning", "exercise"])
@pytest.mark.parametrize(
    ("name", "least", "values"),
    [
        ("proposals", 1, [0, *NOT_WHOLE]),
        ("finalists", 1, [0, *NOT_WHOLE]),
        ("starts", 0, NOT_WHOLE),
    ],
)
def test_a_tables_value_out_of_place_is_told_what_was_expected(write, table, name, least, values):
    for value in values:
        path = write(GRID, **{table: {**GRID[table], name: value}})
        words = whole(least, 10000)
        message = f"expected {table}.{name} to be {words}, found {shown(value)}; correct it"
        assert_rejected(path, message)


@pytest.mark.parametrize("table", ["tuning", "exercise"])
def test_there_are_no_more_finalists_than_proposals(write, table):
    assert_rejected(
        write(GRID, **{table: {"proposals": 3, "finalists": 4}}),
        f"expected {table}.finalists to be at most the 3 proposals, found 4; make it smaller",
    )


# Spaces

SPACE = {
    "depth": (DEPTHS, [*LISTS, [], [10**9]]),
    "width": (WIDTHS, [*LISTS, [], [10**6]]),
    "batch_size": ("a list of whole numbers from 1 to 4,096 such as [4, 16]", [*LISTS, []]),
    **{
        name: (f"a list of some of {', '.join(known)}", ["elu", [], [1], [""], ["relu"]])
        for name, known in KNOWN.items()
    },
    "learning_rate": (
        "a list of two numbers from 1e-09 to 100 such as [1e-3, 1e-1], the smaller one first",
        [
            [0.1, 1e300],
            0.1,
            [],
            [0.1],
            [0.1, 0.01],
            [0.1, 0.1],
            [0.1, 0.2, 0.3],
            [0, 1],
            ["a", "b"],
        ],
    ),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, (_, wrong) in SPACE.items() for value in wrong]
)
def test_a_value_of_a_space_out_of_place_is_told_what_was_expected(write, name, value):
    path = write(GRID, space={"standard": {name: value}})
    words = SPACE[name][0]
    assert_rejected(
        path, f"expected space.standard.{name} to be {words}, found {shown(value)}; correct it"
    )


def test_every_hyperparameter_of_a_space_has_been_out_of_place():
    assert set(SPACE) == set(asdict(ARCHITECTURES["standard"].space))


def test_an_unknown_hyperparameter_is_named(write):
    known = "depth, width, activation, batch_size, optimizer, learning_rate, loss"
    assert_rejected(
        write(GRID, space={"standard": {"depht": [2]}}),
        f"expected only {known}, found space.standard.depht; remove it",
    )


def test_a_space_is_a_table(write):
    assert_rejected(
        write(GRID, space={"standard": 3}),
        "expected space.standard to be a table, found 3; correct it",
    )


def test_a_space_of_an_unknown_architecture_is_answered_with_the_known_ones(write):
    message = (
        f"architecture standrd: expected one of {', '.join(sorted(ARCHITECTURES))}, found none of "
        "these; correct the name, or register it in study/architectures.py"
    )
    with pytest.raises(StudyError, match=f"^{re.escape(message)}$"):
        load_preset(write(GRID, space={"standrd": {"depth": [2]}}))


@pytest.mark.parametrize("width", [3, 6])
@pytest.mark.parametrize("name", ["equivariant", "equivariant_wide", "wrong_group"])
def test_an_equivariant_network_has_a_width_of_whole_channels(write, name, width):
    message = f"expected a width that is a multiple of 4, found {width}; correct it in the space"
    with pytest.raises(StudyError, match=message):
        load_preset(write(GRID, space={name: {"width": [4, width]}}))


# Values that do not go together


def test_conditions_have_no_more_repetitions_than_there_are(write):
    assert_rejected(
        write(GRID, condition_repetitions=3),
        "expected condition_repetitions to be among the 2 repetitions, found 3; make it smaller",
    )


def test_conditions_stand_at_sizes_that_are_studied(write):
    assert_rejected(
        write(GRID, condition_sizes=[60, 70]),
        "expected condition_sizes to be among the sizes [30, 60], found 70; add it to sizes or "
        "remove it",
    )


def test_an_offset_is_looked_for_in_ten_samples_at_least(write):
    assert_rejected(
        write(GRID, sizes=[9, 30]),
        "expected sizes from 10 for the correction of a faulty sensor, found m = 9; leave it out, "
        "or set corrections to ['none']",
    )
    assert load_preset(write(GRID, sizes=[9, 30], corrections=["none"])).design.sizes == (9, 30)
    assert load_preset(write(GRID, sizes=[10, 30])).design.sizes == (10, 30)


@pytest.mark.parametrize(
    ("condition", "architectures", "missing"),
    [
        ("wrong_symmetry", ["standard"], "equivariant"),
        ("identity", ["standard", "wrong_group"], "equivariant"),
        ("matched_epochs", ["standard"], "equivariant"),
        ("matched_epochs", ["equivariant"], "standard"),
    ],
)
def test_a_condition_follows_a_model_that_is_studied(write, condition, architectures, missing):
    """It would wait for ever."""
    assert_rejected(
        write(GRID, architectures=architectures, conditions=[condition]),
        f"expected {missing} among the architectures for the condition {condition}, found "
        f"{', '.join(architectures)}; add it, or remove the condition",
    )


def test_a_smaller_budget_is_no_larger_than_the_grids(write):
    """It would wait for proposals that nobody asks for."""
    assert_rejected(
        write(GRID, conditions=["first_3", "first_9"]),
        "expected tuning.proposals from 9 for the condition first_9, found 4; make it larger, or "
        "remove the condition",
    )
    nine = {"proposals": 9, "finalists": 1}
    assert load_preset(write(GRID, conditions=["first_9"], tuning=nine)).design


def test_conditions_need_sizes_and_repetitions(write):
    for missing in ({"condition_sizes": []}, {"condition_repetitions": 0}):
        with pytest.raises(StudyError, match="expected condition_sizes and condition_repetitions"):
            load_preset(write(GRID, **missing))


def test_a_file_of_ones_own_does_not_take_a_presets_name(tmp_path):
    path = tmp_path / "default.toml"
    path.write_bytes((PRESETS / "smoke.toml").read_bytes())
    with pytest.raises(StudyError, match="expected a name that no preset of the project has"):
        load_preset(str(path))
    assert load_preset(str(PRESETS / "default.toml")).name == "default"
