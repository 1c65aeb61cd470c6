"""The square's eight symmetries as a table of names, for those who do not take a `Group` yet.

Sensors are numbered clockwise from the top left. A symmetry permutes the four flows and moves the
position by a 2x2 matrix; a moved sample is as true as the original one.
"""

from dataclasses import dataclass

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
