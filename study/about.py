"""What a study says of itself besides its records: what was asked for, on which data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

NAME = "about"  # of the fact in a store


@dataclass(frozen=True)
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
    planned: int  # trainings, baselines included
    failed: int  # trainings whose block raised an error in the last run
    steps: int  # of a full training
    proposals: int  # of a repetition's tuning; 0 in a sweep
    finalists: int
    validation_rows: str  # a number, or "m"
    choose_by: str
    space: tuple[tuple[str, str, str], ...]  # architecture, hyperparameter, its values
    floor_mse: float | None  # the noise floor of the rows that score; none where it is not known
    floor_error: float | None
    floor_source: str
    floor_rows: str  # "test" or "validation"

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @staticmethod
    def of(plain: dict[str, Any]) -> About:
        """From JSON, which knows lists alone."""
        space = tuple(tuple(line) for line in plain["space"])
        listed = {name: tuple(plain[name]) for name in ("train_files", "validation_files")}
        return About(**{**plain, **listed, "space": space})
