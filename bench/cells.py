"""One cell of the grid, from nothing to its winner; what is there already is not done again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from bench import clock, evaluate
from bench.tasks import Completed, GridTask, Row
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
    winner = _winner(task, rows)
    if winner is None:
        return Completed(task.cell, list(rows.values()), [], clock.taken())
    _name_winner(rows, [task.key(run) for run in runs], task.key(winner))
    return Completed(
        task.cell, list(rows.values()), _save(task, winner, fresh, best), clock.taken()
    )


def _rows(task: GridTask, outcomes: Iterable[Outcome]) -> dict[str, Row]:
    keyed = ((task.key(outcome.run), outcome.row) for outcome in outcomes)
    return {key: {**row, "run": key} for key, row in keyed}


def _train(task: GridTask, runs: Sequence[Run], best: Hyperparameters) -> list[Outcome]:
    return train([Job(run, best, task.preset.steps) for run in runs], task.preset, task.data)


def _winner(task: GridTask, rows: Mapping[str, Row]) -> Run | None:
    """The run on draw 0 with the best validation error, if one of them succeeded."""
    starts = [run for run in draw_runs(task.preset, task.cell) if run.number == 0]
    sound = [run for run in starts if rows[task.key(run)]["status"] == "ok"]
    return min(sound, key=lambda run: rows[task.key(run)]["validation_mse"], default=None)


def _name_winner(rows: dict[str, Row], keys: Iterable[str], winner: str) -> None:
    for key in keys:
        rows[key] = {**rows[key], "role": "winner" if key == winner else "draw"}


def _save(
    task: GridTask, winner: Run, fresh: Iterable[Outcome], best: Hyperparameters
) -> list[Row]:
    """Save the winner as .h5 and return its predictions on the diagonals.

    A winner of an earlier session is trained again: its seeds make it the same to the bit.
    """
    known = [outcome for outcome in fresh if outcome.run == winner]
    (outcome,) = known or _train(task, [winner], best)
    shape = Job(winner, best, task.preset.steps).program.shape
    networks.save(networks.with_weights(shape, outcome.weights), task.model)
    return [{**asdict(task.cell), **row} for row in evaluate.diagonals(shape, outcome.weights)]
