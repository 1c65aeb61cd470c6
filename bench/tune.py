"""KerasTuner's oracle proposes hyperparameters, the loop answers: the trials of a cell."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine import base_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from bench.clock import spent_on
from bench.train import Job, Outcome, train
from study.data import Data
from study.grid import FACTOR, Cell, Preset, trial_runs
from study.seeds import seed
from study.space import HYPERPARAMETERS, SPACE, Choice, Hyperparameters

WORST = 1e3  # the error of a diverged start: KerasTuner stops at three failed trials in a row


@dataclass(frozen=True)
class Proposal:
    """A trial that the oracle asks for, and the optimiser steps that it gets."""

    number: int
    hyperparameters: Hyperparameters
    budget: int


class LaneTuner(base_tuner.BaseTuner):
    """A KerasTuner tuner that takes all proposals the oracle has, and answers them together."""

    def search(self, steps: int, answer: Callable[[list[Proposal]], list[float]]) -> None:
        """Ask until the oracle stops; `answer` scores proposals, `steps` is the longest budget."""
        while trials := self._ask():
            scores = answer([self._proposal(trial, steps) for trial in trials])
            with spent_on("tuner"):
                for trial, score in zip(trials, scores, strict=True):
                    self.oracle.update_trial(trial.trial_id, {"score": score})
                    trial.status = TrialStatus.COMPLETED
                    self.oracle.end_trial(trial)

    def _ask(self) -> list[Trial]:
        with spent_on("tuner"):
            asked = (self.oracle.create_trial(f"asker {number}") for number in count())
            return list(takewhile(lambda trial: trial.status == TrialStatus.RUNNING, asked))

    def _proposal(self, trial: Trial, steps: int) -> Proposal:
        """Hyperband speaks of epochs, of which the longest trials have max_epochs."""
        values = dict(trial.hyperparameters.values)
        values["learning_rate"] = rounded(values["learning_rate"])
        share = values["tuner/epochs"] / self.oracle.max_epochs if "tuner/epochs" in values else 1
        chosen = Hyperparameters(**{name: values[name] for name in HYPERPARAMETERS})
        return Proposal(int(trial.trial_id), chosen, round(share * steps))


def rounded(rate: float) -> float:
    """A learning rate, rounded to four digits.

    KerasTuner draws it as a power, whose last bits depend on the machine; and a training at
    another rate, however near, ends at another network.
    """
    return float(f"{rate:.4g}")


def tune(cell: Cell, preset: Preset, data: Data, trainer: str) -> list[Outcome]:
    """Train the trials of a cell on draw 0."""
    runs = trial_runs(preset, cell)
    outcomes: list[Outcome] = []

    def answer(proposals: Sequence[Proposal]) -> list[float]:
        jobs = [
            Job(run, proposal.hyperparameters, proposal.budget)
            for proposal in proposals
            for run in runs
            if run.number == proposal.number
        ]
        outcomes.extend(train(jobs, preset, data, trainer))
        rows = [outcome.row for outcome in outcomes]
        return [trial_score(rows, proposal.number) for proposal in proposals]

    # The oracle keeps a file per trial; what it knows is in the study's rows already.
    with tempfile.TemporaryDirectory() as folder:
        tuner = LaneTuner(oracle(cell, preset), directory=folder, project_name=cell.name)
        tuner.search(preset.trial_steps, answer)
    return outcomes


def trial_score(rows: Sequence[dict[str, Any]], number: int) -> float:
    """Lower quartile of the validation MSE over a trial's starts: what the better of two may give.

    A draw has few starts, of which the best counts. A diverged start counts as WORST.
    """
    errors = [row.get("validation_mse") for row in rows if row["trial"] == number]
    return float(np.quantile([WORST if error is None else error for error in errors], 0.25))


def chosen(rows: Sequence[dict[str, Any]]) -> Hyperparameters:
    """The hyperparameters of the trial with the best score."""
    number = min({row["trial"] for row in rows}, key=lambda number: trial_score(rows, number))
    row = next(row for row in rows if row["trial"] == number)
    return Hyperparameters(**{name: row[name] for name in HYPERPARAMETERS})


def oracle(cell: Cell, preset: Preset) -> keras_tuner.Oracle:
    """KerasTuner's oracle for a cell; its seed is never 0, which would mean a random one.

    All cells of an architecture share the seed: they are offered the same trials, so that they
    differ less by the tuner's luck.
    """
    options = {
        "objective": keras_tuner.Objective("score", "min"),
        "hyperparameters": _keras_tuner_space(cell.architecture),
        "seed": 1 + seed("tuner", cell.architecture) % (2**31 - 1),
    }
    if preset.oracle == "random":
        proposer = keras_tuner.oracles.RandomSearchOracle(max_trials=preset.trials, **options)
    else:
        longest = FACTOR**preset.halvings
        proposer = keras_tuner.oracles.HyperbandOracle(
            max_epochs=longest, factor=FACTOR, hyperband_iterations=1, **options
        )
    proposer.verbose = 0
    return proposer


def _keras_tuner_space(architecture: str) -> keras_tuner.HyperParameters:
    space = keras_tuner.HyperParameters()
    for hyperparameter in SPACE:
        values = hyperparameter.of(architecture)
        if isinstance(hyperparameter, Choice):
            space.Choice(hyperparameter.name, list(values))
        else:
            space.Float(hyperparameter.name, *values, sampling="log")
    return space
