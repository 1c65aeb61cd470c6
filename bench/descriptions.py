"""What is said of a study: to the report, before it runs, while it runs and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from bench import store
from bench.studies import Study
from bench.tasks import Completed, GridTask
from study.grid import ARCHITECTURES, Preset
from study.simulate import FILES
from study.space import SPACE
from study.sweep import Sweep

# Measured on one core of a 2025 server; they only serve to say beforehand how long a study takes.
SECONDS_PER_STEP = 28e-6  # its share of validations and of empty lanes included
STARTUP_SECONDS = 8.0


def describe(study: Study) -> dict[str, Any]:
    """What the report says of the study besides its rows."""
    preset, data = study.preset, study.data
    return {
        "preset": preset.name,
        "trainer": study.trainer,
        "m": list(preset.sizes),
        **(_sweep(study, preset) if isinstance(preset, Sweep) else _grid(study, preset)),
        "data": "simulated" if study.simulated else "given",
        "data_checksum": data.checksum,
        "pool": max(data.train),
        "train_files": list(data.train),
        "validation_rows": len(data.validation.X),
        "test_rows": len(data.test.X) if data.test else 0,
    }


def _grid(study: Study, preset: Preset) -> dict[str, Any]:
    controls = ("controls", "control_sizes", "control_draws")
    sizes = ("corrections", *controls, "draws", "starts", "draw_starts")
    names = (*sizes, "oracle", "trials", "trial_starts", "trial_steps", "steps", "patience")
    planned = Counter(run.kind for task in study.tasks for run in task.planned)
    return {
        **{name: _plain(getattr(preset, name)) for name in names},
        "planned": {"trial": 0, "run": planned.pop("draw", 0), "baseline": 0, **planned},
        "cells": _cells(study),
        "space": [
            {"name": line.name} | {name: line.describe(name) for name in ARCHITECTURES}
            for line in SPACE
        ],
    }


def _plain(value: Any) -> Any:
    """A value as JSON gives it back."""
    return list(value) if isinstance(value, tuple) else value


def _cells(study: Study) -> list[dict[str, Any]]:
    """Every cell with the numbers of its planned trials and of its other runs."""
    counts: dict[Any, Counter[str]] = {}
    for task in study.tasks:
        for run in task.planned:
            part = "trials" if run.kind == "trial" else "runs"
            counts.setdefault(run.cell, Counter())[part] += 1
    return [
        {**asdict(cell), "trials": count["trials"], "runs": count["runs"]}
        for cell, count in counts.items()
    ]


def _sweep(study: Study, sweep: Sweep) -> dict[str, Any]:
    return {"sweep": asdict(sweep), "planned": {"sweep": study.planned}}


def describe_plan(study: Study, workers: int) -> Iterator[str]:
    """What `run` would do: counts, estimated time, files."""
    preset = study.preset
    source = "simulated data" if study.simulated else f"data in {study.data.folder}"
    yield f"preset {preset.name} on {source}: {len(study.tasks)} cells"
    yield f"  m: {', '.join(map(str, preset.sizes))}"
    if isinstance(preset, Sweep):
        yield f"  runs: {preset.repeats} repeats of {len(preset.learning_rates)} learning rates"
    else:
        yield f"  trials: {preset.trials} a cell, {preset.trial_starts} starts each"
        yield f"  runs: {preset.starts} starts on draw 0"
        if preset.draws:
            yield f"  and on {preset.draws} draws, {preset.draw_starts} starts each"
    yield f"{study.planned} trainings, {study.missing} of them still to do"
    yield f"about {_estimate(study, workers) / 60:.1f} minutes with {workers} workers"
    yield "would write, and nothing else:"
    for name in (store.FILE, "runs.csv", "workers.log", "report.html", "report.md", "figures"):
        yield f"  {study.out / name}"
    if study.without_files:
        yield f"  {len(FILES)} files of simulated data"
    for task in study.tasks:
        if isinstance(task, GridTask):
            yield from (f"  {path}" for cell in task.cells for path in task.files(cell))


def _estimate(study: Study, workers: int) -> float:
    """Seconds that the missing runs take, roughly: as if none of them stopped early."""
    todo = [task for task in study.tasks if not task.complete]
    if not todo:
        return 0.0
    return STARTUP_SECONDS + SECONDS_PER_STEP * sum(task.steps for task in todo) / workers


def describe_status(study: Study) -> Iterator[str]:
    """How many of the planned runs are there, and what became of them; a line for each cell."""
    yield f"{study.planned - study.missing} of {study.planned} planned runs are there"
    for task in study.tasks:
        count = Counter(row["status"] for row in task.rows.values() if row["role"] != "trial")
        parts = [f"{number} {status}" for status, number in sorted(count.items()) if status != "ok"]
        parts += [f"{len(task.missing)} missing"] * bool(task.missing)
        if isinstance(task, GridTask) and not task.missing:
            parts += [f"no {path}" for path in task.unsaved]
        yield f"  {task.cell.name}: {', '.join(parts) or 'complete'}"
    yield from _where_the_time_went(study)


def _where_the_time_went(study: Study) -> Iterator[str]:
    """The time of the last training, by the clock and in shares of the workers' work."""
    if not study.seconds:
        return
    spent = {what: seconds for what, seconds in study.seconds.items() if what != "total"}
    whole = sum(spent.values())
    yield f"{study.seconds['total']:.0f} s by the clock; the workers' {whole:.0f} s went to"
    for what, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        yield f"  {what}: {seconds:.1f} s, {100 * seconds / whole:.0f} %"


def describe_cell(done: Completed) -> str:
    """One line on a completed cell."""
    failed = sum(row["status"] != "ok" for row in done.rows if row["role"] != "trial")
    candidates = [row for row in done.rows if row["role"] in ("winner", "sweep", "baseline")]
    sound = [row["validation_mse"] for row in candidates if row["status"] == "ok"]
    best = min(sound, default=None)
    found = "no winner" if best is None else f"best validation MSE {best:.4f}"
    return f"{done.cell.name}: {found}" + f", {failed} failed runs" * bool(failed)
