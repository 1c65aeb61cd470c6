"""Bags other than the exercise's: what is true of any bag is tried on these, too."""

import numpy as np

from study.bag import Bag


def regular(sides: int) -> np.ndarray:
    """The corners (sides, 2) of a regular polygon, clockwise from the top, 1 from its centre."""
    angles = 2 * np.pi * np.arange(sides) / sides
    return np.stack([np.sin(angles), np.cos(angles)], axis=1)


def box(width: float, height: float) -> np.ndarray:
    """A rectangle's corners (4, 2), clockwise from the top left, around 0."""
    return np.array([(-width, height), (width, height), (width, -height), (-width, -height)]) / 2


def named(ports: np.ndarray, outline: np.ndarray) -> Bag:
    sensors = tuple(f"flow_{number}" for number in range(1, len(ports) + 1))
    return Bag(ports=ports, outline=outline, mm=500.0, sensors=sensors)


TRIANGLE = named(regular(3), box(1, 1))
HEXAGON = named(regular(6), box(1.6, 1.6))
RECTANGLE = named(box(4, 2), box(4, 2))
TRAPEZOID = named(np.array([(-1.0, 1.0), (1.0, 1.0), (2.0, -1.0), (-2.0, -1.0)]), box(4, 2))
SCATTERED = named(
    np.array([(0.1, 1.0), (0.9, 0.3), (0.2, -0.8), (-1.0, 0.4), (-0.3, -0.7)]), box(2, 2)
)
EDGES = named(  # ports at the corners and the middles of the edges of a square
    np.concatenate([box(2, 2), [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)]]), box(2, 2)
)
OTHERS = {
    "triangle": TRIANGLE,
    "hexagon": HEXAGON,
    "rectangle": RECTANGLE,
    "trapezoid": TRAPEZOID,
    "scattered": SCATTERED,
    "edges": EDGES,
}
