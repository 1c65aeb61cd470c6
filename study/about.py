"""What a study says of itself besides its records: what was asked for, on which data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from study.comparisons import COMPARISONS
from study.errors import StudyError
from study.records import column
from study.space import Space

NAME = "about"  # of the fact in a store
T = TypeVar("T")


@dataclass(frozen=True)
class Remark:
    """A sentence on what is odd about a study's data."""

    text: str
    loud: bool = False  # it may make the study's answer false


@dataclass(frozen=True, kw_only=True)
class About:
    """A study: its preset, seeds, data and size. Facts of the data are told, not computed anew."""

    preset: str
    trainer: str
    root_seed: int
    data_folder: str
    data_checksum: str
    simulated: bool
    train_files: tuple[int, ...]  # rows of each
    validation_files: tuple[int, ...]
    test_rows: int  # 0 without a test file
    remarks: tuple[Remark, ...]  # on the data
    sizes: tuple[int, ...]  # m of the cells
    repetitions: int  # of each cell beside repetition 0; how often a sweep trains a combination
    condition_repetitions: int  # of each cell of a condition
    planned: int  # trainings, baselines included
    failed: int  # trainings whose block raised an error in the last run
    steps: int  # of a full training; of the longest one in a sweep
    proposals: int  # of a repetition's tuning; 0 in a sweep
    finalists: int
    exercise_proposals: int  # of repetition 0's tuning; 0 where there is none
    exercise_finalists: int
    exercise_starts: int  # further ones of its best
    validation_rows: str  # a number, or "m"
    choose_by: Literal["mse", "mae"]
    primary: tuple[str, ...]  # names of the comparisons that were declared before it ran
    margin: float  # per cent: a smaller change counts as none
    spaces: tuple[tuple[str, Space], ...]  # of each architecture that is tuned, by its name
    floor_mse: float | None  # the noise floor of the rows that score; none where it is not known
    floor_error: float | None
    floor_source: str
    floor_rows: Literal["test", "validation"]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @staticmethod
    def of(plain: Any, path: str) -> About:
        """From JSON, which knows lists alone; path: of the store, for what a message says.

        Raises StudyError where a fact is not there, or is none.
        """
        place = f"{path}: table facts, row {NAME}, column value"
        names = {field.name for field in fields(About)}
        found = set(plain) if isinstance(plain, dict) else set()
        if odd := sorted(names ^ found):
            raise StudyError(
                f"{place}: expected {len(names)} facts of the study, found "
                f"{'another' if odd[0] in found else 'none'} named {odd[0]}; run `make study` again"
            )
        about = _typed(About, plain, place)
        for name in about.primary:
            if name not in COMPARISONS:
                raise _wrong(f"some of {', '.join(COMPARISONS)}", "primary", name, place)
        if about.validation_rows != "m" and not about.validation_rows.isdecimal():
            raise _wrong("a number or m", "validation_rows", about.validation_rows, place)
        return about


def _typed(kind: Callable[..., T], plain: dict[str, Any], place: str) -> T:
    """A dataclass from JSON, each value checked; what another version said besides is left out."""
    hints = get_type_hints(kind)
    return kind(
        **{
            name: _value(name, hints[name], value, place)
            for name, value in plain.items()
            if name in hints
        }
    )


def _value(name: str, hint: Any, value: Any, place: str) -> Any:
    """A value as its type has it."""
    if hint in (Space, Remark):
        return _typed(hint, _instance(dict, name, value, place), place)
    if get_origin(hint) is not tuple:
        return column(name, hint).check(value, place)
    kinds = get_args(hint)
    listed = _instance(list, name, value, place)
    if kinds[-1] is ...:
        kinds = kinds[:1] * len(listed)
    if len(kinds) != len(listed):
        raise _wrong(f"{len(kinds)} values", name, value, place)
    return tuple(_value(name, *pair, place) for pair in zip(kinds, listed, strict=True))


def _instance(kind: type, name: str, value: Any, place: str) -> Any:
    """A list or a dictionary, where it is one."""
    if not isinstance(value, kind):
        raise _wrong("a list" if kind is list else "names with values", name, value, place)
    return value


def _wrong(expected: str, name: str, value: Any, place: str) -> StudyError:
    return StudyError(
        f"{place}, {name}: expected {expected}, found {str(value)[:40]!r}; run `make study` again"
    )
