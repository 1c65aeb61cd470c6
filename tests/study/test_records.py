"""Records: typed rows; what is no such row is told by place and column."""

from dataclasses import asdict, fields, replace

import pytest

from study.errors import StudyError
from study.records import COLUMNS, Record, records

SOUND = Record(
    key="0123456789abcdef",
    architecture="standard",
    augmented=True,
    corrected=False,
    m=25,
    condition="",
    repetition=1,
    stage="full",
    rank=0,
    proposal=7,
    depth=2,
    width=16,
    activation="elu",
    batch_size=16,
    optimizer="adam",
    learning_rate=0.01,
    loss="mse",
    steps=600,
    schedule="cosine",
    validation_rows=1000,
    status="sound",
    reason="",
    best_step=550,
    last_step=600,
    parameters=386,
    validation_mse=0.005,
    numbers=2,
    trainer="loop",
    code="a17d93b",
    packages="numba 0.68.1",
    processor="AMD EPYC",
    seconds=0.02,
    weights=b"\x00\x00\x80?",
)


def test_a_column_for_every_field_and_its_type():
    assert [column.name for column in COLUMNS] == [field.name for field in fields(Record)]
    types = {column.name: (column.type, column.optional) for column in COLUMNS}
    assert types["m"] == (int, False)
    assert types["augmented"] == (bool, False)
    assert types["test_mse"] == (float, True)
    assert types["weights"] == (bytes, True)


def test_what_a_baseline_and_a_diverged_network_lack_is_optional():
    """A Gaussian process has no parameters to count, and only a sweep's have a training error."""
    optional = {column.name for column in COLUMNS if column.optional}
    errors = {f"{role}_{kind}" for role in ("validation", "test") for kind in ("mse", "mae")}
    distances = {
        f"{role}_{kind}_mm" for role in ("validation", "test") for kind in ("distance", "p95")
    }
    assert optional == {
        "parameters", "train_mse", "orbit_mse", "equivariance_error", "output_spread",
        "offset_sensor", "offset", "offset_error", "weights", "curve",
    } | errors | distances  # fmt: skip


def record(values, place):
    (one,) = records([*values], [tuple(values.values())], lambda _: place)
    return one


def test_a_record_comes_back_from_its_values():
    values = {**asdict(SOUND), "augmented": 1, "corrected": 0}
    assert record(values, "here") == SOUND


def test_a_column_that_is_not_there_takes_its_default():
    values = {name: value for name, value in asdict(SOUND).items() if name != "weights"}
    assert record(values, "here") == replace(SOUND, weights=None)


def test_whole_numbers_are_taken_where_a_number_is_wanted():
    """SQLite stores 1.0 as it likes."""
    found = record({**asdict(SOUND), "learning_rate": 1}, "here").learning_rate
    assert (found, type(found)) == (1.0, float)


def test_of_many_rows_the_wrong_one_is_named_even_where_its_number_equals_another():
    good, bad = {**asdict(SOUND), "m": 25}, {**asdict(SOUND), "m": 25.0}
    with pytest.raises(StudyError, match=r"^row 1, column m: expected a whole number from 0"):
        records([*good], [tuple(one.values()) for one in (good, bad)], "row {}".format)
    assert records([*good], [], "row {}".format) == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("m", "25", 'column m: expected a whole number from 0, found "25"'),
        ("m", 2.5, 'column m: expected a whole number from 0, found "2.5"'),
        ("m", None, "column m: expected a whole number from 0, found nothing"),
        ("augmented", 2, 'column augmented: expected 0 or 1, found "2"'),
        ("learning_rate", float("nan"), 'column learning_rate: expected a number, found "nan"'),
        ("seconds", float("inf"), 'column seconds: expected a number, found "inf"'),
        ("test_mse", "low", 'column test_mse: expected a number, found "low"'),
        (
            "validation_rows",
            None,
            "column validation_rows: expected a whole number from 0, found nothing",
        ),
        ("last_step", True, 'column last_step: expected a whole number from 0, found "True"'),
        ("parameters", 9.0, 'column parameters: expected a whole number from 0, found "9.0"'),
        ("rank", -1, 'column rank: expected a whole number from 0, found "-1"'),
        ("status", "Sound", 'column status: expected one of sound, dead, diverged, found "Sound"'),
        (
            "stage",
            "half",
            'column stage: expected one of proposal, full, start, fitted, sweep, found "half"',
        ),
        (
            "curve",
            b"abc",
            "column curve: expected bytes of float32 numbers, found \"b'abc'\"",
        ),
        ("key", 5, 'column key: expected a text, found "5"'),
        ("weights", "abc", 'column weights: expected bytes of float32 numbers, found "abc"'),
    ],
)
def test_a_wrong_value_is_told_by_place_and_column(name, value, words):
    with pytest.raises(StudyError) as told:
        record({**asdict(SOUND), name: value}, "runs.sqlite: table records, row 3")
    place, remedy = "runs.sqlite: table records, row 3", "delete the row to have it made anew"
    assert str(told.value) == f"{place}, {words}; {remedy}"


@pytest.mark.parametrize("missing", ["m", "validation_rows", "last_step", "seconds"])
def test_a_column_that_must_be_there_is_missed(missing):
    values = {name: value for name, value in asdict(SOUND).items() if name != missing}
    with pytest.raises(
        StudyError,
        match=rf"^here: expected a column {missing}, found none; .+ name another folder$",
    ):
        record(values, "here")
