"""One cell of a sweep: all its combinations trained and scored; nothing is tuned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from bench import clock, evaluate
from bench.tasks import Completed, Row, SweepTask
from bench.train import TRAINERS, train_and_score
from study import data
from study import old_symmetry as symmetry
from study.architectures import Shape, initial_weights
from study.lanes import Lane
from study.sweep import ACTIVATION, LOSS, OPTIMIZER, SweepRun


def complete(task: SweepTask) -> Completed:
    """Train the runs of the cell that have no row yet."""
    rows = [*task.rows.values(), *_train(task, task.missing)]
    return Completed(task.cell, rows, {}, clock.taken())


def _train(task: SweepTask, runs: Sequence[SweepRun]) -> list[Row]:
    cell, sweep = task.cell, task.preset
    shape = Shape(cell.architecture, cell.depth, cell.width, ACTIVATION)
    samples = data.draw(task.data, cell.m, 0)
    seen = data.Samples(*symmetry.augment(*samples)) if cell.augmented else samples
    epoch = -(-len(seen.X) // sweep.batch_size)  # steps
    work = [
        Lane(
            samples=samples,
            validation=task.data.validation,
            weights=initial_weights(
                shape, np.random.default_rng(run.seed("weights")), sweep.equivariant_stddev
            ),
            activation=ACTIVATION,
            optimizer=OPTIMIZER,
            loss=LOSS,
            learning_rate=run.learning_rate,
            seed=run.seed("order"),
            steps=sweep.epochs * epoch,
            copies=cell.augmented,
            gap=epoch,
            patience=sweep.patience * epoch,
        )
        for run in runs
    ]
    shapes = [(shape, sweep.batch_size)] * len(work)
    trained = train_and_score(shapes, work, task.data, evaluate.Extent.TEST, TRAINERS[task.trainer])
    with clock.spent_on("scores"):
        sound = [weights for _, weights in trained if weights is not None]
        more = iter(_more_scores(shape, np.stack(sound), seen, task.data) if sound else [])
    return [
        {
            **_names(task, run),
            **found,
            **({} if weights is None else next(more)),
            "run": task.key(run),
        }
        for run, (found, weights) in zip(runs, trained, strict=True)
    ]


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
    shape: Shape, flat: np.ndarray, samples: data.Samples, given: data.Data
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
