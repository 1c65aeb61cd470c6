"""A faulty sensor: which one has an offset, how large it is, and the flows without it.

Found from training data alone: the forward model is fitted to positions and flows once without an
offset and once with the offset of each sensor. A fault is there where an offset explains more than
chance would. Undone before augmentation: moved copies would spread the fault to all sensors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from study import fitting, forward
from study.bag import SQUARE, Bag
from study.data import Samples

ALPHA = 0.001  # the chance of finding a fault in clean data
DECIMALS = 4  # of an offset; its standard error is 0.0004 at 1000 samples


@dataclass(frozen=True)
class Fault:
    """The sensor, by its column in X, that most probably reads off, and what its offset is.

    The offset is added to the sensor's normalised flow; then the row is normalised again. It is
    rounded to DECIMALS, because a fit's last bits depend on the machine, and a training on flows
    that differ in their last bits ends at another network.
    """

    sensor: int
    offset: float
    error: float  # standard error of the offset
    p: float  # of so large an offset of any of the sensors where there is none

    @property
    def found(self) -> bool:
        """Whether it is a fault at all."""
        return self.p < ALPHA


def find_fault(samples: Samples, bag: Bag = SQUARE) -> Fault:
    """The most probable fault of the sensors that these samples, ten at least, were made with.

    p is from the F-test of one more parameter, times N for the choice of sensor (Bonferroni).
    """
    without = fitting.fit(samples, start=replace(forward.FITTED, bag=bag))
    fits = [fitting.fit(samples, sensor, without.model) for sensor in range(bag.flows)]
    sensor = int(np.argmin([fit.squares for fit in fits]))
    best = fits[sensor]
    ratio = (without.squares - best.squares) / (best.squares / best.freedom)
    p = min(1.0, bag.flows * float(fdtrc(1, best.freedom, ratio)))
    return Fault(sensor, round(best.offset, DECIMALS), best.offset_error, p)


def undo(X: NDArray[np.floating], fault: Fault) -> NDArray[np.floating]:
    """Flows X (n, N) as they would be without the fault; as they are where none was found.

    x_k <- (1 + d) x_k - d and x_i <- (1 + d) x_i for an offset d of sensor k. Noise could leave a
    flow below zero: it is set to zero and the row normalised.
    """
    if not fault.found:
        return X
    shift = fault.offset * np.eye(X.shape[1])[fault.sensor]
    return forward.normalised(np.maximum((1 + fault.offset) * X - shift, 0.0))
