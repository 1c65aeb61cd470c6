"""The exchange rate: how many samples of a standard network an equivariant one's m are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import inf

import numpy as np
from numpy.typing import NDArray

from report.findings import Findings
from study.comparisons import STANDARD, STANDARD_AUGMENTED
from study.conditions import EQUIVARIANT
from study.design import Cell
from study.seeds import seed

RESAMPLES = 2000
TAIL = 0.025  # of the resamples, at either end of an interval

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Exchange:
    """How many samples a standard model, the reference, needs for an equivariant raw cell's error.

    Infinite where no size of the study is enough, 0 where the smallest is too many; the ends of
    the 95 % interval likewise.
    """

    cell: Cell
    reference: Cell
    samples: float
    low: float
    high: float


def exchanges(found: Findings) -> list[Exchange]:
    """The exchange rates at every size, for both standard models and each correction."""
    rates: list[Exchange] = []
    for corrected, model in product((False, True), (STANDARD, STANDARD_AUGMENTED)):
        grid = [cell for cell in found.grid if cell.corrected == corrected]
        mine, other = ([c for c in grid if c.model == one] for one in (EQUIVARIANT, model))
        if len(other) > 1 and [cell.of(model) for cell in mine] == other:
            rates += _rates(found, mine, other)
    return rates


def _rates(found: Findings, mine: Sequence[Cell], other: Sequence[Cell]) -> list[Exchange]:
    """Estimates from all repetitions, intervals from repetitions drawn with replacement.

    A repetition is drawn as a whole, with all sizes of both models, since its samples are nested.
    """
    common = sorted(set.intersection(*(set(found.errors[cell]) for cell in (*mine, *other))))
    if len(common) < 2:
        return []
    errors = np.log([[found.errors[cell][r] for r in common] for cell in (*mine, *other)])
    names = other[0].corrected, *other[0].model
    rng = np.random.default_rng(seed("exchange", *map(str, names)))
    drawn = rng.integers(len(common), size=(RESAMPLES, len(common)))
    sizes = np.log([cell.m for cell in other])
    whole = worth(errors.mean(axis=1), sizes)
    ends = np.quantile(  # of ordered values, since some are infinite
        [worth(errors[:, rows].mean(axis=1), sizes) for rows in drawn], (TAIL, 1 - TAIL), axis=0,
        method="nearest",
    )  # fmt: skip
    return [
        Exchange(cell, reference, *map(float, values))
        for cell, reference, *values in zip(mine, other, whole, *ends, strict=True)
    ]


def worth(errors: Floats, sizes: Floats) -> Floats:
    """Samples (k,) of the reference, from log errors (2k,), its own last, and log sizes (k,).

    The reference's curve is interpolated between its sizes, log to log, and never continued; where
    it rises, its lowest error so far stands.
    """
    mine, reference = np.split(errors, 2)
    falling = np.minimum.accumulate(reference)
    # The first size whose error is low enough: equal errors keep the smaller size.
    steps = np.r_[True, np.diff(falling) < 0]
    found = np.exp(np.interp(-mine, -falling[steps], sizes[steps]))
    return np.where(mine < falling[-1], inf, np.where(mine > falling[0], 0.0, found))
