"""Whether the flows of a file look as if a sensor read off: which, and by how much.

Without positions an offset shows only in what points out of the surface of a single leak's flows:
it moves the mean of the residuals along the normal, by more in some places than in others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from locate.surface import Beside
from study.bag import SQUARE

ROWS = 20  # from so many distinct rows on a file is judged
ALPHA = 0.001  # the chance of a suspicion where there is no fault
OFFSET = 0.015  # a smaller one could be the forward model's own error (0.013 in one corner)
ALIKE = 10.8  # sensors explain the rows alike where chi-square differs by less (p = 0.001)


@dataclass(frozen=True)
class Suspect:
    """A sensor (1 to 4) that may read off, and what is added to its normalised flow."""

    sensor: int
    offset: float


def suspects(lie: Beside, noise: float) -> list[Suspect]:
    """The sensors one of which reads off, the likeliest first; none where no fault shows.

    lie: how distinct rows lie to the surface; noise: the standard deviation of the residuals where
    all sensors are well. One offset must be there beyond chance (Bonferroni's, for four sensors),
    matter, be one (of a total flow of 1), and explain the residuals: what it leaves is noise, but
    for a third of what it explains. Files of two leaks at a time don't pass.
    """
    rows = len(lie.residuals)
    if rows < ROWS:
        return []
    products = lie.residuals @ lie.leverages
    offsets = products / np.square(lie.leverages).sum(axis=0)
    explained = products * offsets / noise**2
    left = (np.square(lie.residuals).sum() / noise**2 - explained) / rows
    best = int(np.argmax(explained))
    sigmas = math.sqrt(explained[best] / max(1.0, left[best]))
    p = SQUARE.flows * math.erfc(sigmas / math.sqrt(2))  # of both tails
    sound = left[best] < 1.5 + explained[best] / rows / 3
    if not (p < ALPHA and OFFSET < abs(offsets[best]) < 1 and sound):
        return []
    order = np.argsort(-explained)
    alike = order[explained[best] - explained[order] < ALIKE * max(1.0, left[best])]
    return [Suspect(int(k) + 1, float(offsets[k])) for k in alike if abs(offsets[k]) < 1]
