"""A saved network's arithmetic in NumPy: the loop's, to the bit.

The loop itself would take two seconds to load, more than a technician's whole answer should take,
and half a minute to compile at first. `templates/locate.js` has the same arithmetic once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from study.bag import SQUARE
from study.forward import Floats
from study.saved import Saved

Singles = NDArray[np.float32]
f32 = np.float32
AT_ONCE = 1024  # rows: their arrays stay in the processor's cache
LOG2_E, LN_2, ROUNDER = f32(1.4426950408889634), f32(0.6931471805599453), f32(1.5 * 2**23)
C = tuple(map(f32, (0.00138825, 0.00836652, 0.0416672, 0.16666544, 0.49999998)))
LIMIT = f32(20.0)


@dataclass(frozen=True, eq=False)
class Network:
    """Dense layers: flows (n, N) -> positions (n, 2)."""

    matrices: list[Singles]  # (J, I) each
    biases: list[Singles]  # (J,) each
    activation: str  # between the layers
    averaged: bool  # over the symmetries

    def __call__(self, X: Floats) -> Floats:
        if self.averaged:
            return SQUARE.group.average(X, self._answer)
        return self._answer(X)

    def _answer(self, X: Floats) -> Floats:
        parts = [self._few(X[first : first + AT_ONCE]) for first in range(0, len(X), AT_ONCE)]
        return np.concatenate([np.empty((0, 2)), *parts])

    def _few(self, X: Floats) -> Floats:
        h = np.ascontiguousarray(X.T, f32)  # (units, n)
        activate = ACTIVATIONS[self.activation]
        last = len(self.matrices) - 1
        for layer, (W, b) in enumerate(zip(self.matrices, self.biases, strict=True)):
            z = np.repeat(b[:, np.newaxis], len(X), axis=1)
            for column, unit in zip(W.T, h, strict=True):  # one by one, in the loop's order
                z += column[:, np.newaxis] * unit
            h = z if layer == last else activate(z)
        return h.T.astype(np.float64)


def network(saved: Saved) -> Network:
    """The layers of a saved network."""
    ties, theta = saved.shape.ties, saved.weights
    biases = np.where(ties.bias < 0, f32(0.0), theta[ties.bias])
    ends = np.cumsum(ties.sizes[1:-1])
    return Network(
        ties.matrices(theta), np.split(biases, ends), saved.shape.activation, saved.averaged
    )


def expm1(x: Singles) -> Singles:
    """exp(x) - 1 for |x| <= 20, as `study.kernel` has it."""
    shifted = x * LOG2_E + ROUNDER
    r = x - (shifted - ROUNDER) * LN_2
    q = np.full_like(x, C[0])
    for c in C[1:]:
        q = q * r + c
    q = q * (r * r) + r
    power = ((shifted.view(np.int32) + np.int32(127)) << np.int32(23)).view(f32)
    return power * q + (power - f32(1.0))


def elu(z: Singles) -> Singles:
    return np.maximum(z, f32(0.0)) + expm1(np.clip(z, -LIMIT, f32(0.0)))


def tanh(z: Singles) -> Singles:
    e = expm1(np.clip(z + z, -LIMIT, LIMIT))
    return e / (e + f32(2.0))


ACTIVATIONS: dict[str, Callable[[Singles], Singles]] = {"elu": elu, "tanh": tanh}
