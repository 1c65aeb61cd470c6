"""Trained networks -> outcomes: sound, dead or diverged, with their scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench.scores import (
    DEAD_SPREAD,
    Floats,
    Outcome,
    equivariance_error,
    errors,
    moved,
    orbit_mse,
    spread,
)
from study.architectures import Shape, architecture
from study.bag import SQUARE
from study.data import Samples
from study.design import TRAINED_IN_FULL, Training
from study.lanes import Trained
from study.samples import Shown

Predict = Callable[[Sequence[Shape], Floats, Sequence[Floats]], list[Floats]]
Parts = dict[str, Floats]  # flows (n, N) by what they are scored for, or positions (n, 2) there


def judge(
    trainings: Sequence[Training],
    shapes: Sequence[Shape],
    seen: Sequence[Shown],
    trained: Sequence[Trained],
    predict: Predict,
) -> list[Outcome]:
    """The outcomes of networks, in their order; one that diverged is not asked for anything."""
    sound = [k for k, one in enumerate(trained) if one.weights is not None]
    flows = _flows([trainings[k] for k in sound], [seen[k] for k in sound])
    asked = [(k, X) for k, parts in zip(sound, flows, strict=True) for X in parts.values()]
    answers = iter(
        predict(
            [shapes[k] for k, _ in asked],
            np.array([trained[k].weights for k, _ in asked]),
            [X for _, X in asked],
        )
        if asked
        else ()
    )
    predicted = {
        k: {name: next(answers) for name in parts} for k, parts in zip(sound, flows, strict=True)
    }
    return [
        _diverged(one)
        if one.weights is None
        else _outcome(trainings[k], one, one.weights, seen[k], predicted[k])
        for k, one in enumerate(trained)
    ]


def _flows(trainings: Sequence[Training], seen: Sequence[Shown]) -> list[Parts]:
    """What each network is asked: a proposal is only chosen by, others are scored too."""
    copies: dict[int, Floats] = {}

    def orbits(samples: Samples) -> Floats:
        if id(samples) not in copies:
            copies[id(samples)] = moved(samples, SQUARE.group)
        return copies[id(samples)]

    found = []
    for training, mine in zip(trainings, seen, strict=True):
        cell, stage = training.request.cell, training.request.stage
        if stage == "proposal":
            found.append({"validation": mine.validation.X})
            continue
        parts = {"orbits": orbits(mine.validation)}
        if stage == "sweep":
            parts["train"] = mine.train.X
        if mine.test:
            averaged = not (cell.augmented or architecture(cell.architecture).symmetric)
            parts |= {"test orbits": orbits(mine.test)} if averaged else {"test": mine.test.X}
        found.append(parts)
    return found


def _diverged(one: Trained) -> Outcome:
    reason = f"its validation error was not finite at step {one.steps}"
    return Outcome(status="diverged", reason=reason, last_step=one.steps)


def _outcome(
    training: Training, one: Trained, weights: Floats, seen: Shown, predicted: Parts
) -> Outcome:
    """The outcome of a network with the positions that it predicted."""
    first = predicted["validation"] if "validation" in predicted else predicted["orbits"]
    on_validation = first[: len(seen.validation.X)]
    width = spread(on_validation)
    dead = width < DEAD_SPREAD
    kept = training.request.stage in TRAINED_IN_FULL
    return Outcome(
        status="dead" if dead else "sound",
        reason=f"its outputs spread by only {width:.3g}" if dead else "",
        best_step=one.best_step,
        last_step=one.steps,
        parameters=len(weights),
        output_spread=width,
        weights=weights.astype("<f4").tobytes() if kept else None,
        curve=one.curve.astype("<f4").tobytes() if kept else None,
        **errors(on_validation, seen.validation.Y).of("validation"),
        **_more(seen, predicted),
    )


def _more(seen: Shown, predicted: Parts) -> dict[str, Any]:
    """The scores that a proposal does not have."""
    found: dict[str, Any] = {}
    if "orbits" in predicted:
        found["equivariance_error"] = equivariance_error(predicted["orbits"], SQUARE.group)
    if "train" in predicted:
        found["train_mse"] = errors(predicted["train"], seen.train.Y).mse
    if seen.test and "test orbits" in predicted:
        found["orbit_mse"] = orbit_mse(predicted["test orbits"], seen.test.Y, SQUARE.group)
    for name in ("test", "test orbits"):
        if seen.test and name in predicted:
            on_test = predicted[name][: len(seen.test.X)]
            found |= errors(on_test, seen.test.Y).of("test")
    return found
