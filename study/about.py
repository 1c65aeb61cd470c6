"""What a study says of itself besides its records: what was asked for, on which data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from study.errors import StudyError
from study.space import Space

NAME = "about"  # of the fact in a store
LISTS = ("train_files", "validation_files", "sizes", "primary")


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
    choose_by: str
    primary: tuple[str, ...]  # names of the comparisons that were declared before it ran
    margin: float  # per cent: a smaller change counts as none
    spaces: tuple[tuple[str, Space], ...]  # of each architecture that is tuned, by its name
    floor_mse: float | None  # the noise floor of the rows that score; none where it is not known
    floor_error: float | None
    floor_source: str
    floor_rows: str  # "test" or "validation"

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @staticmethod
    def of(plain: Any, place: str) -> About:
        """From JSON, which knows lists alone; place: what a message says of where it was found.

        Raises StudyError where a fact is not there.
        """
        names = {field.name for field in fields(About)}
        found = set(plain) if isinstance(plain, dict) else set()
        if odd := sorted(names ^ found):
            raise StudyError(
                f"{place}: expected {len(names)} facts of the study, found "
                f"{'another' if odd[0] in found else 'none'} named {odd[0]}; run `make study` again"
            )
        listed = {name: tuple(plain[name]) for name in LISTS}
        spaces = tuple((name, _space(space)) for name, space in plain["spaces"])
        return About(**{**plain, **listed, "spaces": spaces})


def _space(plain: dict[str, Any]) -> Space:
    """A space from JSON; what another version said of it is left out."""
    known = {field.name for field in fields(Space)}
    return Space(**{name: tuple(values) for name, values in plain.items() if name in known})
