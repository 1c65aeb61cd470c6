"""What a user would pick instead of a network: each is fitted to samples and predicts positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Kernel, WhiteKernel

from study import forward, inverse
from study.data import Samples
from study.forward import Floats
from study.old_symmetry import CORNERS, SYMMETRIES, act_on_flows, augment

TUNED_ON = 250  # rows at most: the cost of the marginal likelihood grows with their cube
AT_ONCE = 1024


class Baseline(NamedTuple):
    """A fitted baseline: flows (n, 4) -> positions (n, 2); the number of its fitted scalars."""

    predict: Callable[[Floats], Floats]
    parameters: int | None  # None where the samples themselves are the model


def zero(samples: Samples) -> Baseline:
    """The middle of the bag, whatever the flows."""
    return Baseline(lambda X: np.zeros((len(X), 2)), 0)


def least_squares(samples: Samples) -> Baseline:
    """The linear map of the flows with the least squared error; their sum of 1 is its constant."""
    W, *_ = np.linalg.lstsq(samples.X, samples.Y, rcond=None)
    return Baseline(lambda X: X @ W, W.size)


def linear_equivariant(samples: Samples) -> Baseline:
    """y = d W_L x: the one linear map, but for its scale d, that all eight symmetries allow."""
    towards = samples.X @ CORNERS
    d = np.sum(towards * samples.Y) / np.sum(towards**2)
    return Baseline(lambda X: d * X @ CORNERS, 1)


def inverse_model(samples: Samples) -> Baseline:
    """The position whose flows, by the fitted forward model, are nearest."""
    model = forward.fit(samples).model
    return Baseline(lambda X: inverse.locate(model, X), forward.PARAMETERS)


PLAIN = {
    "zero": zero,
    "least_squares": least_squares,
    "linear_equivariant": linear_equivariant,
    "inverse_model": inverse_model,
}


class Covariance(NamedTuple):
    """A Gaussian process's kernel, fitted, and the variance of its noise."""

    kernel: Kernel
    noise: float


def tune(samples: Samples) -> Covariance:
    """A squared-exponential kernel and noise, by the marginal likelihood of the first rows."""
    kernel = ConstantKernel(1.0, (1e-2, 1e4)) * RBF(0.3, (1e-2, 1e2)) + WhiteKernel(
        1e-2, (1e-5, 1e1)
    )
    process = GaussianProcessRegressor(kernel, random_state=0)
    process.fit(samples.X[:TUNED_ON], samples.Y[:TUNED_ON])
    return Covariance(process.kernel_.k1, float(process.kernel_.k2.noise_level))


def gaussian_process(samples: Samples, covariance: Covariance) -> Baseline:
    """Gaussian process regression on the samples (Rasmussen and Williams 2006, eq. 2.25)."""
    noisy = covariance.kernel + WhiteKernel(covariance.noise)
    process = GaussianProcessRegressor(noisy, optimizer=None).fit(*samples)
    return Baseline(lambda X: _in_parts(process.predict, X), None)


def symmetric_gaussian_process(samples: Samples, covariance: Covariance) -> Baseline:
    """Gaussian process regression on all eight copies of m samples, at the cost of 2 m rows.

    The kernel is the same for moved flows, so the copies' coefficients for the first coordinate
    are those of the samples and of the samples turned by 90 degrees: the four symmetries that map
    the first coordinate to plus or minus itself carry that sign over to the coefficients.
    """
    kernel, quarter = covariance.kernel, SYMMETRIES[1]
    X = np.concatenate([samples.X, act_on_flows(quarter, samples.X)])
    first = np.concatenate([samples.Y[:, 0], samples.Y @ np.array(quarter.matrix[0])])
    kept = [symmetry for symmetry in SYMMETRIES if symmetry.matrix[0][0]]
    K = sum(symmetry.matrix[0][0] * kernel(X, act_on_flows(symmetry, X)) for symmetry in kept)
    signed = solve(K + covariance.noise * np.eye(len(X)), first, assume_a="pos")
    # As positions do, a sample's pair of coefficients moves with its copies.
    copies, coefficients = augment(samples.X, signed.reshape(2, -1).T)
    return Baseline(lambda X: _in_parts(lambda rows: kernel(rows, copies) @ coefficients, X), None)


def _in_parts(predict: Callable[[Floats], Floats], X: Floats) -> Floats:
    """Predictions for X, some rows at a time: the kernel of all would take gigabytes."""
    parts = [predict(X[first : first + AT_ONCE]) for first in range(0, len(X), AT_ONCE)]
    return np.concatenate(parts)
