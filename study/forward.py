"""The forward model of the vacuum bag: from where a leak is to what the sensors read.

Networks learn its inverse. What the study needs of the model itself is simulated data, the offset
of a faulty sensor, and what `study.inverse` makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from study.bag import SQUARE, Bag

Floats = NDArray[np.floating]

PARAMETERS = 4  # of a forward model, beside its bag


@dataclass(frozen=True)
class ForwardModel:
    """With d_j the distance of a leak from scale * bag.ports[j], which is where flow j is drawn,

    w_j = (d_j^2 + softening^2)^-decay + background and x_j = w_j / sum w.
    """

    scale: float
    softening: float
    decay: float
    background: float
    bag: Bag = SQUARE

    @property
    def parameters(self) -> tuple[float, ...]:
        """What a fit may change: scale, softening, decay, background."""
        return self.scale, self.softening, self.decay, self.background

    def flows(self, Y: Floats) -> Floats:
        """The flows (..., N), without noise, of leaks at Y (..., 2)."""
        away = Y[..., np.newaxis, :] - self.scale * self.bag.ports  # (..., N, 2)
        squared_distances = np.square(away).sum(axis=-1)
        return normalised((squared_distances + self.softening**2) ** -self.decay + self.background)

    def flows_and_slopes(self, Y: Floats) -> tuple[Floats, Floats]:
        """The flows (N, n) of leaks at Y (n, 2), and their derivatives (2, N, n) by the position.

        Sums over a first axis are four times as fast as over a last one.
        """
        ports = self.scale * self.bag.ports.T[..., np.newaxis]  # (2, N, 1)
        away = np.ascontiguousarray(Y.T)[:, np.newaxis] - ports
        softened = np.square(away[0]) + np.square(away[1]) + self.softening**2
        power = softened**-self.decay
        w = power + self.background
        total = w.sum(axis=0)
        x = w / total
        dw = (-2 * self.decay) * power / softened * away  # (2, N, n)
        return x, (dw - x * dw.sum(axis=1, keepdims=True)) / total

    def parameter_slopes(self, Y: Floats) -> Floats:
        """The derivatives (4, n, N) of flows by the logarithms of the parameters; Y (n, 2)."""
        ports = self.bag.ports
        away = np.ascontiguousarray(Y.T)[..., np.newaxis] - self.scale * ports.T[:, np.newaxis]
        softened = np.square(away[0]) + np.square(away[1]) + self.softening**2
        power = softened**-self.decay
        by_softened = -2 * self.decay * power / softened
        towards = away[0] * ports[:, 0] + away[1] * ports[:, 1]
        dw = np.stack(
            [
                by_softened * towards * -self.scale,
                by_softened * self.softening**2,
                -self.decay * np.log(softened) * power,
                np.full_like(power, self.background),
            ]
        )
        w = power + self.background
        total = w.sum(axis=-1, keepdims=True)
        return (dw - w / total * dw.sum(axis=-1, keepdims=True)) / total


# Fitted to the exercise's validation data (RMSE 0.0094 per channel, its noise).
FITTED = ForwardModel(scale=1.287, softening=0.7111, decay=1.766, background=0.1632)


def normalised(flows: Floats) -> Floats:
    """Flows (..., N) divided by their sum.

    The sum is taken from left to right: in a fixed order its bits are the same on every machine.
    """
    totals: Floats = reduce(np.add, np.moveaxis(flows, -1, 0))
    return flows / totals[..., np.newaxis]


def offset(flows: Floats, sensor: int, size: float) -> Floats:
    """What normalised flows (..., N) become when one sensor reads this much too high."""
    return normalised(flows + size * np.eye(flows.shape[-1])[sensor])
