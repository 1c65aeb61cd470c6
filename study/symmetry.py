"""The square's eight symmetries as data, and how they move flows and positions.

Sensors are numbered clockwise from the top left. A symmetry permutes the four flows and moves the
position by a 2x2 matrix; a moved sample is as true as the original one.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

CORNERS: NDArray[np.float64] = np.array([(-1.0, 1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)])
CORNERS.flags.writeable = False


@dataclass(frozen=True)
class Symmetry:
    """One symmetry of the square: x becomes x[..., permutation], y becomes matrix @ y."""

    name: str
    permutation: tuple[int, int, int, int]
    matrix: tuple[tuple[int, int], tuple[int, int]]


# Rows two and five generate the other six.
SYMMETRIES: tuple[Symmetry, ...] = (
    Symmetry("identity", (0, 1, 2, 3), ((1, 0), (0, 1))),
    Symmetry("clockwise rotation by 90 degrees", (3, 0, 1, 2), ((0, 1), (-1, 0))),
    Symmetry("clockwise rotation by 180 degrees", (2, 3, 0, 1), ((-1, 0), (0, -1))),
    Symmetry("clockwise rotation by 270 degrees", (1, 2, 3, 0), ((0, -1), (1, 0))),
    Symmetry("flip along the vertical axis", (1, 0, 3, 2), ((-1, 0), (0, 1))),
    Symmetry("flip along the rising diagonal", (2, 1, 0, 3), ((0, 1), (1, 0))),
    Symmetry("flip along the horizontal axis", (3, 2, 1, 0), ((1, 0), (0, -1))),
    Symmetry("flip along the falling diagonal", (0, 3, 2, 1), ((0, -1), (-1, 0))),
)


@dataclass(frozen=True)
class Group:
    """All symmetries of a bag with N ports, the identity first.

    A symmetry turns flows x into x[..., permutation] and positions y into matrix @ y.
    """

    permutations: NDArray[np.integer]  # (G, N)
    matrices: NDArray[np.floating]  # (G, 2, 2), orthogonal


def symmetries(ports: NDArray[np.floating], tolerance: float = 1e-6) -> Group:
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


SQUARE = symmetries(CORNERS)


def act_on_flows(symmetry: Symmetry, X: NDArray[np.floating]) -> NDArray[np.floating]:
    """Move flows X (..., 4) by the symmetry; shape and dtype stay."""
    return X[..., symmetry.permutation]


def act_on_positions(symmetry: Symmetry, Y: NDArray[np.floating]) -> NDArray[np.floating]:
    """Move positions Y (..., 2) by the symmetry; shape and dtype stay."""
    return Y @ np.array(symmetry.matrix, dtype=Y.dtype).T


def orbit(
    X: NDArray[np.floating], Y: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return the eight copies of each sample, in the order of SYMMETRIES.

    (..., 4), (..., 2) -> (..., 8, 4), (..., 8, 2); the first copy is the sample itself.
    """
    flows = np.stack([act_on_flows(symmetry, X) for symmetry in SYMMETRIES], axis=-2)
    positions = np.stack([act_on_positions(symmetry, Y) for symmetry in SYMMETRIES], axis=-2)
    return flows, positions


def augment(
    X: NDArray[np.floating], Y: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return all copies of m samples, (m, 4), (m, 2) -> (8m, 4), (8m, 2).

    A sample's eight copies follow one another, the sample itself first.
    """
    flows, positions = orbit(X, Y)  # (m, 8, 4), (m, 8, 2)
    return flows.reshape(-1, 4), positions.reshape(-1, 2)
