"""The forward model inverted: from what the sensors read to where the leak is.

The nearest flows of a single leak, and the posterior mean, which is the best that anything can do.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from study.bag import SQUARE, Bag
from study.forward import Floats, ForwardModel

SEARCHED = 33  # cells a side of the grid on which a position is first looked for
STEPS = 3  # from 0.1 off, which a network may be, two leave half the noise, three nothing
LAST_STEPS = 5  # leave 0.001 at most
INTEGRATED = 80  # cells a side of the grid for the posterior mean
AT_ONCE = 1024


def locate(model: ForwardModel, X: Floats) -> Floats:
    """The positions (n, 2) in the outline's box whose flows are nearest to X (n, N).

    The nearest of a grid of positions, then Gauss-Newton steps.
    """
    nodes = grid(SEARCHED, model.bag)
    known = model.flows(nodes)
    sizes = np.square(known).sum(axis=1)
    found = [np.argmin(sizes - 2 * rows @ known.T, axis=1) for rows in _parts(X)]
    return nearest(model, X, nodes[np.concatenate(found)], LAST_STEPS)


def nearest(model: ForwardModel, X: Floats, start: Floats, steps: int = STEPS) -> Floats:
    """The positions (n, 2) in the outline's box, near start (n, 2), with flows nearest to X (n, N).

    By Gauss-Newton steps. Where one would leave the box, it stops at the edge, and the other
    coordinate takes the best value there.
    """
    low, high = model.bag.low[:, np.newaxis], model.bag.high[:, np.newaxis]
    Y = np.clip(start, model.bag.low, model.bag.high)
    for _ in range(steps):
        flows, (d1, d2) = model.flows_and_slopes(Y)
        off = X.T - flows
        down1, down2 = (d1 * off).sum(axis=0), (d2 * off).sum(axis=0)
        a, b, c = np.square(d1).sum(axis=0), (d1 * d2).sum(axis=0), np.square(d2).sum(axis=0)
        (low1, low2), (high1, high2) = low - Y.T, high - Y.T
        step1 = np.clip((c * down1 - b * down2) / (a * c - b * b), low1, high1)
        step2 = np.clip((down2 - b * step1) / c, low2, high2)
        step1 = np.clip((down1 - b * step2) / a, low1, high1)
        Y = Y + np.stack([step1, step2], axis=1)
    return Y


def posterior_mean(model: ForwardModel, X: Floats, noise: float) -> Floats:
    """The mean (n, 2) of the position given flows X (n, N): nothing has a lower squared error.

    The position is uniform on the outline's box beforehand, and each sensor's noise normal with
    this standard deviation; then the flows were normalised, so the sum s that they had is
    integrated out: p(x | y) is proportional to the integral over s of
    s^(N - 1) exp(-|s x - f(y)|^2 / (2 noise^2)). Numerically, over midpoints of a fine grid.
    """
    nodes = grid(INTEGRATED, model.bag)
    known = model.flows(nodes)
    return np.concatenate([_posterior_mean(nodes, known, rows, noise) for rows in _parts(X)])


def _posterior_mean(nodes: Floats, known: Floats, X: Floats, noise: float) -> Floats:
    a = np.square(X).sum(axis=1, keepdims=True)  # |s x - f|^2 = a s^2 - 2 b s + c
    b = X @ known.T
    c = np.square(known).sum(axis=1)
    mean = b / a  # of s, whose variance is noise^2 / a
    moment = _moment(X.shape[1] - 1, mean, noise**2 / a)
    logs = np.log(moment) - (c - b * mean) / (2 * noise**2)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return weights @ nodes / weights.sum(axis=1, keepdims=True)


def _moment(order: int, mean: Floats, variance: Floats) -> Floats:
    """The mean of s^order for normal s: m_k = mean m_(k-1) + (k - 1) variance m_(k-2)."""
    before, moment = np.zeros_like(mean), np.ones_like(mean)
    for k in range(1, order + 1):
        before, moment = moment, mean * moment + (k - 1) * variance * before
    return moment


def grid(side: int, bag: Bag = SQUARE) -> Floats:
    """The midpoints (side^2, 2) of so many equal cells a side of the outline's box."""
    middle = (2 * np.arange(side) + 1) / side - 1  # in [-1, 1]
    nodes = np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1).reshape(-1, 2)
    return (bag.low + bag.high) / 2 + (bag.high - bag.low) / 2 * nodes


def _parts(X: Floats) -> Iterator[Floats]:
    """The rows of X, some at a time: their products with a grid take memory."""
    return (X[first : first + AT_ONCE] for first in range(0, len(X), AT_ONCE))
