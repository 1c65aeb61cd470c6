"""Runs with their hyperparameters -> trained networks and their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bench import evaluate, lanes
from bench.clock import Stopwatch, spent_on
from study import data, networks
from study.grid import Preset, Run
from study.sensor import Fault
from study.space import Hyperparameters
from study.training import shown


@dataclass(frozen=True)
class Job:
    """A run, its hyperparameters, and its optimiser steps at most: up to the next validation."""

    run: Run
    hyperparameters: Hyperparameters
    budget: int

    @property
    def program(self) -> lanes.Program:
        """The compiled program that trains this job."""
        chosen, architecture = self.hyperparameters, self.run.cell.architecture
        shape = networks.Shape(architecture, chosen.depth, chosen.width, chosen.activation)
        return lanes.Program(shape, chosen.optimizer, chosen.batch_size)


@dataclass(frozen=True)
class Outcome:
    """A trained network: the run, its row and its weights (parameters,)."""

    run: Run
    row: dict[str, Any]
    weights: np.ndarray


def train(jobs: Sequence[Job], preset: Preset, given: data.Data) -> list[Outcome]:
    """Train and score all jobs, which are of one cell; the outcomes stand in their order."""
    groups: defaultdict[lanes.Program, list[int]] = defaultdict(list)
    for number, job in enumerate(jobs):
        groups[job.program].append(number)
    outcomes: dict[int, Outcome] = {}
    for program, numbers in groups.items():
        members = [jobs[number] for number in numbers]
        outcomes |= zip(numbers, _train(program, members, preset, given), strict=True)
    return [outcomes[number] for number in range(len(jobs))]


def _train(
    program: lanes.Program, jobs: Sequence[Job], preset: Preset, given: data.Data
) -> list[Outcome]:
    """Train jobs of one cell and one program side by side."""
    run, chosen = jobs[0].run, jobs[0].hyperparameters
    steps_per_epoch = chosen.steps_per_epoch(run.cell.m)
    validate_every = -(-preset.validation_gap // steps_per_epoch)
    training = lanes.Training(given.validation, steps_per_epoch, validate_every)
    with spent_on("samples"):
        draws = {job.run.draw: shown(given, run.cell, job.run.draw) for job in jobs}
    work = [_lane(job, preset, draws[job.run.draw].samples) for job in jobs]
    trained = train_and_score(program, work, training, given, extent=_extent(run))
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
    program: lanes.Program,
    work: Sequence[lanes.Lane],
    training: lanes.Training,
    given: data.Data,
    extent: evaluate.Extent,
) -> list[tuple[dict[str, Any], np.ndarray]]:
    """Train lanes; of each what a row says of its training and scores, and its weights."""
    with Stopwatch() as watch:
        trained = lanes.train(program, work, training)
    seconds = watch.seconds / len(work)
    with spent_on("scores"):
        weights = np.stack([network.weights for network in trained])
        scored = evaluate.scores(program.shape, weights, given, extent)
    return [
        ({**_verdict(network, scores), "seconds": seconds}, flat)
        for network, scores, flat in zip(trained, scored, weights, strict=True)
    ]


def named(fault: Fault | None) -> dict[str, Any]:
    """What a row says of the fault that was looked for: nothing where it was not."""
    if fault is None:
        return {}
    sensor = 1 + fault.sensor if fault.found else None
    return {"fault_sensor": sensor, "fault_offset": fault.offset, "fault_error": fault.error}


def _lane(job: Job, preset: Preset, samples: data.Samples) -> lanes.Lane:
    run, chosen = job.run, job.hyperparameters
    m, longer = run.cell.m, run.cell.step_factor
    rng = np.random.default_rng(run.seed("weights"))
    return lanes.Lane(
        samples=samples,
        weights=networks.initial_weights(job.program.shape, rng, networks.EQUIVARIANT_STDDEV),
        learning_rate=chosen.learning_rate,
        loss=chosen.loss,
        order_seed=run.seed("order"),
        epochs=chosen.epochs(m, longer * job.budget),
        patience=-(-longer * preset.patience // chosen.steps_per_epoch(m)),
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


def _verdict(network: lanes.Trained, scores: dict[str, Any]) -> dict[str, Any]:
    """Scores, steps and status. A diverged network has no scores, a dead one those of silence."""
    counts = {
        "epochs": network.epochs,
        "best_epoch": network.best_epoch,
        "steps": network.steps,
        "parameters": scores["parameters"],
    }
    if not np.isfinite(network.validation_mse):
        reason = "the validation error was never a finite number"
        return {**counts, "status": "diverged", "reason": reason}
    if (spread := scores["output_spread"]) < evaluate.DEAD_SPREAD:
        reason = f"its outputs spread by only {spread:.3g}"
        return {**scores, **counts, "status": "dead", "reason": reason}
    return {**scores, **counts, "status": "ok", "reason": ""}
