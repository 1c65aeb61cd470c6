"""The forward model of the vacuum bag: from where a leak is to what the four sensors read.

Networks learn the inverse; what the study needs of the model itself is simulated data, the offset
of a faulty sensor, a rival that inverts it, and how well anything could do (the posterior mean).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from study.data import Samples
from study.symmetry import CORNERS

Floats = NDArray[np.floating]

FLOWS = 4
PARAMETERS = 4
REACH = 3.0  # how far the fit looks: a factor of 20 either way of each parameter of BAG
SEARCHED = 33  # cells a side of the grid on which a position is first looked for
NEWTON_STEPS = 5
INTEGRATED = 80  # cells a side of the grid for the posterior mean
AT_ONCE = 1024


@dataclass(frozen=True)
class ForwardModel:
    """With d_j the distance of a leak from the port near corner j, which is at scale * CORNERS[j],

    w_j = (d_j^2 + softening^2)^-decay + background and x_j = w_j / sum w.
    """

    scale: float
    softening: float
    decay: float
    background: float

    def flows(self, Y: Floats) -> Floats:
        """The flows (..., 4), without noise, of leaks at Y (..., 2)."""
        away = Y[..., np.newaxis, :] - self.scale * CORNERS  # (..., 4, 2)
        squared_distances = np.square(away).sum(axis=-1)
        return normalised((squared_distances + self.softening**2) ** -self.decay + self.background)

    def jacobian(self, Y: Floats) -> Floats:
        """Derivatives (..., 4, 2) of the flows at Y (..., 2) by the position."""
        away = Y[..., np.newaxis, :] - self.scale * CORNERS
        softened = np.square(away).sum(axis=-1) + self.softening**2
        w = softened**-self.decay + self.background
        dw = (-2 * self.decay * softened ** (-self.decay - 1))[..., np.newaxis] * away
        total = w.sum(axis=-1)[..., np.newaxis, np.newaxis]
        x = w[..., np.newaxis] / total
        derivative: Floats = (dw - x * dw.sum(axis=-2, keepdims=True)) / total
        return derivative


# Fitted to the exercise's validation data (RMSE 0.0094 per channel, its noise).
BAG = ForwardModel(scale=1.287, softening=0.7111, decay=1.766, background=0.1632)


def normalised(flows: Floats) -> Floats:
    """Flows (..., 4) divided by their sum."""
    totals: Floats = flows.sum(axis=-1, keepdims=True)
    return flows / totals


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


def fit(samples: Samples, sensor: int | None = None, start: ForwardModel = BAG) -> Fit:
    """Fit the model to samples by least squares, with the offset of one sensor (0 to 3) or none.

    The search begins at `start`. The noise has the same size in every direction but (1, 1, 1, 1),
    in which flows of sum 1 have none: so plain least squares is maximum likelihood, with three
    degrees of freedom a row.
    """

    def residuals(parameters: Floats) -> Floats:
        flows = ForwardModel(*np.exp(parameters[:PARAMETERS])).flows(samples.Y)
        expected = flows if sensor is None else offset(flows, sensor, parameters[-1])
        return (samples.X - expected).ravel()

    first = np.append(np.log(astuple(start)), [0.0] * (sensor is not None))
    found = least_squares(residuals, first, bounds=(first - REACH, first + REACH))
    model = ForwardModel(*np.exp(found.x[:PARAMETERS]).tolist())
    squares, freedom = float(2 * found.cost), 3 * len(samples.X) - len(first)
    if sensor is None:
        return Fit(model, 0.0, 0.0, squares, freedom)
    variances = np.diag(np.linalg.pinv(found.jac.T @ found.jac)) * squares / freedom
    return Fit(model, float(found.x[-1]), float(np.sqrt(variances[-1])), squares, freedom)


def offset(flows: Floats, sensor: int, size: float) -> Floats:
    """What normalised flows (..., 4) become when one sensor reads this much too high."""
    return normalised(flows + size * np.eye(FLOWS)[sensor])


def locate(model: ForwardModel, X: Floats) -> Floats:
    """The positions (n, 2) in the square whose flows are nearest to X (n, 4).

    The nearest of a grid of positions, then Gauss-Newton steps that stay in the square.
    """
    nodes = grid(SEARCHED)
    known = model.flows(nodes)
    sizes = np.square(known).sum(axis=1)
    nearest = [np.argmin(sizes - 2 * rows @ known.T, axis=1) for rows in _parts(X)]
    Y = nodes[np.concatenate(nearest)]
    for _ in range(NEWTON_STEPS):
        J = model.jacobian(Y)
        gradient = np.einsum("nsk,ns->nk", J, X - model.flows(Y))
        Y = Y + _step_within(np.swapaxes(J, 1, 2) @ J, gradient, -1 - Y, 1 - Y)
    return Y


def _step_within(H: Floats, gradient: Floats, low: Floats, high: Floats) -> Floats:
    """Solve H s = gradient, (n, 2, 2) and (n, 2), for steps s between low and high.

    Where a coordinate must stop at the border, the other is solved for anew.
    """
    free = np.linalg.solve(H, gradient[..., np.newaxis])[..., 0]
    step = free.copy()
    for one, other in ((0, 1), (1, 0)):
        stopped = np.clip(free[:, one], low[:, one], high[:, one])
        along = (gradient[:, other] - H[:, other, one] * stopped) / H[:, other, other]
        step[:, other] = np.where(stopped == free[:, one], step[:, other], along)
    return np.clip(step, low, high)


def posterior_mean(model: ForwardModel, X: Floats, noise: float) -> Floats:
    """The mean (n, 2) of the position given flows X (n, 4): nothing has a lower squared error.

    The position is uniform on the square beforehand, and each sensor's noise normal with this
    standard deviation; then the flows were normalised, so the sum s that they had is integrated
    out: p(x | y) is proportional to the integral over s of s^3 exp(-|s x - f(y)|^2 / (2 noise^2)).
    Numerically, over midpoints of a fine grid.
    """
    nodes = grid(INTEGRATED)
    known = model.flows(nodes)
    return np.concatenate([_posterior_mean(nodes, known, rows, noise) for rows in _parts(X)])


def _posterior_mean(nodes: Floats, known: Floats, X: Floats, noise: float) -> Floats:
    a = np.square(X).sum(axis=1, keepdims=True)  # |s x - f|^2 = a s^2 - 2 b s + c
    b = X @ known.T
    c = np.square(known).sum(axis=1)
    mean = b / a  # of s, whose variance is noise^2 / a
    logs = np.log(mean**3 + 3 * mean * noise**2 / a) - (c - b * mean) / (2 * noise**2)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return weights @ nodes / weights.sum(axis=1, keepdims=True)


def grid(side: int) -> Floats:
    """The midpoints (side^2, 2) of so many equal cells a side of the square."""
    middle = (2 * np.arange(side) + 1) / side - 1
    return np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1).reshape(-1, 2)


def _parts(X: Floats) -> Iterator[Floats]:
    """The rows of X, some at a time: their products with a grid take memory."""
    return (X[first : first + AT_ONCE] for first in range(0, len(X), AT_ONCE))
