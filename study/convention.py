"""Whether samples are in their bag's convention: where positions point, which flow is whose.

The forward model tells: fitted to samples in the right convention, it leaves the sensors' noise; in
any other it explains hardly anything. Which one fits instead, it tells as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.optimize import linear_sum_assignment

from study import fitting
from study.bag import SQUARE, Bag
from study.data import Samples
from study.fitting import Fit
from study.forward import FITTED, Floats, ForwardModel, normalised
from study.seeds import seed
from study.symmetry import Ints

FEWEST = 50  # rows: fewer can't be judged
MOST = 500  # rows that a judgement takes, drawn by a seed: more would not change it
HALF = 0.5  # a better reading leaves less than this of the noise; a sound fit explains more
CLEAR = 0.99  # of the variance: nothing that explains more than this is worth doubt
NARROW = 0.75  # of the bag: a coordinate that covers less may have another unit or origin
LARGEST_OFFSET = 0.25  # of a sensor that is not broken otherwise
ENOUGH = 1e-3  # last step of a fit, relative to its parameters' logarithms: what it leaves is told
STILL = 1e-9  # a sensor that changes by less is stuck
BACKWARDS = ("leftwards", "downwards")  # along the first axis, the second one
SEEN = 0.01  # of the mean flow that other sensors see: rows with less are left out with a sensor


@dataclass(frozen=True)
class Reading:
    """Another way to read samples, in words, and the noise that the model leaves then."""

    words: str
    noise: float


@dataclass(frozen=True)
class Judgement:
    """What the forward model makes of samples, as they are and as they might be meant."""

    noise: float  # of a flow, as they are; the offset of one sensor may be in them
    explained: float  # share of the flows' variance
    instead: Reading | None  # the reading that is right instead, where one is

    @property
    def is_sound(self) -> bool:
        """Whether the samples are what they claim to be."""
        return self.instead is None and self.explained >= HALF


def judge(samples: Samples, bag: Bag = SQUARE) -> Judgement:
    """Judge samples, FEWEST at least, by some of their rows."""
    some = _some(samples)
    variance = np.square(some.X - some.X.mean(axis=0)).sum()

    def judged(fit: Fit, instead: Reading | None = None) -> Judgement:
        return Judgement(fit.noise, float(1 - fit.squares / variance), instead)

    plain = _fit(some, replace(FITTED, bag=bag))
    if judged(plain).explained > CLEAR:
        return judged(plain)
    turned = min(_turned(some, bag), key=_noise, default=None)
    if turned and turned.noise < HALF * plain.noise:
        return judged(plain, turned)
    best = min([plain, *_offset(some, plain.model)], key=_noise)
    if judged(best).explained > CLEAR:
        return judged(best)
    return judged(best, _broken(some, best.noise, bag))


def _noise(one: Fit | Reading) -> float:
    return one.noise


def narrow(samples: Samples, bag: Bag = SQUARE) -> list[int]:
    """The coordinates that cover less than a NARROW part of the bag's box."""
    return np.flatnonzero(np.ptp(samples.Y, axis=0) < NARROW * (bag.high - bag.low)).tolist()


def _fit(samples: Samples, start: ForwardModel, sensor: int | None = None) -> Fit:
    return fitting.fit(samples, sensor, start, ENOUGH)


def _some(samples: Samples) -> Samples:
    """MOST of the rows."""
    rows = np.random.default_rng(seed("convention")).permutation(len(samples.X))[:MOST]
    return Samples(samples.X[rows], samples.Y[rows])


def _offset(samples: Samples, start: ForwardModel) -> Iterator[Fit]:
    """With the offset of each sensor, where it is one that a sensor may have."""
    for sensor in range(start.bag.flows):
        found = _fit(samples, start, sensor)
        if abs(found.offset) <= LARGEST_OFFSET:
            yield found


def _turned(samples: Samples, bag: Bag) -> Iterator[Reading]:
    """With narrow coordinates stretched, or not, and the sensors in the order that fits best.

    Of orders, the one whose flows go best with those of the usual model: an assignment problem.
    """
    start, (X, Y) = replace(FITTED, bag=bag), samples
    doubtful = narrow(samples, bag)
    for count in range(len(doubtful) + 1):
        for stretched in combinations(doubtful, count):
            moved = _stretched(Y, stretched, bag)
            expected = start.flows(moved)
            together = (expected - expected.mean(axis=0)).T @ X
            _, order = linear_sum_assignment(together, maximize=True)
            words = [*_stretch_words(Y, stretched, bag), *_order_words(order, bag)]
            if words:
                noise = _fit(Samples(X[:, order], moved), start).noise
                yield Reading(" and ".join(words), noise)


def _stretched(Y: Floats, coordinates: tuple[int, ...], bag: Bag) -> Floats:
    """Positions (n, 2), with these coordinates stretched to the bag's box."""
    moved = Y.copy()
    for k in coordinates:
        low, high = bag.low[k], bag.high[k]
        moved[:, k] = np.interp(Y[:, k], [Y[:, k].min(), Y[:, k].max()], [low, high])
    return moved


def _stretch_words(Y: Floats, coordinates: tuple[int, ...], bag: Bag) -> Iterator[str]:
    for k in coordinates:
        yield (
            f"{bag.columns[k]} stretched from [{Y[:, k].min():.2f}, {Y[:, k].max():.2f}] to "
            f"[{bag.low[k]:g}, {bag.high[k]:g}]"
        )


def _order_words(order: Ints, bag: Bag) -> Iterator[str]:
    """What it means that port j's flow stands in column order[j]; nothing for the usual order."""
    if (order == np.arange(bag.flows)).all():
        return
    words = f"sensors in the order {', '.join(bag.sensors[k] for k in order)}"
    for name, usual in _numberings(bag).items():
        if (order == usual).all():
            words = f"sensors numbered {name}"
    for permutation, matrix in zip(bag.group.permutations, bag.group.matrices, strict=True):
        if (order == permutation).all():  # the same as positions that are moved back
            words = f"{_move_words(matrix.T, bag)} (or {words}, which is the same)"
    yield words


def _numberings(bag: Bag) -> dict[str, Ints]:
    """Other usual ways to number sensors: the column of each port's flow (N,)."""
    right, up = bag.ports.T
    return {
        "row by row": np.argsort(np.lexsort([right, -up])),
        "column by column": np.argsort(np.lexsort([-up, right])),
        "the other way round": -np.arange(bag.flows) % bag.flows,
    }


def _move_words(matrix: Floats, bag: Bag) -> str:
    """What it means that right positions are matrix @ those that were found."""
    axes = np.abs(matrix).argmax(axis=0)  # the right one of each coordinate
    signs = matrix[axes, [0, 1]]
    if not np.allclose(np.abs(signs), 1):
        return "positions turned or mirrored"
    names = bag.columns[:2]
    words = [f"{' and '.join(names)} swapped"] if axes[0] else []
    ways = zip(names, axes, signs, strict=True)
    words += [f"{name} counted {BACKWARDS[axis]}" for name, axis, sign in ways if sign < 0]
    return ", ".join(words)


def _broken(samples: Samples, noise: float, bag: Bag) -> Reading | None:
    """Without a sensor, where that leaves much less, or where that sensor never changes."""
    without = [_without(samples, sensor, bag) for sensor in range(bag.flows)]
    best = min(without, key=_noise)
    if best.noise < HALF * noise:
        return best
    stuck = np.flatnonzero(np.ptp(samples.X, axis=0) < STILL)
    return without[stuck[0]] if stuck.size else None


def _without(samples: Samples, sensor: int, bag: Bag) -> Reading:
    """Without one sensor: the model tells how the others share the flow that they see."""
    X, readings = np.delete(samples.X, sensor, axis=1), samples.X[:, sensor]
    share = X.sum(axis=1)
    seen = share > SEEN * share.mean()
    names = tuple(np.delete(bag.sensors, sensor).tolist())
    others = replace(bag, ports=np.delete(bag.ports, sensor, axis=0), sensors=names)
    some = Samples(normalised(X[seen]), samples.Y[seen])
    plain = _fit(some, replace(FITTED, bag=others))
    best = min([plain, *_offset(some, plain.model)], key=_noise)
    return Reading(
        f"{bag.sensors[sensor]} left out (it reads {readings.min():.2g} to {readings.max():.2g}: "
        "is it dead, stuck or out of scale?)",
        best.noise * float(np.sqrt(np.square(share[seen]).mean())),  # of a flow of all
    )
