"""The symmetries of a bag: how each of them permutes the sensors and moves the plane.

With sensors' flows x (N,) and a leak's position y (2,), a symmetry g acts on both:
x -> x[permutation] and y -> matrix @ y. A moved sample is as true as the original one. A network f
is equivariant if f(g x) = g f(x) for all g.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer]
Floats = NDArray[np.floating]
Predictor = Callable[[Floats], Floats]  # flows (n, N) -> positions (n, 2)


@dataclass(frozen=True, eq=False)
class Group:
    """All symmetries of a bag with N ports, the identity first."""

    permutations: Ints  # (G, N)
    matrices: Floats  # (G, 2, 2), orthogonal

    @property
    def order(self) -> int:
        """The number G of its symmetries."""
        return len(self.permutations)

    def copies(self, X: Floats, Y: Floats) -> tuple[Floats, Floats]:
        """The orbits (..., G, N) and (..., G, 2) of samples X (..., N) and Y (..., 2).

        A sample itself comes first in its orbit; dtypes stay.
        """
        matrices = self.matrices.astype(Y.dtype)
        return X[..., self.permutations], np.einsum("gij,...j->...gi", matrices, Y)

    def average(self, X: Floats, f: Predictor) -> Floats:
        """The orbit average (n, 2) of f at X (n, N), which is f itself where f is equivariant."""
        moves = zip(self.permutations, self.matrices, strict=True)
        return np.mean([f(X[:, permutation]) @ matrix for permutation, matrix in moves], axis=0)


def symmetries(ports: Floats, tolerance: float = 1e-6) -> Group:
    """The isometries of the plane about 0 that map ports (N, 2) onto themselves.

    tolerance: how far a moved port may be from a port, in units of the ports. The matrices are
    rounded to 12 decimals, since solutions of equations differ between machines in their last bit.
    """
    pairs = list(permutations(range(len(ports)), 2))
    base = max(pairs, key=lambda pair: abs(np.linalg.det(ports[list(pair)])))
    found = {}
    for images in pairs:
        matrix = np.linalg.solve(ports[list(base)], ports[list(images)]).T  # base moves to images
        distances = np.linalg.norm((ports @ matrix.T)[:, None] - ports, axis=-1)  # (N, N)
        isometry = np.allclose(matrix @ matrix.T, np.eye(2), atol=tolerance)
        if isometry and (distances.min(axis=1) < tolerance).all():
            # Port i moves to port j; so sensor j of the moved bag reads what sensor i read.
            found[tuple(np.argsort(distances.argmin(axis=1)))] = np.round(matrix, 12) + 0.0
    order = sorted(found)  # the identity, (0, 1, ..., N - 1), comes first
    return Group(np.array(order), np.array([found[key] for key in order]))
