"""A network's calibration: what its search radius and its warnings rest on, kept in its file.

The radius depends on the region to which the flows point: the centre of the bag, an edge or a
corner, since one radius for all would hold too few of the leaks near the edges. `study.conformal`
makes calibrations.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.bag import SQUARE, Bag
from study.errors import StudyError
from study.forward import PARAMETERS, Floats, ForwardModel

COVERAGE = 0.9  # the probability that the leak is within the radius
NEAR = 0.3  # units of y: what is so near to a side is at an edge, to two of them in a corner
REGIONS = ("centre", "edges", "corners")
SOURCES = {
    "test": "test rows that neither trained nor chose the network",
    "validation": "validation rows, which also chose the network",
    "own": "rows that were given for it",
}


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How far around a network's answers to search, and what flows a single leak makes."""

    radii: tuple[float, ...]  # in units of y, one for each of REGIONS
    forward: tuple[float, ...]  # the parameters of the forward model
    noise: float  # standard deviation of the flows in any direction that leaves their sum
    rows: int  # that calibrated it
    source: str  # a name of SOURCES
    checksum: str  # SHA-256 of the data that these rows are from

    @property
    def model(self) -> ForwardModel:
        scale, softening, decay, background = self.forward
        return ForwardModel(scale, softening, decay, background)

    def radii_at(self, positions: Floats) -> Floats:
        """The radii (n,) in units of y for positions (n, 2) that explain the flows best."""
        return np.array(self.radii)[region(positions)]

    def text(self) -> str:
        """As a file keeps it."""
        return json.dumps(asdict(self))

    @staticmethod
    def of(text: str, where: str) -> Calibration:
        """From a file's text; where: what a message says of its place. Raises StudyError."""
        try:
            found = json.loads(text)
            plain = {field.name: found[field.name] for field in fields(Calibration)}
            numbers = {name: tuple(map(float, plain[name])) for name in ("radii", "forward")}
            one = Calibration(**{**plain, **numbers})
            _check(one)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise StudyError(
                f"{where}: expected a calibration that this program wrote, found another; save the "
                "network again with `make study`, or calibrate with rows of your own (--calibrate)"
            ) from None
        return one


def _check(one: Calibration) -> None:
    """Raise ValueError for what no calibration can be."""
    sizes: list[Any] = [*one.radii, *one.forward, one.noise]
    lengths = (len(one.radii), len(one.forward)) == (len(REGIONS), PARAMETERS)
    if not (lengths and all(0 < size < 1e6 for size in sizes) and one.source in SOURCES):
        raise ValueError(one)
    if type(one.rows) is not int or not isinstance(one.checksum, str):
        raise ValueError(one)


def region(positions: Floats, bag: Bag = SQUARE) -> NDArray[np.intp]:
    """The region (n,) of positions (n, 2), an index of REGIONS."""
    near = (positions < bag.low + NEAR) | (positions > bag.high - NEAR)
    return near.sum(axis=1)
