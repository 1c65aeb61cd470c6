"""Flows -> what a technician is told: where to search, how far around, and what is odd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.radius import Radii, imagine, shape
from bench.surface import Beside, beside
from study import fitting
from study.data import Samples
from study.errors import StudyError
from study.fitting import Fit
from study.forward import Floats
from study.inverse import nearest

Network = Callable[[Floats], Floats]  # flows (n, 4) -> positions (n, 2)

# A row is unlike a single leak where its distance from all that one leak can make is beyond this
# many standard deviations of the noise: one clean row in a thousand, for noise in one dimension.
UNLIKE = NormalDist().inv_cdf(1 - 0.001 / 2)


class Answers(NamedTuple):
    """What n rows of flows say."""

    positions: Floats  # (n, 2) the network's
    radii: Floats  # (n,) in units of y; with 90 % probability the leak is no further away
    unlike: NDArray[np.bool_]  # (n,) no single leak makes such flows
    beside: Beside


@dataclass(frozen=True, eq=False)
class Oracle:
    """A network, and what validation data say of it and of the bag."""

    network: Network
    bag: Fit
    radii: Radii

    def answer(self, X: Floats) -> Answers:
        """Answer for normalised flows (n, 4)."""
        positions = self.network(X)
        lie = beside(self.bag.model, X, positions)
        unlike = lie.distances > UNLIKE * self.bag.noise
        return Answers(positions, self.radii.at(lie.positions), unlike, lie)


def calibrated(network: Network, validation: Samples) -> Oracle:
    """Fit the forward model to clean validation data, and calibrate the network's radii on them."""
    bag = fitting.fit(validation)
    seeming, _, errors = _seen(network, bag, validation)
    if not np.isfinite(errors).all():
        raise StudyError(
            "expected a network that gives a position for every row of the validation data, found "
            "one that gives none (not a number); train it again, or name another model"
        )
    radii = shape(*_seen(network, bag, imagine(bag)))
    return Oracle(network, bag, radii.calibrated(seeming, errors))


def _seen(network: Network, bag: Fit, samples: Samples) -> tuple[Floats, Floats, Floats]:
    """Where samples seem to be by their flows and where they are (n, 2), the network's errors (n,).

    The errors are distances in units of y.
    """
    predicted = network(samples.X)
    seeming = nearest(bag.model, samples.X, predicted)
    return seeming, samples.Y, np.hypot(*(predicted - samples.Y).T)
