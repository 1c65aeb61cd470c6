"""A saved network that says where the leak is: flows in; positions, radii and warnings out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locate.network import network
from locate.surface import beside
from study import saved
from study.bag import SQUARE
from study.calibration import Calibration
from study.errors import StudyError
from study.forward import FITTED, Floats, normalised
from study.inverse import grid
from study.quiet import keras_networks
from study.symmetry import Predictor

# A row is unlike a single leak where its distance from all that one leak can make is beyond this
# many standard deviations of the noise: one clean row in a thousand, for noise in one dimension.
UNLIKE = NormalDist().inv_cdf(1 - 0.001 / 2)
DEAD_SPREAD = 0.05  # a network whose answers stand closer together than this says nothing
PROBES = 11  # leaks a side of the bag, for a look at a network's answers
Flags = NDArray[np.bool_]


class Answers(NamedTuple):
    """What n rows of flows say."""

    positions: Floats  # (n, 2) in [-1, 1]^2, in units of half the bag's side
    mm: Floats  # (n, 2) the same in mm from the middle, x to the right, y up
    radii_mm: Floats  # (n,) the leak is so near with 90 % probability; NaN without calibration
    unlike: Flags  # (n,) no single leak makes such flows; False without calibration
    outside: Flags  # (n,) the answer is outside the bag


@dataclass(frozen=True, eq=False)
class Leak:
    """A network and its calibration."""

    path: Path
    predict: Predictor  # normalised flows (n, N) -> positions (n, 2)
    calibration: Calibration | None

    def __call__(self, flows: ArrayLike) -> Answers:
        """Answers for flows (n, N), or one row (N,), in any unit: a row's sum is divided out.

        Raises StudyError for flows that are negative, all zero or no numbers.
        """
        return self.answer(shares(np.atleast_2d(np.asarray(flows, np.float64))))

    def answer(self, X: Floats) -> Answers:
        """Answers for normalised flows (n, N)."""
        positions = self.predict(X)
        radii, unlike = np.full(len(X), np.nan), np.zeros(len(X), bool)
        if self.calibration:
            lie = beside(self.calibration.model, X, positions)
            radii = SQUARE.mm * self.calibration.radii_at(lie.positions)
            unlike = lie.distances > UNLIKE * self.calibration.noise
        outside = np.any((positions < SQUARE.low) | (positions > SQUARE.high), axis=1)
        return Answers(positions, SQUARE.mm * positions, radii, unlike, outside)


def shares(flows: Floats) -> Floats:
    """Flows (n, N) in any unit divided by their sums. Raises StudyError for what are none."""
    if flows.ndim != 2 or flows.shape[1] != SQUARE.flows:
        raise StudyError(
            f"expected flows of shape (n, {SQUARE.flows}), found {flows.shape}; give a row of "
            f"{SQUARE.flows} flows for each leak"
        )
    if not (np.isfinite(flows).all() and (flows >= 0).all() and (flows.sum(axis=1) > 0).all()):
        raise StudyError(
            "expected flows of at least 0 with a sum above 0, found others; remove such rows"
        )
    return normalised(flows)


def load(path: str | Path) -> Leak:
    """The network in an .h5 file, with its calibration.

    Networks of the registry need no TensorFlow. Raises StudyError for a file that holds no network
    from flows to a position, or a dead one.
    """
    path = Path(path)
    stored, calibration = saved.read(path)
    predict = network(stored) if stored else _foreign(path)
    _check(path, predict(FITTED.flows(grid(PROBES))))
    return Leak(path, predict, calibration)


def _check(path: Path, positions: Floats) -> None:
    """Raise StudyError where a network's answers to leaks all over the bag say nothing."""
    if not np.isfinite(positions).all():
        raise StudyError(
            f"{path}: expected a network that gives positions, found one that gives none (not a "
            "number); train it again, or name another"
        )
    if positions.std(axis=0).min() < DEAD_SPREAD:
        raise StudyError(
            f"{path}: expected a network whose answers follow the flows, found a dead one, which "
            "always gives about the same position; train it again, or name another"
        )


def _foreign(path: Path) -> Predictor:
    """A network of layers that only Keras knows, which takes seconds to load."""
    model = keras_networks().load(path)
    return lambda X: np.asarray(model(X.astype("float32")), np.float64)
