"""A whole study as it stands: its data, its cells as tasks, the rows that are there."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from bench import store
from bench.tasks import BaselineTask, GridTask, Row, SweepTask, Task
from study.data import Data, draw, load
from study.errors import StudyError
from study.grid import Preset, baseline_cells, cells
from study.sensor import FEWEST
from study.simulate import write_data
from study.sweep import Sweep, sweep_cells


@dataclass(frozen=True)
class Study:
    """A preset on data: its cells as tasks, with the rows that are there."""

    preset: Preset | Sweep
    data: Data
    simulated: bool
    without_files: bool  # its data folder has none yet: the data are those to be simulated
    out: Path
    trainer: str
    tasks: tuple[Task, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)  # of the last training, by what for

    @property
    def planned(self) -> int:
        return sum(len(task.planned) for task in self.tasks)

    @property
    def missing(self) -> int:
        return sum(len(task.missing) for task in self.tasks)

    @property
    def lost(self) -> int:
        """Draws of a cell without any sound run: what nothing can make good.

        A start that failed beside one that did not is counted and reported, and no loss; trials
        may fail, since the tuner's space is wide on purpose.
        """
        rows = [row for task in self.tasks for row in task.rows.values() if row["role"] != "trial"]
        draws = {_draw(row) for row in rows}
        return len(draws - {_draw(row) for row in rows if row["status"] == "ok"})


def _draw(row: Row) -> tuple[Any, ...]:
    """What names a draw of a cell; of a sweep, each run."""
    place = (row["architecture"], row["augmented"], row["m"], row["corrected"], row["control"])
    return (*place, row["run"] if row["role"] == "sweep" else row["draw"])


@cache
def simulated_data() -> Data:
    """What `write_data` writes, without leaving it anywhere."""
    with tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder))
        return load(Path(folder))


def open_study(
    preset: Preset | Sweep,
    data: Path,
    out: Path,
    models: Path,
    *,
    simulate: bool,
    trainer: str = "loop",
) -> Study:
    """The study as it stands. Data are simulated where their folder has no CSV file in it.

    With `simulate` they are written there, else only looked at. Raises StudyError for data that
    are wrong, or too few for the preset's sizes.
    """
    for folder in (out, models):
        if folder.exists() and not folder.is_dir():
            raise StudyError(f"{folder}: expected a folder to write to, found a file; name another")
    empty = data.is_dir() and not any(data.glob("*.csv"))
    if empty and simulate:
        write_data(data)
    given = simulated_data() if empty and not simulate else load(data)
    if isinstance(preset, Preset) and "fitted" in preset.corrections and preset.sizes[0] < FEWEST:
        raise StudyError(
            f"preset {preset.name}: expected sizes from {FEWEST} for the correction of a faulty "
            f"sensor, found m = {preset.sizes[0]}; leave it out, or set corrections to ['none']"
        )
    for m in preset.sizes:
        draw(given, m, 0)
        draw(given, m, min(getattr(preset, "draws", 0), 1))
    tasks = [replace(task, trainer=trainer) for task in _tasks(preset, given, models)]
    seconds: Mapping[str, float] = {}
    if (out / store.FILE).exists():
        with closing(store.Store(out)) as rows:
            tasks = [replace(task, rows=rows.rows(map(task.key, task.planned))) for task in tasks]
            seconds = rows.said().get("seconds", {})
    simulated = given.checksum == simulated_data().checksum
    without_files = empty and not simulate
    return Study(preset, given, simulated, without_files, out, trainer, tuple(tasks), seconds)


def _tasks(preset: Preset | Sweep, data: Data, models: Path) -> list[Task]:
    if isinstance(preset, Sweep):
        return [SweepTask(cell, preset, data, models, {}) for cell in sweep_cells(preset)]
    return [
        *(GridTask(cell, preset, data, models, {}) for cell in cells(preset)),
        *(BaselineTask(cell, preset, data, models, {}) for cell in baseline_cells(preset)),
    ]
