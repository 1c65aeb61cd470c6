"""Samples in their bag's convention pass, noisy ones too; others are told what fits instead."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from study.bag import SQUARE
from study.convention import judge, narrow
from study.data import Data, Samples
from study.forward import FITTED, normalised, offset
from study.simulate import NOISE, simulate
from tests.study.bags import HEXAGON, RECTANGLE

Change = Callable[[Samples], Samples]


def drawn(n: int, noise: float = NOISE, draw: int = 0) -> Samples:
    return simulate(n, np.random.default_rng([n, draw]), noise=noise)


def placed(change: Callable[[np.ndarray], np.ndarray]) -> Change:
    """The same flows elsewhere."""
    return lambda samples: Samples(samples.X, change(samples.Y))


def read(*columns: int) -> Change:
    """The same places, flows in other columns."""
    return lambda samples: Samples(samples.X[:, columns], samples.Y)


def broken(sensor: int, reading: float) -> Change:
    """A sensor that always reads the same, before flows are normalised."""

    def change(samples: Samples) -> Samples:
        X = samples.X.copy()
        X[:, sensor] = reading
        return Samples(normalised(X), samples.Y)

    return change


def shuffled(samples: Samples) -> Samples:
    return Samples(samples.X, np.random.default_rng(1).permutation(samples.Y))


# What passes


@pytest.mark.parametrize("n", [50, 100, 1000])
@pytest.mark.parametrize("noise", [0.001, NOISE, 5 * NOISE])
def test_the_right_convention_passes_and_its_noise_is_told(n, noise):
    judged = judge(drawn(n, noise))
    assert judged.is_sound
    assert judged.instead is None
    assert judged.noise == pytest.approx(noise, rel=0.15)
    assert judged.explained > 0.85


@pytest.mark.parametrize("sensor", range(SQUARE.flows))
@pytest.mark.parametrize("size", [0.02, 0.05, 0.2])
def test_a_sensors_offset_passes_and_is_no_noise(sensor, size):
    samples = drawn(100)
    judged = judge(Samples(offset(samples.X, sensor, size), samples.Y))
    assert judged.is_sound
    assert judged.noise < 0.013


@pytest.mark.parametrize("scale", [0.5, 0.75])
def test_another_unit_of_length_passes(scale):
    assert judge(placed(lambda Y: scale * Y)(drawn(100))).is_sound


def test_a_part_of_the_bag_passes():
    samples = drawn(400)
    for inside in (samples.Y[:, 0] > 0, np.abs(samples.Y[:, 1]) < 0.3, (samples.Y > 0).all(axis=1)):
        assert judge(Samples(samples.X[inside], samples.Y[inside])).is_sound


def test_the_exercises_data_pass(real: Data):
    noises = [judge(samples).noise for samples in real.files.values()]
    assert all(judge(samples).is_sound for samples in real.files.values())
    assert max(noises) < 0.0115


# What does not

WRONG = {
    "y2 down": (placed(lambda Y: Y * [1, -1]), "y2 counted downwards (or sensors in the order"),
    "y1 left": (placed(lambda Y: Y * [-1, 1]), "y1 counted leftwards (or sensors in the order"),
    "both": (placed(lambda Y: -Y), "y1 counted leftwards, y2 counted downwards (or"),
    "swapped": (placed(lambda Y: Y[:, ::-1]), "y1 and y2 swapped (or"),
    "swapped, y1 down": (
        placed(lambda Y: Y[:, ::-1] * [-1, 1]), "y1 and y2 swapped, y1 counted downwards (or",
    ),
    "swapped, y2 left": (
        placed(lambda Y: Y[:, ::-1] * [1, -1]), "y1 and y2 swapped, y2 counted leftwards (or",
    ),
    "row by row": (read(0, 1, 3, 2), "sensors numbered row by row"),
    "column by column": (read(0, 3, 1, 2), "sensors numbered column by column"),
    "anticlockwise": (read(0, 3, 2, 1), "(or sensors numbered the other way round, which is the"),
    "from another corner": (read(1, 2, 3, 0), "(or sensors in the order mfc4, mfc1, mfc2, mfc3, "),
    "two swapped": (read(1, 0, 2, 3), "sensors in the order mfc2, mfc1, mfc3, mfc4"),
    "in [0, 1]": (
        placed(lambda Y: (Y + 1) / 2),
        "y1 stretched from [0.00, 1.00] to [-1, 1] and y2 stretched from [0.00, 1.00] to [-1, 1]",
    ),
    "y1 in [0, 1]": (
        placed(lambda Y: Y * [0.5, 1] + np.array([0.5, 0])),
        "y1 stretched from [0.00, 1.00] to [-1, 1]",
    ),
    "downwards in [0, 1]": (
        placed(lambda Y: (Y * [1, -1] + 1) / 2), "to [-1, 1] and y2 counted downwards (or",
    ),
    "y2 a tenth": (placed(lambda Y: Y * [1, 0.1]), "y2 stretched from [-0.10, 0.10] to [-1, 1]"),
    "dead": (broken(1, 0.0), "mfc2 left out (it reads 0 to 0: is it dead, stuck or out of scale?)"),
    "stuck low": (broken(2, 0.05), "mfc3 left out (it reads 0.0"),
    "stuck high": (broken(0, 300.0), "mfc1 left out (it reads 1 to 1"),
    "stuck": (broken(3, 0.25), "mfc4 left out (it reads 0.2"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_fits_instead_is_named(name):
    change, words = WRONG[name]
    judged = judge(change(drawn(400)))
    assert not judged.is_sound
    assert judged.instead is not None
    assert words in judged.instead.words
    assert judged.instead.noise < 0.02 < 0.04 < judged.noise


@pytest.mark.parametrize("name", WRONG)
def test_a_file_of_fifty_rows_is_enough(name):
    judged = judge(WRONG[name][0](drawn(50)))
    assert judged.instead is not None
    assert judged.instead.noise < 0.5 * judged.noise


@pytest.mark.parametrize("change", [shuffled, placed(lambda Y: Y[::-1]), placed(np.sort)])
def test_positions_without_relation_fit_in_no_way(change):
    judged = judge(change(drawn(300)))
    assert (judged.is_sound, judged.instead) == (False, None)
    assert judged.explained < 0.5


def test_a_sensor_that_never_changes_is_named_whatever_the_noise():
    X, Y = drawn(300, 5 * NOISE)
    others = 0.75 * normalised(X[:, 1:])
    judged = judge(Samples(np.column_stack([np.full(300, 0.25), others]), Y))
    assert judged.instead is not None
    assert "mfc1 left out (it reads 0.25 to 0.25" in judged.instead.words


def test_positions_on_a_line_are_no_reason_to_fail():
    X, Y = drawn(300)
    assert not judge(Samples(X, Y * [0, 1])).is_sound
    on = np.abs(Y[:, 0]) < 0.2
    assert judge(Samples(X[on], (Y * [0, 1])[on])).is_sound


def test_both_a_fault_and_a_wrong_convention_are_seen_through():
    X, Y = drawn(300)
    judged = judge(Samples(offset(X, 3, 0.05), Y * [1, -1]))
    assert judged.instead is not None
    assert judged.instead.words.startswith("y2 counted downwards")


def test_thousands_of_rows_are_judged_by_some_of_them():
    samples = drawn(3000)
    assert judge(samples) == judge(samples)
    assert judge(WRONG["y2 down"][0](samples)).explained < 0.1


@pytest.mark.parametrize("bag", [HEXAGON, RECTANGLE], ids=["hexagon", "rectangle"])
def test_other_bags_have_conventions_of_their_own(bag):
    model = replace(FITTED, bag=bag)
    samples = simulate(300, np.random.default_rng(2), model=model, noise=0.005)
    assert judge(samples, bag).is_sound
    order = np.r_[1, 0, 2 : bag.flows]
    judged = judge(Samples(samples.X[:, order], samples.Y), bag)
    names = [bag.sensors[k] for k in order]
    assert judged.instead is not None
    assert judged.instead.words == f"sensors in the order {', '.join(names)}"


# Coordinates that cover little


def test_narrow_coordinates():
    X, Y = drawn(100)
    assert narrow(Samples(X, Y)) == []
    assert narrow(Samples(X, 0.5 * Y)) == [0, 1]
    assert narrow(Samples(X, Y * [1, 0.5])) == [1]
    assert narrow(Samples(X, np.array([[-0.75, 1], [0.7499, -1]] * 50))) == [0]
    assert narrow(Samples(X, np.array([[-0.75, 1], [0.75, -1]] * 50))) == []


def test_every_move_is_in_words():
    """All 24 orders of the sensors but the right one, of which seven are moves of the square."""
    samples, told = drawn(200), set()
    for order in permutations(range(SQUARE.flows)):
        judged = judge(read(*order)(samples))
        if order == tuple(range(SQUARE.flows)):
            assert judged.is_sound
            continue
        assert judged.instead is not None
        told.add(judged.instead.words)
    assert len(told) == 23
    assert sum(re.search("counted|swapped", words) is not None for words in told) == 7
