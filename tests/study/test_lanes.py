import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study import kernel, lanes
from study.architectures import ARCHITECTURES, Shape
from study.bag import SQUARE
from study.lanes import LOSSES, OPTIMIZERS, SCHEDULES, Halted, Lane, Trained
from study.symmetry import Group, symmetries
from study.ties import Ties, channels, combined, dense, equivariant_basis

ROOT = Path(__file__).parents[2]
ACTIVATIONS = ("elu", "tanh")
# The loop reads a network without padding and biases' matrices as they are, others through ties.
TIES = {
    "standard": dense([4, 8, 4, 2]),
    "padded": dense([4, 6, 5, 2]),
    "equivariant": Shape("equivariant", 3, 4, "elu").ties,
}
by_ties = pytest.mark.parametrize("ties", TIES.values(), ids=TIES)


def samples(rows: int, seed: int = 0, flows: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Positions on the square and flows that tell them, roughly."""
    rng = np.random.default_rng([seed, rows])
    Y = rng.uniform(-1, 1, (rows, 2))
    angles = 2 * np.pi * (np.arange(flows) + 0.5) / flows
    X = 2 + Y @ [np.sin(angles), np.cos(angles)] + rng.normal(0, 0.05, (rows, flows))
    return X / X.sum(axis=1, keepdims=True), Y


SAMPLES, VALIDATION = samples(37), samples(23, seed=1)


def start(ties: Ties, seed: int = 0) -> np.ndarray:
    width = np.mean(ties.sizes)
    return np.random.default_rng(seed).normal(0, 1.5 / np.sqrt(width), ties.parameters)


def lane(ties: Ties, **changes) -> Lane:
    usual = {
        "samples": SAMPLES,
        "validation": VALIDATION,
        "weights": start(ties),
        "activation": "elu",
        "optimizer": "adam",
        "loss": "mse",
        "learning_rate": 0.01,
        "seed": 1,
        "steps": 60,
        "gap": 10,
    }
    return Lane(**{**usual, **changes})


def same(one: Trained, other: Trained) -> bool:
    """Whether two lanes came to the same, to the bit."""
    alike = [
        (one.weights is None and other.weights is None)
        or one.weights.tobytes() == other.weights.tobytes(),
        np.array_equal(one.curve, other.curve, equal_nan=True),
        replace(one, weights=None, curve=None) == replace(other, weights=None, curve=None),
    ]
    return all(alike)


def all_same(some: Sequence[Trained], others: Sequence[Trained]) -> bool:
    return all(same(one, other) for one, other in zip(some, others, strict=True))


# A training by hand


def layers(ties: Ties, activation: str, theta: np.ndarray, X: np.ndarray) -> list[np.ndarray]:
    """What each layer of a network gets, from flows X (n, N) on; at last the positions (n, 2)."""
    passed, unit = [X], 0
    for W in ties.matrices(theta):
        bias = ties.bias[unit : unit + len(W)]
        unit += len(W)
        z = passed[-1] @ W.T + np.where(bias < 0, 0, theta[bias])
        passed.append(np.tanh(z) if activation == "tanh" else np.where(z > 0, z, np.expm1(z)))
    return [*passed[:-1], z]


SLOPES = {
    "mse": lambda error: 2 * error,
    "mae": np.sign,
    "huber": lambda error: np.clip(error, -0.1, 0.1),
}


def gradient(ties: Ties, one: Lane, theta: np.ndarray, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """The derivatives of the mean loss over samples and coordinates."""
    *inputs, found = layers(ties, one.activation, theta, X)
    dz = SLOPES[one.loss](found - Y) / Y.size
    by_entry, by_unit = [], []
    for h, W in zip(inputs[::-1], ties.matrices(theta)[::-1], strict=True):
        by_entry.insert(0, (dz.T @ h).ravel())
        by_unit.insert(0, dz.sum(axis=0))
        slope = 1 - h**2 if one.activation == "tanh" else np.where(h > 0, 1, h + 1)
        dz = dz @ W * slope
    g = np.zeros_like(theta)
    np.add.at(g, ties.parameter, ties.coefficient * np.concatenate(by_entry)[ties.entry])
    np.add.at(g, ties.bias[ties.bias >= 0], np.concatenate(by_unit)[ties.bias >= 0])
    return g


def rate(one: Lane, step: int) -> float:
    """The learning rate of a step, counted from 0."""
    done = max(2 * step / one.steps - 1, 0) if one.schedule == "cosine" else 0
    return one.learning_rate * (1 + np.cos(np.pi * done)) / 2


def by_hand(ties: Ties, batch: int, one: Lane, group: Group) -> np.ndarray:
    """A lane's last weights in float64: Keras' update rules, on the batches that the loop takes."""
    theta = one.weights.astype(np.float32).astype(float)
    m, v, product_of_u = np.zeros_like(theta), np.zeros_like(theta), 1.0
    drawn = zip(*lanes.batches(one, batch, group), strict=True)
    for t, (rows, moved) in enumerate(drawn, start=1):
        X = np.take_along_axis(one.samples[0][rows], group.permutations[moved], axis=1)
        Y = np.einsum("nij,nj->ni", group.matrices[moved], one.samples[1][rows])
        g, alpha = gradient(ties, one, theta, X, Y), rate(one, t - 1)
        if one.optimizer == "sgd":
            m = 0.9 * m + alpha * g
            theta = theta - m
            continue
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        root = np.sqrt(v / (1 - 0.999**t))
        if one.optimizer == "nadam":
            u, next_u = (0.9 * (1 - 0.5 * 0.96**k) for k in (t, t + 1))
            product_of_u *= u
            ahead = next_u * m / (1 - product_of_u * next_u) + (1 - u) * g / (1 - product_of_u)
            theta = theta - alpha * ahead / (root + 1e-7)
        else:
            small = 1e-7 / np.sqrt(1 - 0.999**t)
            theta = theta - alpha * m / (1 - 0.9**t) / (root + small)
    return theta


TRIANGLE, PENTAGON = (
    symmetries(np.array([np.sin(angles), np.cos(angles)]).T)
    for angles in (2 * np.pi * np.arange(3) / 3, 2 * np.pi * np.arange(5) / 5)
)


def equivariant(group: Group, *widths: int) -> Ties:
    """A network of a bag's symmetries with so many channels in each hidden layer."""
    on_flows = np.eye(group.permutations.shape[1])[group.permutations]
    hidden, output = (
        equivariant_basis(on_flows, on_flows),
        equivariant_basis(group.matrices, on_flows),
    )
    counts = (1, *widths)
    pairs = zip(counts, widths, strict=False)
    return combined([*(channels(hidden, *pair) for pair in pairs), channels(output, counts[-1], 1)])


# Entries of several ties, an entry without any, a parameter in two layers and a bias that is one
# of three units': nothing that the study has, but all that ties can say.
ODD_TIES = Ties(
    sizes=(4, 3, 2),
    entry=np.array([13, 0, 1, 2, 3, 7, 4, 5, 6, 7, 3, 7, 8, 9, 10, 12, 14, 15, 16, 17]),
    parameter=np.array([0, 0, 1, 2, 3, 1, 0, 4, 5, 2, 3, 4, 0, 1, 5, 2, 3, 4, 5, 1]),
    coefficient=np.array([1, 1, -1, 0.5, 1, 2, 1, 1, -1.5, 1, -1, 1, 2, 1, 1, 1, -1, 1, 0.75, 1]),
    bias=np.array([6, 6, -1, 6, 7]),
)
TIE = ("entry", "parameter", "coefficient")
# Three that are nearly a standard network without padding, whose matrices are read as they are:
# with coefficients, without the last entry, and with the entry before it told twice instead.
PLAIN = dense([4, 4, 2])
SCALED = replace(PLAIN, coefficient=np.linspace(0.5, 2, 24))
SHORT = replace(PLAIN, **{name: getattr(PLAIN, name)[:-1] for name in TIE})
TWICE = replace(
    PLAIN, **{name: np.append(getattr(SHORT, name), getattr(SHORT, name)[-1]) for name in TIE}
)
CASES = {
    "standard": (TIES["standard"], 8, SQUARE.group),
    "padded": (TIES["padded"], 5, SQUARE.group),
    "equivariant": (TIES["equivariant"], 18, SQUARE.group),
    "wide": (Shape("equivariant_wide", 2, 8, "elu").ties, 6, SQUARE.group),
    "wrong group": (Shape("wrong_group", 2, 4, "elu").ties, 4, SQUARE.group),
    "odd": (ODD_TIES, 7, SQUARE.group),
    "scaled": (SCALED, 4, SQUARE.group),
    "short": (SHORT, 4, SQUARE.group),
    "twice": (TWICE, 4, SQUARE.group),
    "triangle": (equivariant(TRIANGLE, 2, 1), 5, TRIANGLE),
    "triangle, standard": (dense([3, 5, 2]), 1, TRIANGLE),
    "pentagon": (equivariant(PENTAGON, 1, 2), 3, PENTAGON),
}


def scattered(rows: int, flows: int) -> tuple[np.ndarray, np.ndarray]:
    """Flows of either sign, of no meaning.

    So ELU bends everywhere. Where it does not, an equivariant output does not depend on b, and
    what Adam makes of b is rounding error.
    """
    rng = np.random.default_rng(rows)
    return rng.normal(size=(rows, flows)), rng.uniform(-1, 1, (rows, 2))


@pytest.mark.parametrize("case", CASES)
def test_20_steps_are_those_by_hand(case):
    """All optimisers, losses and activations in one block, half of the lanes with copies."""
    ties, batch, group = CASES[case]
    flows = group.permutations.shape[1]
    many = [
        lane(
            ties,
            samples=scattered(3 + number, flows),
            validation=scattered(30, flows),
            weights=start(ties, 100 + number),
            activation=activation,
            optimizer=optimizer,
            loss=loss,
            learning_rate=0.02 if optimizer == "sgd" else 0.01,
            seed=number,
            steps=20,
            gap=20,
            copies=number % 4 < 2,
            schedule=("constant", "cosine")[number // 4 % 2],
        )
        for number, (optimizer, loss, activation) in enumerate(
            product(OPTIMIZERS, LOSSES, ACTIVATIONS)
        )
    ]
    for one, trained in zip(many, lanes.train(ties, batch, many, group), strict=True):
        expected = by_hand(ties, batch, one, group)
        size = np.linalg.norm(expected)
        assert np.linalg.norm(expected - one.weights) > 0.005 * size
        assert np.linalg.norm(trained.weights - expected) <= 1e-5 * size
        X, Y = one.validation
        error = np.mean((layers(ties, one.activation, expected, X)[-1] - Y) ** 2)
        assert trained.error == pytest.approx(error, rel=1e-4)


def test_a_wrong_batch_would_be_found_out():
    """The tolerance is far below what other rows, or another copy of them, do to the weights."""
    ties = TIES["padded"]
    one = lane(ties, samples=scattered(9, 4), steps=20, gap=20, copies=True)
    (trained,) = lanes.train(ties, 5, [one], SQUARE.group)
    for other in (replace(one, seed=2), replace(one, copies=False)):
        expected = by_hand(ties, 5, other, SQUARE.group)
        assert np.linalg.norm(trained.weights - expected) > 1e-2 * np.linalg.norm(expected)


def test_the_comparison_covers_all_that_a_lane_can_be():
    """What is added to the loop is added to the comparison."""
    assert set(SLOPES) == set(LOSSES)
    assert set(OPTIMIZERS) == {"nadam", "adam", "sgd"}
    assert set(SCHEDULES) == {"constant", "cosine"}
    assert set(lanes.ACTIVATIONS) == set(ACTIVATIONS)


# A lane and its neighbours


@pytest.fixture(scope="module")
def many():
    """For a network: 75 lanes that differ in all they can, more than twice what a block seats."""

    def make(ties: Ties) -> list[Lane]:
        rng = np.random.default_rng(6)
        made = [
            lane(
                ties,
                samples=samples(int(rng.integers(1, 70)), number),
                validation=samples(int(rng.integers(1, 40)), 100 + number),
                weights=start(ties, number),
                activation=ACTIVATIONS[number % 2],
                optimizer=list(OPTIMIZERS)[number % 3],
                loss=list(LOSSES)[number // 3 % 3],
                learning_rate=10 ** rng.uniform(-3, -1.5),
                seed=number,
                steps=int(rng.integers(1, 120)),
                copies=bool(rng.integers(2)),
                schedule=list(SCHEDULES)[rng.integers(2)],
                gap=int(rng.integers(1, 40)),
                patience=[None, int(rng.integers(1, 30))][rng.integers(2)],
            )
            for number in range(75)
        ]
        for wild in (3, 40, 74):
            made[wild] = replace(made[wild], learning_rate=1e38)
        return made

    return make


BATCH = 6


@pytest.fixture(scope="module")
def as_they_come(many):
    """What the lanes of a network come to, trained in one call, in their order."""
    return {id(ties): lanes.train(ties, BATCH, many(ties), SQUARE.group) for ties in TIES.values()}


@by_ties
def test_the_lanes_compared_are_of_every_kind(many, as_they_come, ties):
    made, trained = many(ties), as_they_come[id(ties)]
    assert len(made) > 2 * lanes.BLOCK
    assert {one.status for one in trained} == {"finished", "diverged"}
    early = [one.steps < given.steps for one, given in zip(trained, made, strict=True)]
    assert 5 < sum(early) < 70
    sound = [one.weights.tobytes() for one in trained if one.weights is not None]
    assert len(set(sound)) == len(sound) >= 70


@by_ties
def test_a_lane_is_the_same_alone(many, as_they_come, ties):
    for one, expected in zip(many(ties), as_they_come[id(ties)], strict=True):
        (alone,) = lanes.train(ties, BATCH, [one], SQUARE.group)
        assert same(alone, expected)


@by_ties
@pytest.mark.parametrize("size", [7, 17, 33])
def test_a_lane_is_the_same_among_fewer_others(many, as_they_come, ties, size):
    made = many(ties)
    parts = [made[first : first + size] for first in range(0, len(made), size)]
    trained = [one for part in parts for one in lanes.train(ties, BATCH, part, SQUARE.group)]
    assert all_same(trained, as_they_come[id(ties)])


@by_ties
def test_a_lane_is_the_same_in_any_seat(many, as_they_come, ties):
    made, expected = many(ties), as_they_come[id(ties)]
    for order in (np.arange(75)[::-1], np.random.default_rng(7).permutation(75)):
        moved = lanes.train(ties, BATCH, [made[number] for number in order], SQUARE.group)
        assert all_same(moved, [expected[number] for number in order])


@by_ties
@pytest.mark.parametrize("tail", [0, 16])
def test_a_lane_is_the_same_in_a_block_and_in_a_tail(many, as_they_come, ties, tail, monkeypatch):
    """Four lanes, which differ in activation: in a block of 32 seats, and in a tail of 16."""
    monkeypatch.setattr(lanes, "TAIL", tail)
    few = lanes.train(ties, BATCH, many(ties)[2:6], SQUARE.group)
    assert all_same(few, as_they_come[id(ties)][2:6])


@by_ties
@pytest.mark.parametrize(("first_steps", "seconds"), [(1, 0.0), (7, 1e-9), (10**9, 1.0)])
def test_a_lane_does_not_depend_on_how_long_the_loop_runs_at_once(
    many, as_they_come, ties, first_steps, seconds, monkeypatch
):
    """A step at a time, or until lanes have ended."""
    monkeypatch.setattr(lanes, "FIRST_STEPS", first_steps)
    monkeypatch.setattr(lanes, "SLICE", seconds)
    assert all_same(lanes.train(ties, BATCH, many(ties), SQUARE.group), as_they_come[id(ties)])


def test_lanes_are_the_same_in_two_threads_at_once(many, as_they_come):
    with ThreadPoolExecutor(2) as executor:
        trained = executor.map(
            lambda ties: lanes.train(ties, BATCH, many(ties), SQUARE.group), [*TIES.values()] * 2
        )
        for ties, found in zip([*TIES.values()] * 2, trained, strict=True):
            assert all_same(found, as_they_come[id(ties)])


def test_lanes_may_share_their_samples_or_have_them_in_any_layout():
    ties, (X, Y) = TIES["padded"], SAMPLES
    usual = lane(ties, copies=True)
    twice = np.repeat(np.asfortranarray(X), 2, axis=0)[::2], np.asfortranarray(Y)
    for pairs in twice:
        pairs.flags.writeable = False
    others = [
        usual,
        replace(usual, samples=(X.copy(), Y.copy())),
        replace(usual, samples=twice, weights=usual.weights[::-1].copy()[::-1]),
        replace(usual, samples=VALIDATION, validation=SAMPLES),
    ]
    first, second, third, other = lanes.train(ties, 5, others, SQUARE.group)
    assert same(second, first)
    assert same(third, first)
    assert not same(other, first)


def test_everything_that_a_lane_is_given_changes_what_it_comes_to():
    ties = TIES["padded"]
    usual = lane(ties, weights=np.abs(start(ties)), gap=20, loss="huber")
    changes = [
        {},
        {"samples": samples(36)},
        {"weights": np.abs(start(ties, 1))},
        {"activation": "tanh"},
        {"optimizer": "nadam"},
        {"optimizer": "sgd"},
        {"loss": "mse"},
        {"loss": "mae"},
        {"learning_rate": 0.011},
        {"seed": 2},
        {"steps": 40},
        {"copies": True},
        {"schedule": "cosine"},
    ]
    trained = lanes.train(ties, 5, [replace(usual, **change) for change in changes], SQUARE.group)
    assert len({one.weights.tobytes() for one in trained}) == len(changes)
    assert same(trained[0], lanes.train(ties, 5, [usual], SQUARE.group)[0])


def test_the_batch_size_changes_what_a_lane_comes_to():
    ties = TIES["padded"]
    trained = [
        lanes.train(ties, batch, [lane(ties)], SQUARE.group)[0] for batch in (1, 2, 3, 4, 5, 8)
    ]
    assert len({one.weights.tobytes() for one in trained}) == 6


def test_no_lanes_are_no_results():
    assert lanes.train(TIES["standard"], 4, [], SQUARE.group) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": 0}, "steps and gap of 1"),
        ({"gap": 0}, "steps and gap of 1"),
        ({"weights": np.zeros(3)}, "starting weights"),
        ({"samples": (np.empty((0, 4)), np.empty((0, 2)))}, "training rows"),
        ({"samples": (SAMPLES[0], SAMPLES[1][:5])}, "a position for every row"),
        ({"validation": (np.empty((0, 4)), np.empty((0, 2)))}, "a position for every row"),
        ({"samples": (SAMPLES[0][:, :3], SAMPLES[1])}, "4 flows a row"),
    ],
)
def test_what_would_lead_past_an_array_is_refused(changes, words):
    ties = TIES["standard"]
    with pytest.raises(ValueError, match=f"lane 1: expected .*{words}"):
        lanes.train(ties, BATCH, [lane(ties), lane(ties, **changes)], SQUARE.group)
    with pytest.raises(ValueError, match="a batch of 1 row"):
        lanes.train(ties, 0, [lane(ties)], SQUARE.group)


def test_a_lane_leaves_what_it_is_given_alone():
    ties = TIES["standard"]
    one = lane(ties, copies=True)
    arrays = (*one.samples, *one.validation, one.weights)
    before = [array.copy() for array in arrays]
    lanes.train(ties, 5, [one, one], SQUARE.group)
    assert_array_equal(
        np.concatenate([array.ravel() for array in arrays]),
        np.concatenate([array.ravel() for array in before]),
    )


@pytest.mark.parametrize("seconds", [0.001, 0.01, 0.4, 3.0])
def test_the_loop_returns_to_python_about_every_second(seconds, monkeypatch):
    """A step takes so long by this clock; what the loop is told to run at once is noted."""
    now, asked, advance = [0.0], [], kernel.advance

    def timed(*arguments):
        steps = arguments[7]
        asked.append(steps)
        now[0] += seconds * steps
        advance(*arguments)

    monkeypatch.setattr(kernel, "advance", timed)
    monkeypatch.setattr(lanes, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    ties = TIES["equivariant"]
    lanes.train(ties, 4, [lane(ties, steps=950, gap=950)], SQUARE.group)
    assert sum(asked) >= 950
    assert max(asked) <= max(1, 2 / seconds)
    assert len(asked) <= 4 + 2 * max(1, 950 * seconds)


# Halting


def test_training_that_is_told_to_stop_raises_halted(monkeypatch):
    """It is asked after every slice of the loop, of one step here."""
    monkeypatch.setattr(lanes, "FIRST_STEPS", 1)
    monkeypatch.setattr(lanes, "SLICE", 0.0)
    ties, asked, steps, advance = TIES["equivariant"], [], [], kernel.advance

    def at_the_fifth() -> bool:
        asked.append(True)
        return len(asked) == 5

    def noted(*arguments):
        steps.append(arguments[7])
        advance(*arguments)

    monkeypatch.setattr(kernel, "advance", noted)
    with pytest.raises(Halted):
        lanes.train(ties, 4, [lane(ties), lane(ties, seed=2)], SQUARE.group, at_the_fifth)
    assert len(asked) == 5
    assert steps == [1] * 5


def test_halting_is_no_error_that_someone_could_take_for_ours():
    assert issubclass(Halted, Exception)
    assert not issubclass(Halted, (ValueError, RuntimeError, OSError))


def test_being_asked_changes_nothing(many, as_they_come):
    ties, asked = TIES["padded"], []

    def not_yet() -> bool:
        asked.append(True)
        return False

    found = lanes.train(ties, BATCH, many(ties), SQUARE.group, not_yet)
    assert all_same(found, as_they_come[id(ties)])
    assert asked
    assert not lanes.never()


def test_a_training_after_one_that_was_halted_is_the_same(as_they_come, many):
    ties = TIES["standard"]
    with pytest.raises(Halted):
        lanes.train(ties, BATCH, many(ties), SQUARE.group, lambda: True)
    (alone,) = lanes.train(ties, BATCH, many(ties)[:1], SQUARE.group)
    assert same(alone, as_they_come[id(ties)][0])


# Lanes that diverge


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_lane_that_diverges_says_so_and_leaves_its_neighbours_alone(optimizer, activation):
    ties = TIES["standard"]
    calm = [lane(ties, activation=activation, optimizer=optimizer, seed=n) for n in range(8)]
    wild = replace(calm[3], learning_rate=1e38)
    expected = lanes.train(ties, 5, calm, SQUARE.group)
    *others, diverged = lanes.train(ties, 5, [*calm[:3], *calm[4:], wild], SQUARE.group)
    assert (diverged.status, diverged.weights, diverged.error) == ("diverged", None, np.inf)
    assert (diverged.best_step, diverged.steps, len(diverged.curve)) == (0, wild.gap, 1)
    assert not np.isfinite(diverged.curve).any()
    assert all_same(others, [*expected[:3], *expected[4:]])


def test_a_lane_that_diverges_late_keeps_no_weights_either():
    """Its first validations are sound. Its curve tells how it came."""
    ties = TIES["standard"]
    wild = lane(ties, optimizer="sgd", learning_rate=1.0, steps=400, gap=5)
    (diverged,) = lanes.train(ties, 5, [wild], SQUARE.group)
    assert (diverged.status, diverged.weights) == ("diverged", None)
    assert len(diverged.curve) == diverged.steps / wild.gap > 2
    assert np.isfinite(diverged.curve[:-1]).all()
    assert not np.isfinite(diverged.curve[-1])


def test_patience_does_not_end_a_lane_before_it_is_seen_to_diverge():
    ties = TIES["standard"]
    wild = lane(ties, learning_rate=1e38, patience=1)
    (diverged,) = lanes.train(ties, 5, [wild], SQUARE.group)
    assert diverged.status == "diverged"


# Validation


STEPS, GAP = 150, 10


@pytest.fixture(scope="module")
def bumpy() -> Lane:
    """A lane whose validation error goes up and down."""
    return lane(TIES["padded"], steps=STEPS, gap=GAP, learning_rate=0.5, seed=2)


@pytest.fixture(scope="module")
def stages(bumpy) -> list[Trained]:
    """What the lane is at each validation: trainings that validate once, at their end."""
    ends = range(GAP, STEPS + 1, GAP)
    shorter = [replace(bumpy, steps=end, gap=end) for end in ends]
    return lanes.train(TIES["padded"], 5, shorter, SQUARE.group)


def stopped(errors: Sequence[float], patience: int) -> tuple[int, int]:
    """By hand: the validation at which a training stops, and the best one until then, from 1."""
    best = 0
    for number in range(1, len(errors) + 1):
        if best == 0 or errors[number - 1] < errors[best - 1]:
            best = number
        if (number - best) * GAP >= patience:
            return number, best
    return len(errors), best


def test_the_error_is_that_of_the_weights_to_the_bit(stages):
    """Squares are float32, their sum float64, in the order of the rows."""
    X, Y = VALIDATION
    for trained in stages:
        (found,) = lanes.predict(TIES["padded"], "elu", trained.weights[None], X)
        squares = (found - Y.astype(np.float32)) ** 2
        assert trained.error == np.cumsum(squares.ravel(), dtype=float)[-1] / Y.size


def test_the_curve_has_the_error_of_every_validation(bumpy, stages):
    (trained,) = lanes.train(TIES["padded"], 5, [bumpy], SQUARE.group)
    assert trained.curve.tolist() == [one.error for one in stages]
    assert (trained.steps, trained.status) == (STEPS, "finished")


def test_a_lane_keeps_the_best_weights_of_its_curve(bumpy, stages):
    (trained,) = lanes.train(TIES["padded"], 5, [bumpy], SQUARE.group)
    best = int(np.argmin(trained.curve))
    assert 0 < best < len(stages) - 1
    assert trained.error == min(trained.curve)
    assert trained.best_step == GAP * (best + 1)
    assert trained.weights.tobytes() == stages[best].weights.tobytes()


def test_patience_only_ends_a_lane_early(bumpy, stages):
    """A patience that is no multiple of the gap ends with the validation after it."""
    errors = [one.error for one in stages]
    patiences = [1, 10, 11, 20, 30, 40, 60, 80, 10_000]
    impatient = [replace(bumpy, patience=patience) for patience in patiences]
    trained = lanes.train(TIES["padded"], 5, impatient, SQUARE.group)
    expected = [stopped(errors, patience) for patience in patiences]
    assert [(one.steps, one.best_step) for one in trained] == [
        (GAP * end, GAP * best) for end, best in expected
    ]
    assert len(set(expected)) == 7
    for one, (end, best) in zip(trained, expected, strict=True):
        assert one.status == "finished"
        assert one.curve.tolist() == errors[:end]
        assert one.error == errors[best - 1]
        assert one.weights.tobytes() == stages[best - 1].weights.tobytes()


@pytest.mark.parametrize("gap", [20, 30, 50])
def test_a_lane_sees_only_the_steps_that_are_validated(bumpy, stages, gap):
    (trained,) = lanes.train(TIES["padded"], 5, [replace(bumpy, gap=gap)], SQUARE.group)
    seen = [*range(gap, STEPS, gap), STEPS]
    assert trained.curve.tolist() == [stages[step // GAP - 1].error for step in seen]
    best = min(seen, key=lambda step: stages[step // GAP - 1].error)
    assert trained.best_step == best
    assert trained.weights.tobytes() == stages[best // GAP - 1].weights.tobytes()


@pytest.mark.parametrize(
    ("steps", "gap", "validations"), [(60, 20, 3), (61, 20, 4), (59, 20, 3), (7, 20, 1), (3, 1, 3)]
)
def test_the_last_step_has_a_validation_too(steps, gap, validations):
    ties = TIES["standard"]
    shared = {"steps": steps, "learning_rate": 1e-4, "optimizer": "sgd"}
    runs = [lane(ties, gap=gap, **shared), lane(ties, gap=steps, **shared)]
    trained, last = lanes.train(ties, 5, runs, SQUARE.group)
    assert (len(trained.curve), trained.steps, last.steps) == (validations, steps, steps)
    assert trained.curve[-1] == last.error


def test_of_equal_errors_the_first_counts():
    """Nothing moves a network whose weights are 0 and whose biases are tied to 0."""
    ties = TIES["equivariant"]
    still = lane(ties, weights=np.zeros(ties.parameters), patience=None)
    (trained,) = lanes.train(ties, 5, [still], SQUARE.group)
    assert trained.best_step == still.gap
    assert_array_equal(trained.weights, np.zeros(ties.parameters))
    assert len(set(trained.curve.tolist())) == 1
    (early,) = lanes.train(ties, 5, [replace(still, patience=20)], SQUARE.group)
    assert (early.steps, early.best_step) == (30, 10)


# Schedules


def test_a_constant_rate_is_constant():
    assert_array_equal(SCHEDULES["constant"], np.ones(kernel.INTERVALS))


def test_a_cosine_is_constant_for_half_and_falls_to_0():
    factors = SCHEDULES["cosine"]
    assert len(factors) == kernel.INTERVALS
    assert_array_equal(factors[:501], np.ones(501))
    assert factors[750] == 0.5
    assert 0 < factors[-1] <= 1e-5
    assert np.all(np.diff(factors[500:]) < 0)
    assert_allclose(factors[501:] + factors[:500:-1], 1, rtol=0, atol=1e-6)


def test_factors_are_rounded_to_6_decimals():
    """The last bits of a cosine depend on the machine."""
    for factors in SCHEDULES.values():
        assert factors.tolist() == [float(f"{one:.6f}") for one in factors]


@pytest.mark.parametrize("steps", [1, 3, 20, 999, 1500, 2501])
def test_a_schedule_spans_the_steps_of_its_lane(steps):
    """The momentum of gradient descent adds up rates: weights tell the sum of all factors.

    A bias alone, with an error that is always at Huber's bound: its gradient is constant.
    """
    ties = Ties((1, 2), np.array([0]), np.array([0]), np.zeros(1), np.array([1, -1]))
    far = np.zeros((1, 1)), np.array([[1e6, 0]])
    one = lane(
        ties, samples=far, validation=far, weights=np.zeros(2), optimizer="sgd", loss="huber",
        learning_rate=1.0, steps=steps, gap=steps, schedule="cosine",
    )  # fmt: skip
    (trained,) = lanes.train(ties, 1, [one], SQUARE.group)
    velocity = moved = 0.0
    for step in range(steps):
        velocity = 0.9 * velocity + 0.05 * SCHEDULES["cosine"][step * 1000 // steps]
        moved += velocity
    assert trained.weights[1] == pytest.approx(moved, rel=1e-4)


# Predictions


@pytest.fixture(scope="module")
def predicted():
    """40 networks' weights, 1000 flows, and all predictions at once."""
    ties = TIES["padded"]
    theta = np.stack([start(ties, number) for number in range(40)])
    X, _ = samples(1000)
    return theta, X, lanes.predict(ties, "elu", theta, X)


@pytest.mark.parametrize("networks", [1, 3, 32, 40])
@pytest.mark.parametrize("rows", [1, 3, 37, 1000])
def test_a_prediction_does_not_depend_on_what_else_is_predicted(predicted, networks, rows):
    theta, X, everything = predicted
    found = lanes.predict(TIES["padded"], "elu", theta[-networks:], X[:rows])
    assert found.shape == (networks, rows, 2)
    assert found.dtype == np.float32
    assert found.tobytes() == everything[-networks:, :rows].tobytes()


def test_predictions_move_with_their_networks_and_rows(predicted):
    theta, X, everything = predicted
    order, rows = (
        np.random.default_rng(1).permutation(40),
        np.random.default_rng(2).permutation(1000),
    )
    found = lanes.predict(TIES["padded"], "elu", theta[order], X[rows])
    assert found.tobytes() == everything[order][:, rows].tobytes()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("case", CASES)
def test_predictions_are_those_by_hand(case, activation):
    ties, _, group = CASES[case]
    X, _ = scattered(37, group.permutations.shape[1])
    theta = np.stack([start(ties, number) for number in range(3)])
    expected = [layers(ties, activation, one, X)[-1] for one in theta]
    assert np.std(expected, axis=(1, 2)).min() > 1e-3
    assert_allclose(lanes.predict(ties, activation, theta, X), expected, rtol=0, atol=2e-6)


def test_the_loop_is_never_sent_past_the_last_row(monkeypatch):
    """It would not notice: its arrays have no bounds."""
    asked, predict = [], kernel.predict

    def noted(*arguments):
        flows, first, count = arguments[4:7]
        asked.append(max(first + count) <= len(flows) // 4 and min(count) > 0)
        predict(*arguments)

    monkeypatch.setattr(kernel, "predict", noted)
    ties = TIES["padded"]
    for networks, rows in product((1, 3, 40), (1, 2, 33, 37, 129)):
        theta = np.stack([start(ties, number) for number in range(networks)])
        lanes.predict(ties, "elu", theta, samples(rows)[0])
    assert len(asked) >= 15
    assert all(asked)


def test_no_rows_are_no_predictions():
    ties = TIES["padded"]
    assert lanes.predict(ties, "elu", start(ties)[None], np.empty((0, 4))).shape == (1, 0, 2)


@by_ties
@pytest.mark.parametrize("networks", [1, 2, 31, 40])
def test_each_of_many_networks_predicts_its_own_flows_as_it_would_alone(ties, networks):
    """To the bit; whatever the others' activations and flows, of which some are shared."""
    theta = np.stack([start(ties, number) for number in range(networks)])
    activations = [ACTIVATIONS[number // 2 % 2] for number in range(networks)]
    sets = [samples(rows, rows)[0] for rows in (1, 37, 4, 130, 33)]
    flows = [sets[number % len(sets)] for number in range(networks)]
    found = lanes.predict_each(ties, activations, theta, flows)
    assert [one.shape for one in found] == [(len(X), 2) for X in flows]
    for number, X in enumerate(flows):
        (alone,) = lanes.predict(ties, activations[number], theta[number : number + 1], X)
        assert found[number].dtype == np.float32
        assert found[number].tobytes() == alone.tobytes()


def test_predictions_of_each_move_with_the_networks():
    ties = TIES["padded"]
    theta = np.stack([start(ties, number) for number in range(9)])
    activations = [ACTIVATIONS[number % 2] for number in range(9)]
    flows = [samples(20 + number, number)[0] for number in range(9)]
    usual = lanes.predict_each(ties, activations, theta, flows)
    order = np.random.default_rng(3).permutation(9)
    moved = lanes.predict_each(
        ties, [activations[k] for k in order], theta[order], [flows[k] for k in order]
    )
    for place, number in enumerate(order):
        assert moved[place].tobytes() == usual[number].tobytes()


def test_equal_flows_need_not_be_the_same_array():
    ties, (X, _) = TIES["standard"], SAMPLES
    theta = np.stack([start(ties, number) for number in range(3)])
    shared = lanes.predict_each(ties, ["elu"] * 3, theta, [X] * 3)
    copied = lanes.predict_each(ties, ["elu"] * 3, theta, [X.copy() for _ in range(3)])
    for first, second in zip(shared, copied, strict=True):
        assert first.tobytes() == second.tobytes()


def test_a_network_without_flows_predicts_nothing_beside_others():
    ties = TIES["padded"]
    theta = np.stack([start(ties), start(ties, 1)])
    none, some = lanes.predict_each(ties, ["elu", "tanh"], theta, [np.empty((0, 4)), SAMPLES[0]])
    assert none.shape == (0, 2)
    assert some.tobytes() == lanes.predict(ties, "tanh", theta[1:], SAMPLES[0]).tobytes()


# The numbers themselves


def exact_samples(rows: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Samples of whole numbers and quotients, which are the same on every machine."""
    k = np.arange(first, first + rows)
    Y = np.stack([7 * k % 21 - 10, 11 * k % 19 - 9], axis=1)
    corners = np.array([(-10, 10), (10, 10), (10, -10), (-10, -10)])
    flows = 100_000 // (40 + ((Y[:, None] - corners) ** 2).sum(axis=2)) + 5 * k[:, None] % 17
    return flows / flows.sum(axis=1, keepdims=True), Y / 10


def exact_weights(parameters: int, number: int) -> np.ndarray:
    k = np.arange(parameters) + 97 * number
    return (k * k * 31 + 17 * k) % 201 / 128 - 100 / 128


def digest(architecture: str) -> str:
    """SHA-256 of what 18 small trainings come to: all optimisers, losses and activations."""
    ties = Shape(
        architecture, 2, {"standard": 8, "equivariant_wide": 8}.get(architecture, 4), ""
    ).ties
    made = [
        Lane(
            samples=exact_samples(5 + number),
            validation=exact_samples(9, first=100),
            weights=exact_weights(ties.parameters, number),
            activation=activation,
            optimizer=optimizer,
            loss=loss,
            learning_rate=0.02,
            seed=number,
            steps=40,
            copies=number % 4 < 2,
            schedule=("constant", "cosine")[number // 4 % 2],
            gap=7,
        )
        for number, (optimizer, loss, activation) in enumerate(
            product(("nadam", "adam", "sgd"), ("mse", "mae", "huber"), ACTIVATIONS)
        )
    ]
    bits = hashlib.sha256()
    for one in lanes.train(ties, 6, made, SQUARE.group):
        bits.update(one.weights.tobytes() + one.curve.tobytes())
    return bits.hexdigest()


# If a test of these fails, a change has changed what trainings come to, if only by a bit. If it
# was not meant to, something is wrong with it: find out what. If it was, raise NUMBERS in
# study/version.py, so that results before and after are never mixed, and pin what `digest`
# returns now. A new compiler or processor is no reason: numbers do not depend on them.
DIGESTS = {
    "standard": "2d03329f797c494d085e48da7e5fc19ac1d8ee8e80032af7c3dc2ee5aaf5f323",
    "equivariant": "1b9e45693e334a57bf91754b5a26856fd10a8ffc04ca9988e58135185fca9d2a",
    "equivariant_wide": "9a08df5f207a0b3ac20da9484921acf88d9d44fdad805151af60af5ac53c8134",
    "wrong_group": "cb18933b7e2e31fa2ea8de43e77c094a62463b9545e9f0d7130e87b314f83713",
}


def test_the_numbers_of_all_networks_with_ties_are_pinned():
    assert sorted(DIGESTS) == sorted(name for name, one in ARCHITECTURES.items() if one.ties)


@pytest.mark.parametrize("architecture", DIGESTS)
def test_the_numbers_are_those_of_this_version(architecture):
    assert digest(architecture) == DIGESTS[architecture]


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="not an x86")
def test_another_process_for_the_oldest_processor_comes_to_the_same_numbers(tmp_path):
    """Compiled anew for x86-64-v2, which has vectors of four numbers and cannot fuse."""
    program = (
        "from study import kernel\n"
        "from tests.study.test_lanes import DIGESTS, digest\n"
        "print(*map(digest, DIGESTS))\n"
        "(assembly,) = kernel.advance.inspect_asm().values()\n"
        "print('xmm' in assembly, 'ymm' in assembly, 'zmm' in assembly)\n"
    )
    cpu = {"NUMBA_CPU_NAME": "x86-64-v2", "NUMBA_CPU_FEATURES": ""}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **cpu, "NUMBA_CACHE_DIR": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    digests, vectors = done.stdout.splitlines()
    assert digests.split() == list(DIGESTS.values())
    assert vectors == "True False False"
