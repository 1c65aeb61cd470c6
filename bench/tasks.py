"""What a worker carries out: some trainings that belong together. Loads no TensorFlow."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py

from study.data import Data
from study.grid import Cell, Preset, Run, baseline_runs, draw_runs, followers, trial_runs
from study.old_symmetry import SYMMETRIES
from study.sweep import Sweep, SweepCell, SweepRun, sweep_runs
from study.version import NUMBERS

Row = dict[str, Any]


@dataclass(frozen=True)
class Completed:
    """A task's cell with all its rows, the rows of its winners' pictures, and the time it took."""

    cell: Cell | SweepCell
    rows: list[Row]
    pictures: dict[str, list[Row]]  # by table of the store
    seconds: dict[str, float]


@dataclass(frozen=True)
class Task(ABC):
    """A cell to complete. `rows` are those of its runs that are there, by key."""

    cell: Any
    preset: Any
    data: Data
    models: Path
    rows: Mapping[str, Row]
    trainer: str = "loop"  # of `bench.train.TRAINERS`

    def key(self, run: Any) -> str:
        """What names a run's row: numbers of other versions or trainers are never mixed."""
        made_by = "keras" if self.trainer == "keras" else f"loop {NUMBERS}"
        return run.key(self.preset, f"{self.data.checksum} {made_by}")

    @property
    @abstractmethod
    def planned(self) -> Sequence[Any]:
        """All runs of the cell."""

    @property
    @abstractmethod
    def kind(self) -> Hashable:
        """Tasks of one kind share their networks' shapes."""

    @property
    @abstractmethod
    def steps(self) -> float:
        """Optimiser steps of all planned runs, roughly: as if none of them stopped early."""

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
    """A cell of the grid: tune it, train its draws, save its winner; then so for its followers."""

    cell: Cell
    preset: Preset

    @property
    def cells(self) -> list[Cell]:
        """The cell that is tuned, and those that take its hyperparameters over."""
        return [self.cell, *followers(self.preset, self.cell)]

    @property
    def planned(self) -> list[Run]:
        draws = [run for cell in self.cells for run in draw_runs(self.preset, cell)]
        return trial_runs(self.preset, self.cell) + draws

    @property
    def kind(self) -> str:
        return self.cell.architecture

    @property
    def steps(self) -> float:
        draws = sum(run.cell.step_factor for run in self.planned if run.kind == "draw")
        # Each rung of Hyperband takes about the steps of one trial at full length.
        trials = self.preset.trials * self.preset.trial_starts / (self.preset.halvings + 1)
        return draws * self.preset.steps + trials * self.preset.trial_steps

    def files(self, cell: Cell) -> list[Path]:
        """Where a cell's winner is saved: as it is, and a standard one averaged too."""
        names = [cell.model_file]
        if cell.averaged and self.preset.has("orbit_average", cell.m):
            names.append(replace(cell, control="orbit_average").model_file)
        return [self.models / name for name in names]

    def winner(self, cell: Cell) -> Run | None:
        """The run on draw 0 with the best validation error, if one of them succeeded."""
        starts = [run for run in draw_runs(self.preset, cell) if run.number == 0]
        sound = [run for run in starts if self.rows[self.key(run)]["status"] == "ok"]
        return min(sound, key=lambda run: self.rows[self.key(run)]["validation_mse"], default=None)

    @property
    def complete(self) -> bool:
        """Whether every row is there, and the winners, named and saved, where there are any."""
        return not self.missing and not self.unsaved

    @property
    def unsaved(self) -> list[Path]:
        """The files of winners that are not there, or are another run's."""
        found = []
        for cell in self.cells:
            if winner := self.winner(cell):
                key = self.key(winner)
                named = self.rows[key]["role"] == "winner"
                found += [
                    path
                    for path in self.files(cell)
                    if not named or saved_name(path) != winner_name(key)
                ]
        return found

    def carry_out(self) -> Completed:
        from bench import cells

        return cells.complete(self)


@dataclass(frozen=True)
class BaselineTask(Task):
    """A baseline: fit it to every draw."""

    cell: Cell
    preset: Preset

    @property
    def planned(self) -> list[Run]:
        return baseline_runs(self.preset, self.cell)

    @property
    def kind(self) -> str:
        return "baselines"

    @property
    def steps(self) -> float:
        return 0.0

    def carry_out(self) -> Completed:
        from bench import baselines

        return baselines.complete(self)


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

    @property
    def steps(self) -> float:
        rows = self.cell.m * (len(SYMMETRIES) if self.cell.augmented else 1)
        return len(self.planned) * self.preset.epochs * -(-rows // self.preset.batch_size)

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
