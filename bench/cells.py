"""One cell of the grid, from nothing to its winner; what is there already is not done again."""

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
    """Tune, train the draws, save the winner: whatever of it is missing."""
    rows = dict(task.rows)
    trials = trial_runs(task.preset, task.cell)
    if any(task.key(run) not in rows for run in trials):
        rows |= _rows(task, tune(task.cell, task.preset, task.data))
    best = chosen([rows[task.key(run)] for run in trials])
    runs = draw_runs(task.preset, task.cell)
    fresh = _train(task, [run for run in runs if task.key(run) not in rows], best)
    rows |= _rows(task, fresh)
    winner = replace(task, rows=rows).winner
    for run in runs:
        role = "winner" if run == winner else "draw"
        rows[task.key(run)] = {**rows[task.key(run)], "role": role}
    diagonals = _save(task, winner, fresh, best) if winner else []
    return Completed(task.cell, list(rows.values()), diagonals, clock.taken())


def _rows(task: GridTask, outcomes: Iterable[Outcome]) -> dict[str, Row]:
    keyed = ((task.key(outcome.run), outcome.row) for outcome in outcomes)
    return {key: {**row, "run": key} for key, row in keyed}


def _train(task: GridTask, runs: Sequence[Run], best: Hyperparameters) -> list[Outcome]:
    return train([Job(run, best, task.preset.steps) for run in runs], task.preset, task.data)


def _save(
    task: GridTask, winner: Run, fresh: Iterable[Outcome], best: Hyperparameters
) -> list[Row]:
    """Save the winner as .h5 and return its predictions on the diagonals.

    A winner of an earlier session is trained again: its seeds make it the same to the bit.
    """
    known = [outcome for outcome in fresh if outcome.run == winner]
    (outcome,) = known or _train(task, [winner], best)
    shape = Job(winner, best, task.preset.steps).program.shape
    key = task.key(winner)
    networks.save(networks.with_weights(shape, outcome.weights, name=winner_name(key)), task.model)
    named = {"run": key, **asdict(task.cell)}
    return [{**named, **row} for row in evaluate.diagonals(shape, outcome.weights)]
