"""Records: one flat, typed row for every training, which tells what made it.

A record's key names what its numbers depend on: the version of the numbers, the data, the trainer,
the protocol, the root seed and the training's own names. Records that differ in one of these never
stand for each other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from study.errors import StudyError

Status = Literal["sound", "dead", "diverged"]
Stage = Literal["proposal", "full", "start", "fitted", "sweep"]
STATUSES = get_args(Status)
FLOAT32 = 4  # bytes


@dataclass(frozen=True, kw_only=True)
class Record:
    """A training: its names, what it was made with, what it came to, and where.

    Errors are of normalised positions; distances are in mm. A diverged network has no scores.
    """

    key: str
    # names
    architecture: str
    augmented: bool
    corrected: bool
    m: int
    condition: str
    repetition: int
    stage: Stage
    rank: int
    # hyperparameters, and which proposal they, the starting weights and the order come from
    proposal: int
    depth: int
    width: int
    activation: str
    batch_size: int
    optimizer: str
    learning_rate: float
    loss: str
    steps: int
    schedule: str
    validation_rows: int
    # the sensor whose offset was undone before training; none where no offset was looked for
    offset_sensor: int | None = None
    offset: float | None = None
    offset_error: float | None = None
    # what it came to
    status: Status
    reason: str
    best_step: int
    last_step: int
    parameters: int | None = None  # none where the samples themselves are the model
    train_mse: float | None = None  # of a sweep's trainings alone
    validation_mse: float | None = None
    validation_mae: float | None = None
    validation_distance_mm: float | None = None
    validation_p95_mm: float | None = None
    test_mse: float | None = None
    test_mae: float | None = None
    test_distance_mm: float | None = None
    test_p95_mm: float | None = None
    orbit_mse: float | None = None  # of the average over the symmetries, on the test rows
    equivariance_error: float | None = None  # the largest over symmetries and validation rows
    output_spread: float | None = None
    # where and how it was made
    numbers: int  # the version of the numbers
    trainer: str
    code: str
    packages: str
    processor: str
    seconds: float  # its share of its block's
    # kept of full trainings alone: float32 in the machine-independent order, little-endian
    weights: bytes | None = None
    curve: bytes | None = None  # the validation error after each gap of steps


@dataclass(frozen=True)
class Column:
    """A field of a record, as the table has it; whole numbers start at 0, bytes are float32."""

    name: str
    type: type
    optional: bool
    words: tuple[str, ...] = ()  # that a text may be; none: any

    def check(self, value: Any, place: str) -> Any:
        """The value as the field's type has it; StudyError with its place where it is another."""
        if value is None and self.optional:
            return None
        if self.type is bool and value in (0, 1):
            return bool(value)
        if self.type is float and isinstance(value, int | float) and math.isfinite(value):
            return float(value)
        if type(value) is self.type and self._holds(value):
            return value
        found = "nothing" if value is None else json.dumps(str(value)[:40])
        raise StudyError(
            f"{place}, column {self.name}: expected {self._wanted}, found {found}; delete the row "
            "to have it made anew"
        )

    def check_all(self, values: Sequence[Any], place: Callable[[int], str]) -> Sequence[Any]:
        """Values (n,), each checked; place: what a message says of where number k was found.

        Columns that are as they should be, which most are, are checked as a whole: a store has
        millions of values.
        """
        kinds, there = {*map(type, values)}, {*values}
        if self.type is bool and there <= {0, 1}:
            return [bool(value) for value in values]
        if self.optional:
            kinds, there = kinds - {NoneType}, there - {None}
        if kinds <= {self.type} and all(map(self._holds, there)):
            return values
        return [self.check(value, place(k)) for k, value in enumerate(values)]

    def _holds(self, value: Any) -> bool:
        if self.type is int:
            return bool(value >= 0)
        if self.type is float:
            return math.isfinite(value)
        if self.type is bytes:
            return len(value) % FLOAT32 == 0
        return self.type is str and value in (self.words or (value,))

    @property
    def _wanted(self) -> str:
        words = f"one of {', '.join(self.words)}" if self.words else "a text"
        wanted = {bool: "0 or 1", int: "a whole number from 0", float: "a number", str: words}
        return wanted.get(self.type, "bytes of float32 numbers")


def column(name: str, hint: Any) -> Column:
    """The column of a field whose type is a plain one, one or none, or one of some words."""
    if isinstance(hint, UnionType):
        kind, _ = get_args(hint)
        return Column(name, kind, optional=True)
    if get_origin(hint) is Literal:
        return Column(name, str, optional=False, words=get_args(hint))
    return Column(name, hint, optional=False)


def columns(of: type) -> tuple[Column, ...]:
    """The columns of a dataclass whose fields are plain values or such or None."""
    hints = get_type_hints(of)
    return tuple(column(field.name, hints[field.name]) for field in fields(of))


COLUMNS = columns(Record)


def records(
    names: Sequence[str], rows: Sequence[Sequence[Any]], place: Callable[[int], str]
) -> list[Record]:
    """Records of rows of values under these names, each checked.

    A column that is not there takes its default. place: what a message says of where row number k
    was found.
    """
    if not rows:
        return []
    if missing := [c.name for c in COLUMNS if not c.optional and c.name not in names]:
        raise StudyError(
            f"{place(0)}: expected a column {missing[0]}, found none; this store is of another "
            "version: name another folder"
        )
    found = dict(zip(names, zip(*rows, strict=True), strict=True))
    known = [column for column in COLUMNS if column.name in found]
    checked = [column.check_all(found[column.name], place) for column in known]
    ours = [column.name for column in known]
    return [Record(**dict(zip(ours, values, strict=True))) for values in zip(*checked, strict=True)]
