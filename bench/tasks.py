"""What a worker carries out: some trainings that belong together. Loads no TensorFlow."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from study.data import Data
from study.grid import Cell, Preset, Run, draw_runs, trial_runs
from study.sweep import Sweep, SweepCell, SweepRun, sweep_runs

Row = dict[str, Any]


@dataclass(frozen=True)
class Completed:
    """A cell with all its rows, its winner's predictions on the diagonals, and the time it took."""

    cell: Cell | SweepCell
    rows: list[Row]
    diagonals: list[Row]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Task(ABC):
    """A cell to complete. `rows` are those of its runs that are there, by key."""

    cell: Any
    preset: Any
    data: Data
    models: Path
    rows: Mapping[str, Row]

    def key(self, run: Any) -> str:
        return run.key(self.preset, self.data.checksum)

    @property
    @abstractmethod
    def planned(self) -> Sequence[Any]:
        """All runs of the cell."""

    @property
    @abstractmethod
    def kind(self) -> Hashable:
        """Tasks of one kind share their compiled programs."""

    @abstractmethod
    def carry_out(self) -> Completed:
        """Complete the cell, in a worker: TensorFlow is loaded here, not by who plans and waits."""

    @property
    def missing(self) -> list[Any]:
        """The planned runs without a row."""
        return [run for run in self.planned if self.key(run) not in self.rows]

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return not self.missing


@dataclass(frozen=True)
class GridTask(Task):
    """A cell of the grid: tune it, train its draws, save its winner."""

    cell: Cell
    preset: Preset

    @property
    def planned(self) -> list[Run]:
        return trial_runs(self.preset, self.cell) + draw_runs(self.preset, self.cell)

    @property
    def kind(self) -> str:
        return self.cell.architecture

    @property
    def model(self) -> Path:
        """Where the winner is saved."""
        return self.models / self.cell.model_file

    @property
    def winner(self) -> Run | None:
        """The run on draw 0 with the best validation error, if one of them succeeded."""
        starts = [run for run in draw_runs(self.preset, self.cell) if run.number == 0]
        sound = [run for run in starts if self.rows[self.key(run)]["status"] == "ok"]
        return min(sound, key=lambda run: self.rows[self.key(run)]["validation_mse"], default=None)

    @property
    def complete(self) -> bool:
        """Whether every row is there, and the winner, named and saved, if there is one."""
        if self.missing or self.winner is None:
            return not self.missing
        key = self.key(self.winner)
        return self.rows[key]["role"] == "winner" and saved_name(self.model) == winner_name(key)

    def carry_out(self) -> Completed:
        from bench import cells

        return cells.complete(self)


@dataclass(frozen=True)
class SweepTask(Task):
    """A cell of a sweep: train all its combinations."""

    cell: SweepCell
    preset: Sweep

    @property
    def planned(self) -> list[SweepRun]:
        return sweep_runs(self.preset, self.cell)

    @property
    def kind(self) -> tuple[str, int, int]:
        return self.cell.architecture, self.cell.width, self.cell.depth

    def carry_out(self) -> Completed:
        from bench import sweeps

        return sweeps.complete(self)


def winner_name(key: str) -> str:
    """The name of the network that is saved as the winner: it tells which run it is."""
    return f"run_{key}"


def saved_name(path: Path) -> str | None:
    """The name of the network in this .h5 file, if it holds one."""
    try:
        with h5py.File(path) as file:
            return str(json.loads(file.attrs["model_config"])["config"]["name"])
    except (OSError, KeyError, ValueError):
        return None


def carry_out(task: Task) -> Completed:
    """Carry a task out: what a worker is given to do."""
    return task.carry_out()
