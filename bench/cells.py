"""One cell of the grid and its followers, from nothing to their winners; what is there stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

from bench import clock, evaluate
from bench.tasks import Completed, GridTask, Row, winner_name
from bench.train import Job, Outcome, train
from bench.tune import chosen, tune
from study import networks
from study.grid import Run, draw_runs, trial_runs
from study.space import Hyperparameters


def complete(task: GridTask) -> Completed:
    """Tune, train the draws of the cell and its followers, save winners: whatever is missing."""
    rows = dict(task.rows)
    trials = trial_runs(task.preset, task.cell)
    if any(task.key(run) not in rows for run in trials):
        rows |= _rows(task, tune(task.cell, task.preset, task.data, task.trainer))
    best = chosen([rows[task.key(run)] for run in trials])
    pictures: dict[str, list[Row]] = {"diagonals": [], "maps": []}
    for cell in task.cells:
        runs = draw_runs(task.preset, cell)
        fresh = _train(task, [run for run in runs if task.key(run) not in rows], best)
        rows |= _rows(task, fresh)
        winner = replace(task, rows=rows).winner(cell)
        for run in runs:
            role = "winner" if run == winner else "draw"
            rows[task.key(run)] = {**rows[task.key(run)], "role": role}
        for name, drawn in (_save(task, winner, fresh, best) if winner else {}).items():
            pictures[name] += drawn
    return Completed(task.cell, list(rows.values()), pictures, clock.taken())


def _rows(task: GridTask, outcomes: Iterable[Outcome]) -> dict[str, Row]:
    keyed = ((task.key(outcome.run), outcome.row) for outcome in outcomes)
    return {key: {**row, "run": key} for key, row in keyed}


def _train(task: GridTask, runs: Sequence[Run], best: Hyperparameters) -> list[Outcome]:
    jobs = [Job(run, best, task.preset.steps) for run in runs]
    return train(jobs, task.preset, task.data, task.trainer)


def _save(
    task: GridTask, winner: Run, fresh: Iterable[Outcome], best: Hyperparameters
) -> dict[str, list[Row]]:
    """Save the winner as .h5 and return what the report draws of it.

    A winner of an earlier session is trained again: its seeds make it the same to the bit.
    """
    known = [outcome for outcome in fresh if outcome.run == winner]
    (outcome,) = known or _train(task, [winner], best)
    if outcome.weights is None:  # a diverged run is no winner
        return {}
    shape, weights = Job(winner, best, task.preset.steps).shape, outcome.weights
    key = task.key(winner)
    model = networks.with_weights(shape, weights, name=winner_name(key))
    for path in task.files(winner.cell):
        averaged = path.name != winner.cell.model_file
        networks.save(networks.orbit_average(model) if averaged else model, path)
    drawn = {
        "diagonals": evaluate.diagonals(shape, weights),
        "maps": evaluate.board(shape, weights, task.data.test or task.data.validation),
    }
    named = {"run": key, **asdict(winner.cell)}
    return {name: [{**named, **row} for row in rows] for name, rows in drawn.items()}
