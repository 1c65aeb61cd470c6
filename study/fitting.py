"""The forward model fitted to samples, with the offset of a sensor where that is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from study.bag import Bag
from study.data import Samples
from study.forward import FITTED, PARAMETERS, Floats, ForwardModel, offset

REACH = 3.0  # how far the fit looks: a factor of 20 either way of each parameter of its start
LAST_STEP = 1e-10  # a fit ends at a step so small, relative to the logarithms of the parameters
FLAT = 1e-15  # or at slopes so small: where the residuals are zero there is no next step


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


def fit(
    samples: Samples,
    sensor: int | None = None,
    start: ForwardModel = FITTED,
    last_step: float = LAST_STEP,
) -> Fit:
    """Fit the model to samples by least squares, with the offset of one sensor or none.

    sensor: its column in X. start: where the search begins, and the bag.

    The search goes on until its steps are tiny: the offset is within some 1e-10 of the optimum,
    whatever the machine. (SciPy's own tolerances and derivatives by differences leave it within
    some 1e-7.) A larger last_step is for whoever asks what a fit leaves, and not where it ends.

    The noise has the same size in every direction but (1, ..., 1), in which flows of sum 1 have
    none: so plain least squares is maximum likelihood, with N - 1 degrees of freedom a row.
    """

    def residuals(parameters: Floats) -> Floats:
        return (_flows(start.bag, parameters, sensor, samples.Y) - samples.X).ravel()

    def slopes(parameters: Floats) -> Floats:
        return _slopes(start.bag, parameters, sensor, samples.Y).reshape(len(parameters), -1).T

    first = np.append(np.log(start.parameters), [0.0] * (sensor is not None))
    bounds = (first - REACH, first + REACH)
    with np.errstate(all="ignore"):  # a step to where flows are not finite is taken back
        found = least_squares(
            residuals, first, slopes, bounds, ftol=None, xtol=last_step, gtol=FLAT
        )
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
