"""One cell of a sweep: all its combinations trained and scored; nothing is tuned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from bench import clock, evaluate, lanes
from bench.tasks import Completed, Row, SweepTask
from bench.train import train_and_score
from study import data, networks, symmetry
from study.sweep import ACTIVATION, LOSS, OPTIMIZER, SweepRun


def complete(task: SweepTask) -> Completed:
    """Train the runs of the cell that have no row yet."""
    rows = [*task.rows.values(), *_train(task, task.missing)]
    return Completed(task.cell, rows, {}, clock.taken())


def _train(task: SweepTask, runs: Sequence[SweepRun]) -> list[Row]:
    cell, sweep = task.cell, task.preset
    shape = networks.Shape(cell.architecture, cell.depth, cell.width, ACTIVATION)
    drawn = data.draw(task.data, cell.m, 0)
    samples = data.Samples(*symmetry.augment(*drawn)) if cell.augmented else drawn
    work = [
        lanes.Lane(
            samples=samples,
            weights=networks.initial_weights(
                shape, np.random.default_rng(run.seed("weights")), sweep.equivariant_stddev
            ),
            learning_rate=run.learning_rate,
            loss=LOSS,
            order_seed=run.seed("order"),
            epochs=sweep.epochs,
            patience=sweep.patience,
        )
        for run in runs
    ]
    training = lanes.Training(task.data.validation, -(-len(samples.X) // sweep.batch_size))
    program = lanes.Program(shape, OPTIMIZER, sweep.batch_size)
    trained = train_and_score(program, work, training, task.data, evaluate.Extent.TEST)
    with clock.spent_on("scores"):
        sets = _more_scores(shape, np.stack([flat for _, flat in trained]), samples, task.data)
    return [
        {**_names(task, run), **found, **_where_sound(found, more), "run": task.key(run)}
        for run, (found, _), more in zip(runs, trained, sets, strict=True)
    ]


def _where_sound(found: Row, more: Row) -> Row:
    """A diverged network has no scores."""
    return {} if found["status"] == "diverged" else more


def _names(task: SweepTask, run: SweepRun) -> Row:
    return {
        "role": "sweep",
        **asdict(task.cell),
        "corrected": False,
        "control": "",
        "draw": 0,
        "start": run.repeat,
        "activation": ACTIVATION,
        "optimizer": OPTIMIZER,
        "learning_rate": run.learning_rate,
        "batch_size": task.preset.batch_size,
        "loss": LOSS,
        "seed": run.seed("weights"),
    }


def _more_scores(
    shape: networks.Shape, flat: np.ndarray, samples: data.Samples, given: data.Data
) -> list[dict[str, Any]]:
    """MSE on the training rows, and on all eight copies of the test rows if there are any."""
    sets = {"train_mse": samples}
    if given.test:
        sets["test_augmented_mse"] = data.Samples(*symmetry.augment(*given.test))
    scored = {
        name: [evaluate.errors(y, rows.Y)["mse"] for y in evaluate.predict(shape, flat, rows.X)]
        for name, rows in sets.items()
    }
    return [dict(zip(scored, values, strict=True)) for values in zip(*scored.values(), strict=True)]
