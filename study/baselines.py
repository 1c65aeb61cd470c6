"""What a user would pick instead of a network: each is fitted to samples and predicts positions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Kernel, WhiteKernel

from study import fitting, forward, inverse
from study.bag import SQUARE, Bag
from study.data import Samples
from study.forward import Floats
from study.symmetry import Group
from study.ties import equivariant_basis

TUNED_ON = 250  # rows at most: the cost of the marginal likelihood grows with their cube
AT_ONCE = 1024


class Baseline(NamedTuple):
    """A fitted baseline: flows (n, N) -> positions (n, 2); the number of its fitted scalars."""

    predict: Callable[[Floats], Floats]
    parameters: int | None  # None where the samples themselves are the model


def zero(samples: Samples, bag: Bag = SQUARE) -> Baseline:
    """The middle of the bag, which no symmetry moves, whatever the flows."""
    return Baseline(lambda X: np.zeros((len(X), 2)), 0)


def least_squares(samples: Samples, bag: Bag = SQUARE) -> Baseline:
    """The linear map of the flows with the least squared error; their sum of 1 is its constant."""
    W, *_ = np.linalg.lstsq(samples.X, samples.Y, rcond=None)
    return Baseline(lambda X: X @ W, W.size)


def linear_equivariant(samples: Samples, bag: Bag = SQUARE) -> Baseline:
    """The linear map with the least squared error of those that all symmetries allow.

    It is the best of all linear maps on the samples' copies: there, a map's error is no smaller
    than that of its average over the group. In the exercise it is y = d W_L x with one scale d.
    """
    predict, _ = least_squares(_copies(samples, bag.group))
    free = equivariant_basis(bag.group.matrices, np.eye(bag.flows)[bag.group.permutations])
    return Baseline(predict, len(free))


def inverse_model(samples: Samples, bag: Bag = SQUARE) -> Baseline:
    """The position whose flows, by the fitted forward model, are nearest."""
    model = fitting.fit(samples, start=replace(forward.FITTED, bag=bag)).model
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


def symmetric_gaussian_process(
    samples: Samples, covariance: Covariance, bag: Bag = SQUARE
) -> Baseline:
    """Gaussian process regression on all copies of m samples, at the cost of 2 m rows.

    The kernel is the same for moved flows, so a sample's two coefficients move with its copies,
    as positions do. Those of the samples themselves are then the coefficients of a process with
    the kernel sum over g of k(x, g x') g, a matrix (2, 2) for each pair of samples (Reisert and
    Burkhardt 2007, "Learning equivariant functions with matrix valued kernels").
    """
    kernel, moves = covariance.kernel, zip(bag.group.permutations, bag.group.matrices, strict=True)
    K = covariance.noise * np.eye(samples.Y.size)  # (2 m, 2 m)
    for permutation, matrix in moves:
        K += np.kron(kernel(samples.X, samples.X[:, permutation]), matrix)
    own = solve(K, samples.Y.ravel(), assume_a="pos").reshape(samples.Y.shape)
    X, coefficients = _copies(Samples(samples.X, own), bag.group)
    return Baseline(lambda rows: _in_parts(lambda part: kernel(part, X) @ coefficients, rows), None)


def _copies(samples: Samples, group: Group) -> Samples:
    """All G copies of n samples, (G n, N) and (G n, 2)."""
    X, Y = group.copies(*samples)
    return Samples(X.reshape(-1, X.shape[-1]), Y.reshape(-1, Y.shape[-1]))


def _in_parts(predict: Callable[[Floats], Floats], X: Floats) -> Floats:
    """Predictions for X, some rows at a time: the kernel of all would take gigabytes."""
    parts = [predict(X[first : first + AT_ONCE]) for first in range(0, len(X), AT_ONCE)]
    return np.concatenate(parts)
