"""The noise floor: the squared error that no network, and nothing else, can do better than."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from study import baselines
from study.bag import SQUARE, Bag
from study.data import Samples
from study.forward import FITTED, Floats
from study.inverse import posterior_mean
from study.seeds import seed
from study.simulate import NOISE

FOLDS = 5
FEWEST = 100  # rows that a Gaussian process needs to come near the floor
MOST = 2000  # rows that one takes: its memory grows with their square, its time with their cube


@dataclass(frozen=True)
class Floor:
    """A mean squared error per coordinate, its standard error over rows, and its source."""

    mse: float
    error: float
    how: str


def floor(samples: Samples, *, simulated: bool, bag: Bag = SQUARE) -> Floor | None:
    """The noise floor of clean samples; None where they are too few to tell.

    Where their model is known, the posterior mean's error: no estimate has a smaller expected one.
    Elsewhere that of a Gaussian process which knows the symmetries, cross-validated; of more than
    MOST rows it takes so many, drawn by a seed.
    """
    if not simulated and len(samples.X) < FEWEST:
        return None
    if simulated:
        predicted = posterior_mean(replace(FITTED, bag=bag), samples.X, NOISE)
        how = "exact posterior mean of the simulation's own model"
    else:
        how = "cross-validated Gaussian process"
        if len(samples.X) > MOST:
            how += f" on {MOST:,} of {len(samples.X):,} rows"
            samples = _drawn(samples)
        predicted = _cross_validated(samples, bag)
    squares = np.mean((predicted - samples.Y) ** 2, axis=1)
    error = squares.std(ddof=1) / np.sqrt(len(squares))
    return Floor(float(squares.mean()), float(error), how)


def _drawn(samples: Samples) -> Samples:
    """MOST of the rows."""
    rows = np.random.default_rng(seed("floor")).permutation(len(samples.X))[:MOST]
    return Samples(samples.X[rows], samples.Y[rows])


def _cross_validated(samples: Samples, bag: Bag) -> Floats:
    """Each row's position, predicted by a Gaussian process that was fitted to the other folds."""
    fold = np.arange(len(samples.X)) % FOLDS
    predicted = np.empty_like(samples.Y)
    for held in range(FOLDS):
        others = Samples(samples.X[fold != held], samples.Y[fold != held])
        process = baselines.symmetric_gaussian_process(others, baselines.tune(others), bag)
        predicted[fold == held] = process.predict(samples.X[fold == held])
    return predicted
