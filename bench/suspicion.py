"""Whether the flows of a whole file look as if a sensor read off: which, and by how much.

Without positions an offset shows only in what points out of the surface of a single leak's flows:
it moves the mean of the residuals along the normal, by more in some places than in others. Sums
over the rows are enough to fit it, so a file can be as long as it likes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from bench.surface import Beside
from study.bag import SQUARE
from study.forward import Floats

ROWS = 20  # from so many on a file is judged
ALPHA = 0.001  # the chance of a suspicion where there is no fault
OFFSET = 0.015  # a smaller one could be the forward model's own error (0.013 in one corner)
ALIKE = 10.8  # sensors explain the rows alike where chi-square differs by less (p = 0.001)


@dataclass(frozen=True)
class Suspect:
    """A sensor (1 to 4) that may read off, and what is added to its normalised flow."""

    sensor: int
    offset: float


@dataclass
class Residuals:
    """Sums over the rows of a file."""

    rows: int = 0
    squares: float = 0.0
    weights: Floats = field(default_factory=lambda: np.zeros(SQUARE.flows))  # of leverages squared
    products: Floats = field(
        default_factory=lambda: np.zeros(SQUARE.flows)
    )  # leverages x residuals

    def add(self, beside: Beside) -> None:
        """Count these rows in."""
        self.rows += len(beside.residuals)
        self.squares += float(beside.residuals @ beside.residuals)
        self.weights += np.square(beside.leverages).sum(axis=0)
        self.products += beside.residuals @ beside.leverages

    def suspects(self, noise: float) -> list[Suspect]:
        """The sensors one of which reads off, the likeliest first; none where no fault shows.

        noise: the standard deviation of the residuals where all sensors are well. One offset must
        be there beyond chance (Bonferroni's, for four sensors), matter, and explain the residuals:
        what it leaves is noise, but for a third of what it explains. Files of two leaks at a time
        don't pass.
        """
        if self.rows < ROWS:
            return []
        offsets = self.products / self.weights
        explained = self.products * offsets / noise**2
        left = (self.squares / noise**2 - explained) / self.rows
        best = int(np.argmax(explained))
        sigmas = math.sqrt(explained[best] / max(1.0, left[best]))
        p = SQUARE.flows * math.erfc(sigmas / math.sqrt(2))  # of both tails
        sound = left[best] < 1.5 + explained[best] / self.rows / 3
        if not (p < ALPHA and abs(offsets[best]) > OFFSET and sound):
            return []
        order = np.argsort(-explained)
        alike = order[explained[best] - explained[order] < ALIKE * max(1.0, left[best])]
        return [Suspect(int(sensor) + 1, float(offsets[sensor])) for sensor in alike]
