"""How far around an answer to search: circles that hold the leak with 90 % probability.

Their shape, where they are wide and where narrow, is learnt from leaks that the forward model
imagines. Their size is calibrated on validation data (split-conformal): as many of the circles
hold a new leak, whatever the network and however wrong the forward model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from study.data import Samples
from study.errors import StudyError
from study.fitting import Fit
from study.forward import Floats
from study.seeds import seed
from study.simulate import simulate

COVERAGE = 0.9
IMAGINED = 50_000
NODES = 7  # a side of the grid of radii over the square; straight lines between them
ROUNDS = 20
# A circle could hold nine leaks of ten among those that are in a place, or among those that seem to
# be there (and leaks near the edges would be found less often: networks answer too far inside). The
# first alone makes wide circles where a network is biased.
BY_TRUTH = 0.8
GAIN = 2.0  # the step of a round: near 90 %, 1 % more radius is about 0.5 % of 1 more coverage


@dataclass(frozen=True, eq=False)
class Radii:
    """Search radii in units of y, by the position in the square that explains the flows best."""

    logs: Floats  # (NODES^2,) the shape: log radius at the nodes of the grid
    factor: float  # the size

    def at(self, positions: Floats) -> Floats:
        """The radii (n,) for positions (n, 2) in the square."""
        nodes, weights = _around(positions)
        radii: Floats = self.factor * np.exp((self.logs[nodes] * weights).sum(axis=0))
        return radii

    def calibrated(self, positions: Floats, errors: Floats) -> Radii:
        """Circles of this shape whose size holds 90 % of errors (n,) at positions (n, 2).

        The ceil(0.9 (n + 1))-th smallest of n scores: then the chance that the circle of a new leak
        holds it is at least 90 %, and at most 1 / (n + 1) more.
        """
        rank = math.ceil((len(errors) + 1) * COVERAGE)
        if rank > len(errors):
            raise StudyError(
                "expected at least 9 rows of validation data to calibrate the search radius, found "
                f"{len(errors)}; name a folder with a larger validation file"
            )
        return Radii(self.logs, self.factor * np.sort(errors / self.at(positions))[rank - 1])


def imagine(fit: Fit) -> Samples:
    """Leaks anywhere on the square, with the flows and the noise that the fit has found."""
    rng = np.random.default_rng(seed("imagined leaks"))
    return simulate(IMAGINED, rng, model=fit.model, noise=fit.noise)


def shape(seeming: Floats, true: Floats, errors: Floats) -> Radii:
    """Circles that hold about 90 % of the leaks everywhere on the square.

    seeming, true: positions (n, 2) that the flows look like, and that were; errors: (n,). In each
    round the radius at a node grows with the share of leaks around it that circles do not hold.
    """
    nodes, weights = _around(seeming)
    true_nodes, true_weights = _around(true)
    counted = np.concatenate([nodes, true_nodes])
    shares = np.concatenate([(1 - BY_TRUTH) * weights, BY_TRUTH * true_weights])
    total = np.bincount(counted.ravel(), shares.ravel(), NODES**2)
    radii = Radii(np.full(NODES**2, np.log(np.quantile(errors, COVERAGE))), 1.0)
    for _ in range(ROUNDS):
        missed = errors > radii.at(seeming)
        lost = np.bincount(counted.ravel(), (shares * missed).ravel(), NODES**2)
        radii = Radii(radii.logs + GAIN * (lost / total - (1 - COVERAGE)), 1.0)
    return radii


def _around(positions: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The four nodes around each position (n, 2), and their weights: (4, n) each."""
    place = (np.clip(positions.T, -1, 1) + 1) * ((NODES - 1) / 2)  # (2, n)
    corner = np.minimum(place.astype(np.intp), NODES - 2)
    (right, up), (left, down) = place - corner, 1 - (place - corner)
    first = corner[0] * NODES + corner[1]
    nodes = np.stack([first, first + 1, first + NODES, first + NODES + 1])
    return nodes, np.stack([left * down, left * up, right * down, right * up])
