"""A whole study: what it plans, running it cell by cell, and how far it has come."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from bench import store
from bench.engine import each
from bench.provenance import provenance
from bench.tasks import Completed, Task, complete
from study.data import Data, draw, load
from study.grid import ARCHITECTURES, Cell, Preset, cells
from study.simulate import write_data
from study.space import SPACE

# Measured on one core of a 2025 server; they only serve to say beforehand how long a study takes.
SECONDS_PER_STEP = 8e-6
SECONDS_PER_PROGRAM = 1.0
PROGRAMS = 108  # shapes x batch sizes x optimisers of the space
STARTUP_SECONDS = 8.0


@dataclass(frozen=True)
class Study:
    """A preset on data: its cells as tasks, with the rows that are there."""

    preset: Preset
    data: Data
    simulated: bool
    out: Path
    tasks: tuple[Task, ...]

    @property
    def planned(self) -> int:
        return sum(len(task.planned) for task in self.tasks)

    @property
    def missing(self) -> int:
        return sum(len(task.missing) for task in self.tasks)

    @property
    def failed(self) -> int:
        """Runs that failed; trials may, since the tuner's space is wide on purpose."""
        rows = (row for task in self.tasks for row in task.rows.values())
        return sum(row["status"] != "ok" and row["role"] != "trial" for row in rows)


@cache
def simulated_data() -> Data:
    """What `write_data` writes, without leaving it anywhere."""
    with tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder))
        return load(Path(folder))


def open_study(preset: Preset, data: Path, out: Path, models: Path, *, simulate: bool) -> Study:
    """The study as it stands. Data are simulated where the folder has no CSV file at all.

    With `simulate` they are written there, else only looked at. Raises StudyError for data that
    are wrong, or too few for the preset's sizes.
    """
    empty = not any(data.glob("leakage_dataset_*.csv"))
    if empty and simulate:
        write_data(data)
    given = simulated_data() if empty and not simulate else load(data)
    for m in preset.sizes:
        draw(given, m, 0)
        draw(given, m, min(preset.draws, 1))
    tasks = [Task(cell, preset, given, models, {}) for cell in cells(preset)]
    if (out / store.FILE).exists():
        with closing(store.Store(out)) as rows:
            tasks = [replace(task, rows=rows.rows(map(task.key, task.planned))) for task in tasks]
    simulated = given.checksum == simulated_data().checksum
    return Study(preset, given, simulated, out, tuple(tasks))


def run(study: Study, workers: int, show: Callable[[str, int], None]) -> Study:
    """Complete the study's cells and return it as it stands then."""
    begin = time.perf_counter()
    todo = {task.cell: task for task in study.tasks if not task.complete}
    finished: dict[Cell, Task] = {}
    seconds: Counter[str] = Counter()
    with closing(store.Store(study.out)) as rows:
        rows.begin([task.key(run) for task in study.tasks for run in task.planned], describe(study))
        for done in each(complete, todo.values(), workers, study.out, _architecture):
            task = todo[done.cell]
            rows.add(done.rows, done.diagonals)
            finished[done.cell] = replace(task, rows={row["run"]: row for row in done.rows})
            seconds.update(done.seconds)
            show(_said(done), len(task.missing))
        if todo:
            total = {"total": time.perf_counter() - begin}
            rows.describe({"seconds": {**seconds, **total}, "workers": workers})
    store.export(study.out)
    return replace(study, tasks=tuple(finished.get(task.cell, task) for task in study.tasks))


def _architecture(task: Task) -> str:
    """Cells of one architecture share their compiled programs."""
    return task.cell.architecture


def describe(study: Study) -> dict[str, Any]:
    """What the report says of the study besides its rows."""
    preset, data = study.preset, study.data
    trials = preset.trials * preset.trial_starts * len(study.tasks)
    return {
        "preset": preset.name,
        "m": list(preset.sizes),
        **{name: getattr(preset, name) for name in ("draws", "starts", "draw_starts", "oracle")},
        **{name: getattr(preset, name) for name in ("trials", "trial_starts", "steps", "patience")},
        "planned": {"trial": trials, "run": study.planned - trials},
        "data": "simulated" if study.simulated else "given",
        "data_checksum": data.checksum,
        "pool": max(data.train),
        "train_files": list(data.train),
        "validation_rows": len(data.validation.X),
        "test_rows": len(data.test.X) if data.test else 0,
        "space": [
            {"name": line.name} | {name: line.describe(name) for name in ARCHITECTURES}
            for line in SPACE
        ],
        "provenance": provenance(),
    }


def describe_plan(study: Study, workers: int) -> Iterator[str]:
    """What `run` would do: counts, estimated time, files."""
    preset = study.preset
    source = "simulated data" if study.simulated else f"data in {study.data.folder}"
    yield f"preset {preset.name} on {source}: {len(study.tasks)} cells"
    yield f"  m: {', '.join(map(str, preset.sizes))}"
    yield f"  trials: {preset.trials} a cell, {preset.trial_starts} starts each"
    yield f"  runs: {preset.starts} starts on draw 0, {preset.draws} draws of {preset.draw_starts}"
    yield f"{study.planned} trainings, {study.missing} of them still to do"
    yield f"about {_estimate(study, workers) / 60:.1f} minutes with {workers} workers"
    yield "would write, and nothing else:"
    yield f"  {study.out / store.FILE}, {study.out / 'runs.csv'}, {study.out / 'workers.log'}"
    for task in study.tasks:
        yield f"  {task.model}"


def _estimate(study: Study, workers: int) -> float:
    """Seconds that the missing runs would take at most, were none of them to stop early."""
    preset = study.preset
    todo = [task for task in study.tasks if not task.complete]
    if not todo:
        return 0.0
    runs = preset.starts + preset.draws * preset.draw_starts
    full = runs + preset.trials * preset.trial_starts / (preset.halvings + 1)
    programs = min(len(todo) * preset.trials, PROGRAMS) * SECONDS_PER_PROGRAM
    training = len(todo) * full * preset.steps * SECONDS_PER_STEP
    return STARTUP_SECONDS + (training + programs) / workers


def describe_status(study: Study) -> Iterator[str]:
    """How many of the planned runs are there, and what became of them; a line for each cell."""
    yield f"{study.planned - study.missing} of {study.planned} planned runs are there"
    for task in study.tasks:
        count = Counter(row["status"] for row in task.rows.values() if row["role"] != "trial")
        parts = [f"{number} {status}" for status, number in sorted(count.items()) if status != "ok"]
        parts += [f"{len(task.missing)} missing"] * bool(task.missing)
        parts += [f"no {task.model}"] * (not task.missing and not task.complete)
        yield f"  {task.cell.name}: {', '.join(parts) or 'complete'}"


def _said(done: Completed) -> str:
    """One line on a completed cell."""
    failed = sum(row["status"] != "ok" for row in done.rows if row["role"] != "trial")
    best = [row["validation_mse"] for row in done.rows if row["role"] == "winner"]
    winner = f"winner's validation MSE {best[0]:.4f}" if best else "no winner"
    return f"{done.cell.name}: {winner}" + f", {failed} failed runs" * bool(failed)
