"""What a repetition sees: its own training samples and validation rows, and what scores it.

Repetition 0 is the exercise: the files themselves. Any other draws from the largest training file
and the largest validation file, the pools: rows from its place in a seeded permutation. Places are
STRIDE rows apart, or as many as a repetition takes where that is more, so that repetitions share no
row while the pool lasts; then they go through another permutation.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from study.data import STRIDE, Data, Samples, disjoint
from study.design import Training
from study.seeds import seed
from study.sensor import Fault, find_fault, undo

KEPT = 1024  # sets of samples


class Shown(NamedTuple):
    """What a training sees."""

    train: Samples  # its faulty sensor put right where the cell is corrected
    validation: Samples  # chooses the weights, and among trainings
    test: Samples | None  # scores; none in the exercise where there is no test file
    fault: Fault | None  # that was looked for in the training samples; none where it was not


def shown(data: Data, training: Training, root_seed: int) -> Shown:
    """What a training sees of the data.

    Corrected before augmented: copies would spread the fault of one sensor to all of them.
    """
    repetition, cell = training.samples_of, training.request.cell
    names = (root_seed, repetition, training.draw("samples"))
    rows = training.protocol.validation_rows
    validation, test = validation_and_test(data, rows, *names)
    if not cell.corrected:
        return Shown(train(data, cell.m, *names), validation, test, None)
    return Shown(corrected(data, cell.m, *names), validation, test, fault(data, cell.m, *names))


@lru_cache(KEPT)
def train(data: Data, m: int, root_seed: int, repetition: int, draw: int = 0) -> Samples:
    """The m training samples of a repetition: the first m of its rows, nested in m up to STRIDE."""
    if repetition == 0:
        return data.train[m]
    return _rows(data.train[max(data.train)], m, repetition, "train", root_seed, draw)


@lru_cache(KEPT)
def validation_and_test(
    data: Data, rows: int, root_seed: int, repetition: int, draw: int = 0
) -> tuple[Samples, Samples | None]:
    """The rows that choose (at most so many, as far as the pool has them), and those that score.

    Without a test file, one half of a repetition's STRIDE rows chooses and the other half scores.
    """
    if repetition == 0:
        return data.validation, data.test
    pool = data.validations[max(data.validations)]
    count = min(max(rows, STRIDE), len(pool.X))
    mine = _rows(pool, count, repetition, "validation", root_seed, draw)
    if data.test:
        return _part(mine, 0, rows), data.test
    half = len(mine.X) // 2
    return _part(mine, 0, min(rows, half)), _part(mine, half, len(mine.X))


@lru_cache(KEPT)
def fault(data: Data, m: int, root_seed: int, repetition: int, draw: int = 0) -> Fault:
    """The fault in the m training samples of a repetition."""
    return find_fault(train(data, m, root_seed, repetition, draw))


@lru_cache(KEPT)
def corrected(data: Data, m: int, root_seed: int, repetition: int, draw: int = 0) -> Samples:
    """The m training samples of a repetition without the fault that is found in them."""
    names = (data, m, root_seed, repetition, draw)
    samples = train(*names)
    return Samples(undo(samples.X, fault(*names)), samples.Y)


def shared(pool: int, m: int, repetitions: int) -> float:
    """The mean share of their m rows that two of so many repetitions have in common.

    None while the pool lasts; then repetitions of another permutation share m / pool on average.
    """
    laps = Counter(divmod(one, disjoint(pool, m))[0] for one in range(repetitions))
    together = sum(n * (n - 1) for n in laps.values())
    all_pairs = repetitions * (repetitions - 1)
    return (1 - together / all_pairs) * min(1.0, m / pool) if all_pairs else 0.0


def _rows(pool: Samples, count: int, repetition: int, *names: str | int) -> Samples:
    """So many rows of a pool, from the repetition's place in a permutation, wrapping round."""
    lap, place = divmod(repetition - 1, disjoint(len(pool.X), count))
    order = np.random.default_rng(seed(*names, lap)).permutation(len(pool.X))
    chosen = order.take(np.arange(count) + place * max(STRIDE, count), mode="wrap")
    return Samples(pool.X[chosen], pool.Y[chosen])


def _part(samples: Samples, first: int, end: int) -> Samples:
    return Samples(samples.X[first:end], samples.Y[first:end])
