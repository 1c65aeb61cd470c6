"""One cell as a task: what of it is planned and what is missing. Loads no TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from study.data import Data
from study.grid import Cell, Preset, Run, draw_runs, trial_runs

Row = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """A cell to complete. `rows` are those of its runs that are there, by key."""

    cell: Cell
    preset: Preset
    data: Data
    models: Path
    rows: Mapping[str, Row]

    def key(self, run: Run) -> str:
        return run.key(self.preset, self.data.checksum)

    @property
    def model(self) -> Path:
        """Where the winner is saved."""
        return self.models / self.cell.model_file

    @property
    def planned(self) -> list[Run]:
        return trial_runs(self.preset, self.cell) + draw_runs(self.preset, self.cell)

    @property
    def missing(self) -> list[Run]:
        """The planned runs without a row."""
        return [run for run in self.planned if self.key(run) not in self.rows]

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do: every row is there, and the winner if there is one."""
        lost = any(row["role"] == "winner" for row in self.rows.values())
        return not self.missing and (not lost or self.model.exists())


@dataclass(frozen=True)
class Completed:
    """A cell with all its rows, its winner's predictions on the diagonals, and the time it took."""

    cell: Cell
    rows: list[Row]
    diagonals: list[Row]
    seconds: dict[str, float]


def complete(task: Task) -> Completed:
    """Complete the cell, in a worker: TensorFlow is loaded here and not by who plans and waits."""
    from bench import cells

    return cells.complete(task)
