"""Baselines, fitted to a repetition's samples and scored as a network is."""

from __future__ import annotations

from bench.scores import Outcome, errors, spread
from study import baselines
from study.baselines import Baseline
from study.data import Samples
from study.design import Training
from study.samples import Shown


def fitted(training: Training, seen: Shown) -> Outcome:
    """What a baseline comes to; copies are made by those that can use them."""
    cell = training.request.cell
    baseline = _fit(cell.architecture, cell.augmented, seen.train)
    validation, test = seen.validation, seen.test
    predicted = baseline.predict(validation.X)
    scored = errors(baseline.predict(test.X), test.Y).of("test") if test else {}
    return Outcome(
        parameters=baseline.parameters,
        output_spread=spread(predicted),
        **errors(predicted, validation.Y).of("validation"),
        **scored,
    )


def _fit(name: str, augmented: bool, samples: Samples) -> Baseline:
    if name != "gaussian_process":
        return baselines.PLAIN[name](samples)
    process = baselines.symmetric_gaussian_process if augmented else baselines.gaussian_process
    return process(samples, baselines.tune(samples))
