"""Samples that are there more than once: equal up to a symmetry and to rounding.

Copies of one sample in training and in validation data make errors look smaller than they are.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from study.bag import SQUARE, Bag
from study.data import Samples
from study.forward import Floats
from study.symmetry import Ints

# How far positions and flows of one sample may be apart: somewhat more than rounding to three
# decimals leaves. Of 30,000 simulated samples and 30,000 others, two come as close by chance in one
# study of ten.
TOLERANCE = 6e-4
# Of a sample's copies the first one is the one that lies furthest this way: off every mirror axis.
_WAY = np.array([1.0, 0.38])
_DOUBT = 2 * TOLERANCE * np.abs(_WAY).sum()  # what rounding may change in who lies furthest


def meeting(some: Samples, others: Samples, bag: Bag = SQUARE) -> int:
    """How many of some samples are among others, too."""
    mine, _ = _pairs(some, others, 1, bag)
    return len(np.unique(mine))


def repeated(samples: Samples, bag: Bag = SQUARE) -> int:
    """How many of these samples are there more than once."""
    one, another = _pairs(samples, samples, 2, bag)  # the nearest may be the sample itself
    return len(np.unique(one[one != another]))


def _pairs(some: Samples, others: Samples, count: int, bag: Bag) -> tuple[Ints, Ints]:
    """Places (k,) of some samples, and of others that are the same, at most so many of each.

    If rounding makes another copy the first one, that copy lies nearly as far: so all copies of
    some samples are looked up that do.
    """
    copies, mine = _furthest(some, bag, _DOUBT)
    firsts, theirs = _furthest(others, bag)
    distances, found = KDTree(firsts).query(
        copies, range(1, count + 1), p=np.inf, distance_upper_bound=TOLERANCE
    )
    rows, ranks = np.nonzero(np.isfinite(distances))
    return mine[rows], theirs[found[rows, ranks]]


def _furthest(samples: Samples, bag: Bag, doubt: float = 0.0) -> tuple[Floats, Ints]:
    """The copies (k, 2 + N) of n samples that lie furthest, and which sample each is of (k,)."""
    X, Y = bag.group.copies(*samples)  # (n, G, N), (n, G, 2)
    far = Y @ _WAY
    places, copies = np.nonzero(far >= far.max(axis=1, keepdims=True) - doubt)
    return np.hstack([Y[places, copies], X[places, copies]]), places
