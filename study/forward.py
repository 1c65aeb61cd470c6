"""The forward model of the vacuum bag: from where a leak is to what the sensors read.

Networks learn its inverse. What the study needs of the model itself is simulated data, the offset
of a faulty sensor, and what `study.inverse` makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from study.bag import SQUARE, Bag
from study.data import Samples

Floats = NDArray[np.floating]

PARAMETERS = 4  # of a forward model, beside its bag
REACH = 3.0  # how far the fit looks: a factor of 20 either way of each parameter of its start
LAST_STEP = 1e-10  # a fit ends at a step so small, relative to the logarithms of the parameters
FLAT = 1e-15  # or at slopes so small: where the residuals are zero there is no next step


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


@dataclass(frozen=True)
class Fit:
    """A forward model fitted to samples, and with it, where that was asked for, one offset."""

    model: ForwardModel
    offset: float  # added to the normalised flow of one sensor; 0 where none was fitted
    offset_error: float  # its standard error
    squares: float  # sum of the squared residuals
    freedom: int  # the residuals' degrees of freedom

    @property
    def noise(self) -> float:
        """Standard deviation of the flows' noise in any direction that leaves their sum."""
        return float(np.sqrt(self.squares / self.freedom))


def fit(samples: Samples, sensor: int | None = None, start: ForwardModel = FITTED) -> Fit:
    """Fit the model to samples by least squares, with the offset of one sensor or none.

    sensor: its column in X. start: where the search begins, and the bag.

    The search goes on until its steps are tiny: the offset is within some 1e-10 of the optimum,
    whatever the machine. (SciPy's own tolerances and derivatives by differences leave it within
    some 1e-7.)

    The noise has the same size in every direction but (1, ..., 1), in which flows of sum 1 have
    none: so plain least squares is maximum likelihood, with N - 1 degrees of freedom a row.
    """

    def residuals(parameters: Floats) -> Floats:
        return (_flows(start.bag, parameters, sensor, samples.Y) - samples.X).ravel()

    def slopes(parameters: Floats) -> Floats:
        return _slopes(start.bag, parameters, sensor, samples.Y).reshape(len(parameters), -1).T

    first = np.append(np.log(start.parameters), [0.0] * (sensor is not None))
    bounds = (first - REACH, first + REACH)
    found = least_squares(residuals, first, slopes, bounds, ftol=None, xtol=LAST_STEP, gtol=FLAT)
    model, squares = _model(start.bag, found.x), float(2 * found.cost)
    freedom = (start.bag.flows - 1) * len(samples.X) - len(first)
    if sensor is None:
        return Fit(model, 0.0, 0.0, squares, freedom)
    variances = np.diag(np.linalg.pinv(found.jac.T @ found.jac)) * squares / freedom
    return Fit(model, float(found.x[-1]), float(np.sqrt(variances[-1])), squares, freedom)


def _model(bag: Bag, parameters: Floats) -> ForwardModel:
    """The model of what a fit searches: logarithms of four parameters, then perhaps an offset."""
    scale, softening, decay, background = np.exp(parameters[:PARAMETERS]).tolist()
    return ForwardModel(scale, softening, decay, background, bag)


def _flows(bag: Bag, parameters: Floats, sensor: int | None, Y: Floats) -> Floats:
    """The flows (n, N) of leaks at Y (n, 2), with the offset of one sensor or none."""
    flows = _model(bag, parameters).flows(Y)
    return flows if sensor is None else offset(flows, sensor, parameters[-1])


def _slopes(bag: Bag, parameters: Floats, sensor: int | None, Y: Floats) -> Floats:
    """The derivatives of these flows by each parameter: (4, n, N), with an offset (5, n, N)."""
    slopes = _model(bag, parameters).parameter_slopes(Y)
    if sensor is None:
        return slopes
    by_offset = np.eye(bag.flows)[sensor] - _flows(bag, parameters, sensor, Y)
    return np.concatenate([slopes, by_offset[np.newaxis]]) / (1 + parameters[-1])


def offset(flows: Floats, sensor: int, size: float) -> Floats:
    """What normalised flows (..., N) become when one sensor reads this much too high."""
    return normalised(flows + size * np.eye(flows.shape[-1])[sensor])
