"""Runs with their hyperparameters -> trained networks and their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np

from bench import evaluate
from bench.clock import Stopwatch, spent_on
from study import data, lanes
from study.architectures import Shape, initial_weights
from study.grid import Preset, Run
from study.lanes import Lane, Trained
from study.sensor import Fault
from study.space import EQUIVARIANT_STDDEV, Hyperparameters
from study.symmetry import SQUARE
from study.training import shown

Trainer = Callable[[Shape, int, Sequence[Lane]], list[Trained]]


@dataclass(frozen=True)
class Job:
    """A run, its hyperparameters, and its optimiser steps at most."""

    run: Run
    hyperparameters: Hyperparameters
    budget: int

    @property
    def shape(self) -> Shape:
        chosen = self.hyperparameters
        return Shape(self.run.cell.architecture, chosen.depth, chosen.width, chosen.activation)


@dataclass(frozen=True)
class Outcome:
    """A trained network: the run, its row and its weights (parameters,); none if it diverged."""

    run: Run
    row: dict[str, Any]
    weights: np.ndarray | None


def loop(shape: Shape, batch: int, work: Sequence[Lane]) -> list[Trained]:
    """Train lanes in the loop; they may differ in their activation."""
    return lanes.train(shape.ties, batch, work, SQUARE)


def keras(shape: Shape, batch: int, work: Sequence[Lane]) -> list[Trained]:
    """Train lanes of one activation by Keras itself."""
    from bench import reference  # TensorFlow takes seconds to load

    return reference.train(_model(shape), batch, work, SQUARE)


@cache
def _model(shape: Shape) -> Any:
    """The Keras model of a shape, always the same: what was compiled for it serves again."""
    from study import networks

    return networks.build(shape)


TRAINERS: dict[str, Trainer] = {"loop": loop, "keras": keras}


def train(jobs: Sequence[Job], preset: Preset, given: data.Data, trainer: str) -> list[Outcome]:
    """Train and score all jobs, which are of one cell; the outcomes stand in their order."""
    with spent_on("samples"):
        draws = {job.run.draw: shown(given, job.run.cell, job.run.draw) for job in jobs}
    work = [_lane(job, preset, given, draws[job.run.draw].samples) for job in jobs]
    shapes = [(job.shape, job.hyperparameters.batch_size) for job in jobs]
    extent = _extent(jobs[0].run) if jobs else evaluate.Extent.VALIDATION
    trained = train_and_score(shapes, work, given, extent, TRAINERS[trainer])
    return [
        Outcome(job.run, {**_names(job), **named(draws[job.run.draw].fault), **found}, weights)
        for job, (found, weights) in zip(jobs, trained, strict=True)
    ]


def _extent(run: Run) -> evaluate.Extent:
    """What a run is scored on: a trial is only chosen by; a standard network is averaged too."""
    if run.kind == "trial":
        return evaluate.Extent.VALIDATION
    return evaluate.Extent.TEST_ORBIT if run.cell.averaged else evaluate.Extent.TEST


def train_and_score(
    shapes: Sequence[tuple[Shape, int]],
    work: Sequence[Lane],
    given: data.Data,
    extent: evaluate.Extent,
    trainer: Trainer = loop,
) -> list[tuple[dict[str, Any], np.ndarray | None]]:
    """Train lanes of these shapes and batch sizes.

    Returns of each what a row says of its training and scores, and its weights.
    """
    found: dict[int, tuple[dict[str, Any], np.ndarray | None]] = {}
    for numbers in _alike(shapes):
        (shape, batch), members = shapes[numbers[0]], [work[number] for number in numbers]
        with spent_on("training"), Stopwatch() as watch:
            trained = trainer(shape, batch, members)
        with spent_on("scores"):
            sound = [one.weights for one in trained if one.weights is not None]
            scores = iter(evaluate.scores(shape, np.stack(sound), given, extent) if sound else [])
        for number, one in zip(numbers, trained, strict=True):
            scored = {} if one.weights is None else next(scores)
            row = {**_verdict(one, scored), "parameters": shape.parameters}
            found[number] = ({**row, "seconds": watch.seconds / len(numbers)}, one.weights)
    return [found[number] for number in range(len(work))]


def _alike(keys: Sequence[Hashable]) -> list[list[int]]:
    """The numbers of the equal keys together."""
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        groups[key].append(number)
    return list(groups.values())


def named(fault: Fault | None) -> dict[str, Any]:
    """What a row says of the fault that was looked for: nothing where it was not."""
    if fault is None:
        return {}
    sensor = 1 + fault.sensor if fault.found else None
    return {"fault_sensor": sensor, "fault_offset": fault.offset, "fault_error": fault.error}


def _lane(job: Job, preset: Preset, given: data.Data, samples: data.Samples) -> Lane:
    run, chosen = job.run, job.hyperparameters
    rng = np.random.default_rng(run.seed("weights"))
    return Lane(
        samples=samples,
        validation=given.validation,
        weights=initial_weights(job.shape, rng, EQUIVARIANT_STDDEV),
        activation=chosen.activation,
        optimizer=chosen.optimizer,
        loss=chosen.loss,
        learning_rate=chosen.learning_rate,
        seed=run.seed("order"),
        steps=run.cell.step_factor * job.budget,
        copies=run.cell.augmented,
        schedule="constant" if run.kind == "trial" else "cosine",
        gap=preset.validation_gap,
        patience=run.cell.step_factor * preset.patience,
    )


def _names(job: Job) -> dict[str, Any]:
    run = job.run
    return {
        "role": run.kind,
        **asdict(run.cell),
        "draw": run.draw,
        "trial": run.number if run.kind == "trial" else None,
        "start": run.start,
        **asdict(job.hyperparameters),
        "budget": job.budget,
        "seed": run.seed("weights"),
    }


def _verdict(network: Trained, scores: dict[str, Any]) -> dict[str, Any]:
    """Scores, steps and status. A diverged network has no scores, a dead one those of silence."""
    counts = {"best_step": network.best_step, "steps": network.steps}
    if network.status == "diverged":
        reason = f"its validation error was not finite at step {network.steps}"
        return {**counts, "status": "diverged", "reason": reason}
    if (spread := scores["output_spread"]) < evaluate.DEAD_SPREAD:
        reason = f"its outputs spread by only {spread:.3g}"
        return {**scores, **counts, "status": "dead", "reason": reason}
    return {**scores, **counts, "status": "ok", "reason": ""}
