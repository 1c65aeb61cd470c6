"""A baseline, fitted to every draw and scored as a network is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from bench import clock, evaluate
from bench.tasks import BaselineTask, Completed, Row
from bench.train import named
from study import baselines
from study.baselines import Baseline
from study.data import Samples
from study.grid import Run
from study.training import Shown, shown


def complete(task: BaselineTask) -> Completed:
    """Fit the baseline to the draws that have no row yet."""
    with clock.spent_on("baselines"):
        fit = _method(task)
        fresh = [_row(task, run, fit) for run in task.missing]
    return Completed(task.cell, [*task.rows.values(), *fresh], {}, clock.taken())


def _method(task: BaselineTask) -> Callable[[Samples], Baseline]:
    """How samples are fitted. A Gaussian process is tuned once, on draw 0, as networks are."""
    name = task.cell.architecture
    if name != "gaussian_process":
        return baselines.PLAIN[name]
    covariance = baselines.tune(_samples(task, 0)[0])
    process = (
        baselines.symmetric_gaussian_process if task.cell.augmented else baselines.gaussian_process
    )
    return lambda samples: process(samples, covariance)


def _samples(task: BaselineTask, number: int) -> Shown:
    """The draw, corrected where the cell is. Who can use the copies makes them."""
    return shown(task.data, task.cell, number)


def _row(task: BaselineTask, run: Run, fit: Callable[[Samples], Baseline]) -> Row:
    with clock.Stopwatch() as watch:
        samples, fault = _samples(task, run.draw)
        baseline = fit(samples)
        scores = evaluate.baseline_scores(baseline.predict, task.data)
    return {
        "run": task.key(run),
        "role": "baseline",
        **asdict(run.cell),
        "draw": run.draw,
        "start": run.start,
        **named(fault),
        **scores,
        "parameters": baseline.parameters,
        "seconds": watch.seconds,
        "status": "ok",
        "reason": "",
    }
