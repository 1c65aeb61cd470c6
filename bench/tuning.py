"""KerasTuner proposes hyperparameters: lists that depend on a search space and a seed alone."""

from __future__ import annotations

from typing import Any

import keras_tuner

from study.errors import StudyError
from study.space import HYPERPARAMETERS, Hyperparameters, Space

MISSES = 1000  # in a row: then all points of a space were found


def propose(space: Space, list_seed: int, n: int) -> list[Hyperparameters]:
    """The first n of KerasTuner's random proposals for a space, which all differ.

    Only its random search is asked: what proposes by linear algebra, such as Bayesian optimisation,
    proposes something else on another machine. An oracle's seed is never 0, which would mean a
    random one. Raises StudyError where the space has fewer points.
    """
    oracle = keras_tuner.oracles.RandomSearchOracle(
        objective=keras_tuner.Objective("score", "min"),
        max_trials=n,
        hyperparameters=_keras_tuner_space(space),
        seed=1 + list_seed % (2**31 - 1),
    )
    found: dict[Hyperparameters, None] = {}  # an oracle that is only asked proposes points twice
    misses = 0
    while len(found) < n:
        one = _hyperparameters(oracle.populate_space(str(len(found)))["values"])
        misses = misses + 1 if one in found else 0
        if misses > MISSES:
            raise StudyError(
                f"search space: expected at least {n} points to propose, found {len(found)}; ask "
                "for fewer proposals, or widen the space"
            )
        found[one] = None
    return list(found)


def _keras_tuner_space(space: Space) -> keras_tuner.HyperParameters:
    asked = keras_tuner.HyperParameters()
    for name in HYPERPARAMETERS:
        values = getattr(space, name)
        if name == "learning_rate" and min(values) < max(values):
            asked.Float(name, *values, sampling="log")
        else:
            asked.Choice(name, list(dict.fromkeys(values)))
    return asked


def _hyperparameters(values: dict[str, Any]) -> Hyperparameters:
    """Proposed values, the learning rate rounded to four digits.

    KerasTuner draws it as a power, whose last bits depend on the machine; and a training at
    another rate, however near, ends at another network.
    """
    rate = float(f"{values['learning_rate']:.4g}")
    return Hyperparameters(**{**{n: values[n] for n in HYPERPARAMETERS}, "learning_rate": rate})
