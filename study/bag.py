"""A vacuum bag: where its ports are, what it covers, and what its sensors are called.

Positions y are in the bag's own unit, with 0 where its symmetries have their fixed point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from study.symmetry import Group, symmetries

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Bag:
    """A bag with N ports, each with a sensor of its flow. Its arrays are read-only copies.

    A leak may be anywhere in the outline's box, the smallest rectangle along the axes around it:
    so only a rectangle's outline is told exactly. Two bags are equal if all their values are.
    """

    ports: Floats  # (N, 2)
    outline: Floats  # (K, 2), the corners of a polygon, in their order
    mm: float  # millimetres per unit of position
    sensors: tuple[str, ...]  # (N,), the names of their columns, in the ports' order

    def __post_init__(self) -> None:
        for name in ("ports", "outline"):
            points = np.array(getattr(self, name), dtype=np.float64)
            points.flags.writeable = False
            object.__setattr__(self, name, points)
        if self.ports.shape != (self.flows, 2):
            raise ValueError(f"{self.flows} sensors, but ports of shape {self.ports.shape}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bag) and self._values == other._values

    def __hash__(self) -> int:
        return hash(self._values)

    @property
    def _values(self) -> tuple[object, ...]:
        points = (tuple(map(tuple, array.tolist())) for array in (self.ports, self.outline))
        return (*points, self.mm, self.sensors)

    @property
    def flows(self) -> int:
        """The number N of its flows, one for each port."""
        return len(self.sensors)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its data files: a position's coordinates, then the flows."""
        return ("y1", "y2", *self.sensors)

    @property
    def low(self) -> Floats:
        """The lower left corner (2,) of the outline's box."""
        return self.outline.min(axis=0)

    @property
    def high(self) -> Floats:
        """The upper right corner (2,) of the outline's box."""
        return self.outline.max(axis=0)

    @cached_property
    def group(self) -> Group:
        """Its symmetries: those of its ports."""
        return symmetries(self.ports)


_CORNERS = np.array([(-1.0, 1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)])

# The exercise's bag, 1500 mm square; sensors are numbered clockwise from the top left.
SQUARE = Bag(ports=_CORNERS, outline=_CORNERS, mm=750.0, sensors=("mfc1", "mfc2", "mfc3", "mfc4"))
