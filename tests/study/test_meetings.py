"""Samples that are there more than once, whatever symmetry moved them and how they were rounded."""

import numpy as np
import pytest

from study.bag import SQUARE
from study.data import Samples
from study.meetings import meeting, repeated
from study.simulate import simulate
from tests.study.bags import HEXAGON, RECTANGLE


def drawn(n: int, draw: int = 0) -> Samples:
    return simulate(n, np.random.default_rng([n, draw]))


def moved(samples: Samples, symmetry: int | np.ndarray, bag=SQUARE) -> Samples:
    """Each sample's copy by this symmetry."""
    X, Y = bag.group.copies(*samples)
    rows = np.arange(len(X))
    return Samples(X[rows, symmetry], Y[rows, symmetry])


def rounded(samples: Samples, decimals: int) -> Samples:
    return Samples(samples.X.round(decimals), samples.Y.round(decimals))


def joined(*several: Samples) -> Samples:
    return Samples(*map(np.concatenate, zip(*several, strict=True)))


@pytest.mark.parametrize("symmetry", range(SQUARE.group.order))
@pytest.mark.parametrize("decimals", [3, 4, 12])
def test_copies_are_found_by_any_symmetry_and_rounding(symmetry, decimals):
    samples, others = drawn(2000), drawn(500, 1)
    copies = rounded(moved(Samples(*(a[::4] for a in samples)), symmetry), decimals)
    held_out = joined(others, copies)
    assert meeting(held_out, samples) == meeting(samples, held_out) == 500


def test_copies_near_an_axis_are_found_whichever_side_rounding_puts_them_on():
    X = np.tile([0.3, 0.301, 0.2, 0.199], (200, 1))
    Y = np.column_stack([np.linspace(-2e-4, 2e-4, 200), np.linspace(0.1, 0.9, 200)])
    samples = Samples(X, Y)
    for symmetry in range(SQUARE.group.order):
        copies = rounded(moved(samples, symmetry), 3)
        assert meeting(copies, samples) == meeting(samples, copies) == 200


def test_other_samples_do_not_meet():
    assert meeting(drawn(10_000), drawn(10_000, 1)) == 0
    assert repeated(drawn(10_000)) == 0


def test_flows_as_well_as_positions_must_be_the_same():
    samples = drawn(100)
    assert meeting(samples, Samples(samples.X[:, [1, 0, 3, 2]], samples.Y)) == 0
    assert meeting(samples, Samples(samples.X + 0.001, samples.Y)) == 0
    assert meeting(samples, Samples(samples.X, samples.Y - 0.001)) == 0
    assert meeting(samples, Samples(samples.X + 4e-4, samples.Y - 4e-4)) == 100


def test_repeated_ones_are_counted_each():
    samples = drawn(60)
    some = Samples(samples.X[:10], samples.Y[:10])
    assert repeated(joined(samples, some)) == 20
    assert repeated(joined(samples, moved(some, 3), moved(some, 5))) == 30
    same = Samples(np.tile(samples.X[:1], (70, 1)), np.tile(samples.Y[:1], (70, 1)))
    assert repeated(same) == 70


def test_a_sample_on_an_axis_is_no_copy_of_itself():
    X = np.array([[0.3, 0.3, 0.2, 0.2], [0.25, 0.25, 0.25, 0.25], [0.4, 0.2, 0.2, 0.2]])
    Y = np.array([[0.0, 0.5], [0.0, 0.0], [-0.5, 0.5]])
    assert repeated(Samples(X, Y)) == 0
    assert meeting(Samples(X, Y), Samples(X, Y)) == 3


@pytest.mark.parametrize("bag", [HEXAGON, RECTANGLE], ids=["hexagon", "rectangle"])
def test_each_bag_has_its_own_symmetries(bag):
    rng = np.random.default_rng(1)
    samples = Samples(
        rng.dirichlet(np.ones(bag.flows), 50), rng.uniform(bag.low, bag.high, (50, 2))
    )
    for symmetry in range(bag.group.order):
        assert meeting(moved(samples, symmetry, bag), samples, bag) == 50
