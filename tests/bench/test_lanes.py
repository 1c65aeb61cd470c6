from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import product

import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from bench import lanes
from bench.lanes import LOSSES, OPTIMIZERS, Lane, Order, Program, Trained, Training
from study import networks
from study.data import Samples
from study.grid import ARCHITECTURES
from study.networks import Shape
from study.simulate import simulate
from study.space import SPACE, Choice
from study.symmetry import augment

SHAPES = {
    (architecture, activation): Shape(architecture, 2, width, activation)
    for architecture, width in (("standard", 16), ("equivariant", 4))
    for activation in ("elu", "tanh")
}
BATCH = 16
PROGRAM = Program(SHAPES["standard", "elu"], "adam", BATCH)
PROGRAMS = [
    Program(SHAPES[architecture, "elu"], optimizer, BATCH)
    for architecture, optimizer in product(("standard", "equivariant"), OPTIMIZERS)
]


def program_name(program: Program) -> str:
    return f"{program.shape.architecture}-{program.optimizer}"


by_program = pytest.mark.parametrize("program", PROGRAMS, ids=program_name)


def start(shape: Shape, number: int) -> np.ndarray:
    flat = networks.initial_weights(shape, np.random.default_rng(number), 0.6)
    return flat.astype(np.float32)


def lane(samples: Samples, program: Program = PROGRAM, number: int = 0, **changes) -> Lane:
    standard = Lane(
        samples=samples,
        weights=start(program.shape, number),
        learning_rate=0.01,
        loss="mse",
        order_seed=number,
        epochs=10,
        patience=1000,
    )
    return replace(standard, **changes)


def same(first: Trained, second: Trained) -> bool:
    """Whether two lanes came to the same, to the bit."""
    return first.weights.tobytes() == second.weights.tobytes() and (
        replace(first, weights=None) == replace(second, weights=None)
    )


def mse(shape: Shape, flat: np.ndarray, samples: Samples) -> float:
    predicted = networks.with_weights(shape, flat)(samples.X.astype(np.float32))
    return float(np.mean((predicted - samples.Y) ** 2))


# Order


@pytest.mark.parametrize(("rows", "batch_size"), [(8, 4), (10, 4), (3, 8), (1, 1)])
def test_each_pass_takes_every_row_once(rows, batch_size):
    per_pass = -(-rows // batch_size)
    taken = Order(rows, batch_size, seed=1).take(5 * per_pass)
    assert taken.shape == (5 * per_pass, batch_size)
    for batches in np.split(taken, 5):
        flat = batches.ravel()
        assert sorted(flat[:rows]) == list(range(rows))
        assert_array_equal(flat[rows:], -1)


def test_each_pass_has_an_order_of_its_own():
    passes = Order(50, 50, seed=1).take(4)
    assert len({tuple(row) for row in passes}) == 4


def test_the_order_comes_from_its_seed():
    first, again, other = (Order(20, 4, seed).take(10) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert np.any(first != other)


@pytest.mark.parametrize("chunks", [[1] * 24, [5, 1, 0, 11, 7], [23, 1]])
def test_the_order_does_not_depend_on_how_much_is_taken_at_once(chunks):
    order = Order(10, 4, seed=1)
    parts = [order.take(steps) for steps in chunks]
    assert [len(part) for part in parts] == chunks
    assert_array_equal(np.concatenate(parts), Order(10, 4, seed=1).take(24))


def test_the_table_ends_with_a_row_that_counts_nothing():
    table = lanes.table(Samples(X=np.array([[0.1, 0.2, 0.3, 0.4]]), Y=np.array([[0.5, -1]])))
    assert_array_equal(table, np.float32([[0.1, 0.2, 0.3, 0.4, 0.5, -1, 1], [0] * 7]))


# Lanes and Keras


def keras_trained(
    jobs: Sequence[tuple[Shape, Lane]], optimizer: str, steps: int
) -> list[np.ndarray]:
    """Train with Keras' own step, on the batches in the lanes' order; the weights it ends with.

    One Keras model holds all networks, each with its own input, output and loss. The total loss is
    their sum and optimisers work on each weight alone, so the networks do not know of each other.
    """
    models = [networks.with_weights(shape, lane.weights) for shape, lane in jobs]
    losses = {
        "mse": keras.losses.MeanSquaredError,
        "mae": keras.losses.MeanAbsoluteError,
        "huber": lambda: keras.losses.Huber(delta=0.1),
    }
    optimizers = {
        "adam": keras.optimizers.Adam,
        "nadam": keras.optimizers.Nadam,
        "sgd": lambda rate: keras.optimizers.SGD(rate, momentum=0.9),
    }
    (rate,) = {lane.learning_rate for _, lane in jobs}
    together = keras.Model([model.input for model in models], [model.output for model in models])
    together.compile(
        optimizers[optimizer](rate), [losses[lane.loss]() for _, lane in jobs], jit_compile=False
    )
    orders = [Order(len(lane.samples.X), BATCH, lane.order_seed).take(steps) for _, lane in jobs]
    for batch in zip(*orders, strict=True):
        rows = [numbers[numbers >= 0] for numbers in batch]
        together.train_on_batch(
            [lane.samples.X[taken] for (_, lane), taken in zip(jobs, rows, strict=True)],
            [lane.samples.Y[taken] for (_, lane), taken in zip(jobs, rows, strict=True)],
        )
    return [np.concatenate([part.ravel() for part in model.get_weights()]) for model in models]


def assert_as_keras(trained: Trained, expected: np.ndarray, begin: np.ndarray) -> None:
    """Assert weights equal to 1e-5 of their size, after a training that moved them far more."""
    size = np.linalg.norm(expected)
    assert np.linalg.norm(expected - begin) > 0.01 * size
    assert np.linalg.norm(trained.weights - expected) <= 1e-5 * size


@pytest.fixture(scope="module")
def as_keras_trains(samples):
    """All shapes and losses, trained for 200 steps by Keras with this optimiser, and their lanes.

    At three times these learning rates one training in fifty is chaotic: Keras in float32 and in
    float64 then end up to 1e-3 apart, and lanes no more and no less.
    """

    @cache
    def trained(optimizer: str) -> dict[tuple[str, str, str], tuple[Lane, np.ndarray]]:
        rate = 0.015 if optimizer == "sgd" else 0.003
        jobs = {
            (*names, loss): (shape, Lane(samples, start(shape, number), rate, loss, number, 1, 1))
            for number, ((names, shape), loss) in enumerate(product(SHAPES.items(), LOSSES))
        }
        weights = keras_trained(list(jobs.values()), optimizer, steps=200)
        return {
            names: (lane, ended)
            for (names, (_, lane)), ended in zip(jobs.items(), weights, strict=True)
        }

    return trained


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("names", SHAPES, ids="-".join)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_200_steps_of_a_lane_are_200_steps_of_keras(
    as_keras_trains, validation, optimizer, names, loss
):
    one, expected = as_keras_trains(optimizer)[(*names, loss)]
    program = Program(SHAPES[names], optimizer, BATCH)
    (trained,) = lanes.train(program, [one], Training(validation, steps_per_epoch=200))
    assert trained.steps == 200
    assert_as_keras(trained, expected, one.weights)


def test_the_comparison_covers_the_space():
    choices = {
        one.name: {*one.of("standard"), *one.of("equivariant")}
        for one in SPACE
        if isinstance(one, Choice)
    }
    assert choices["optimizer"] <= set(OPTIMIZERS)
    assert choices["loss"] <= set(LOSSES)
    assert set(product(ARCHITECTURES, choices["activation"])) <= set(SHAPES)


@pytest.mark.parametrize("program", [PROGRAMS[0], PROGRAMS[4]], ids=program_name)
def test_a_short_last_batch_counts_as_it_does_in_keras(validation, program):
    """37 rows in batches of 16, 16 and 5."""
    few = simulate(37, np.random.default_rng(5))
    one = lane(few, program, epochs=1, loss="mae", learning_rate=0.003)
    (expected,) = keras_trained([(program.shape, one)], program.optimizer, steps=100)
    (trained,) = lanes.train(program, [one], Training(validation, steps_per_epoch=100))
    assert_as_keras(trained, expected, one.weights)


def test_a_lane_that_ignored_its_samples_would_be_found_out(samples, validation):
    """The tolerance of the comparisons is far below what a wrong batch does."""
    one = lane(samples, epochs=1)
    other = replace(one, order_seed=99)
    training = Training(validation, steps_per_epoch=200)
    first, second = lanes.train(PROGRAM, [one, other], training)
    with pytest.raises(AssertionError):
        assert_as_keras(first, second.weights, one.weights)


# A lane and its neighbours


@pytest.fixture(scope="module")
def thirty(samples):
    """For a program: 30 lanes that differ in all they can, of which the fourth diverges."""

    def make(program: Program) -> list[Lane]:
        rng = np.random.default_rng(6)
        made = [
            lane(
                simulate(int(rng.integers(10, 70)), rng),
                program,
                number,
                learning_rate=10 ** rng.uniform(-3, -1.5),
                loss=list(LOSSES)[number % 3],
                epochs=int(rng.integers(1, 40)),
                patience=int(rng.integers(1, 20)),
            )
            for number in range(30)
        ]
        made[3] = replace(made[3], learning_rate=1e38)
        return made

    return make


@by_program
def test_a_lane_is_the_same_alone_with_7_and_with_29_others(thirty, validation, program):
    made, training = thirty(program), Training(validation, steps_per_epoch=4)
    all_30 = lanes.train(program, made, training)
    assert len({one.weights.tobytes() for one in all_30}) == 30
    for first in (0, 22):
        eight = slice(first, first + 8)
        for one, wanted in zip(
            lanes.train(program, made[eight], training), all_30[eight], strict=True
        ):
            assert same(one, wanted)
    for number in (0, 3, 17, 29):
        (alone,) = lanes.train(program, [made[number]], training)
        assert same(alone, all_30[number])


@by_program
def test_a_lane_is_the_same_in_any_position(thirty, validation, program):
    made, training = thirty(program), Training(validation, steps_per_epoch=4)
    expected = lanes.train(program, made, training)
    for order in (np.arange(30)[::-1], np.random.default_rng(7).permutation(30)):
        moved = lanes.train(program, [made[number] for number in order], training)
        for number, trained in zip(order, moved, strict=True):
            assert same(trained, expected[number])


def test_a_lane_is_the_same_in_each_of_the_eight_slots(samples, validation):
    one, other = lane(samples, number=1), lane(samples, number=2)
    training = Training(validation, steps_per_epoch=4)
    trained = []
    for slot in range(lanes.LANES):
        row = [other] * lanes.LANES
        row[slot] = one
        trained.append(lanes.train(PROGRAM, row, training)[slot])
    assert all(same(first, trained[0]) for first in trained)


def test_a_lane_does_not_depend_on_how_many_steps_are_handed_over_at_once(
    thirty, validation, monkeypatch
):
    training = Training(validation, steps_per_epoch=4)
    expected = lanes.train(PROGRAM, thirty(PROGRAM), training)
    monkeypatch.setattr(lanes, "STEPS", 10)  # two epochs at once; no training needs fewer than one
    for trained, wanted in zip(
        lanes.train(PROGRAM, thirty(PROGRAM), training), expected, strict=True
    ):
        assert same(trained, wanted)


def test_an_epoch_may_be_longer_than_what_is_handed_over_at_once(samples, validation, monkeypatch):
    training = Training(validation, steps_per_epoch=12)
    (expected,) = lanes.train(PROGRAM, [lane(samples, epochs=3)], training)
    monkeypatch.setattr(lanes, "STEPS", 10)
    (trained,) = lanes.train(PROGRAM, [lane(samples, epochs=3)], training)
    assert same(trained, expected)


@pytest.mark.parametrize("rate", [1e38, 1e4])
def test_a_lane_that_diverges_says_so_and_leaves_its_neighbours_alone(samples, validation, rate):
    program = Program(SHAPES["standard", "elu"], "sgd", BATCH)
    training = Training(validation, steps_per_epoch=4)
    calm = [lane(samples, program, number, epochs=20) for number in range(8)]
    wild = replace(calm[3], learning_rate=rate, patience=5)
    expected = lanes.train(program, calm, training)
    *before, diverged = lanes.train(program, [*calm[:3], *calm[4:], wild], training)
    assert diverged.validation_mse == np.inf
    assert (diverged.best_epoch, diverged.epochs, diverged.steps) == (0, 5, 20)
    for trained, wanted in zip(before, [*expected[:3], *expected[4:]], strict=True):
        assert same(trained, wanted)


def test_seeds_start_weights_and_samples_each_change_a_lane(samples, validation):
    one = lane(samples)
    variants = [
        one,
        one,
        replace(one, order_seed=1),
        replace(one, weights=start(PROGRAM.shape, 1)),
        replace(one, samples=Samples(samples.X[:60], samples.Y[:60])),
        replace(one, learning_rate=0.011),
        replace(one, loss="mae"),
    ]
    trained = lanes.train(PROGRAM, variants, Training(validation, steps_per_epoch=4))
    assert same(trained[0], trained[1])
    assert len({one.weights.tobytes() for one in trained}) == len(variants) - 1


def test_no_lanes_are_no_results(validation):
    assert lanes.train(PROGRAM, [], Training(validation, steps_per_epoch=4)) == []


# Validation


EPOCHS = 24


@pytest.fixture(scope="module")
def bumpy(samples) -> Lane:
    """A lane whose validation error goes up and down."""
    return lane(samples, epochs=EPOCHS, learning_rate=0.05)


@pytest.fixture(scope="module")
def curve(bumpy, validation) -> list[Trained]:
    """What the lane is after each epoch: trainings that validate once, at their end."""
    trained = []
    for epochs in range(1, EPOCHS + 1):
        training = Training(validation, steps_per_epoch=4 * epochs)
        trained += lanes.train(PROGRAM, [replace(bumpy, epochs=1)], training)
    return trained


def stopped(errors: Sequence[float], patience: int) -> tuple[int, int]:
    """By hand: the epoch in which a training stops, and the best one until then."""
    best = 0
    for epoch in range(1, len(errors) + 1):
        if best == 0 or errors[epoch - 1] < errors[best - 1]:
            best = epoch
        if epoch - best >= patience:
            return epoch, best
    return len(errors), best


def test_the_validation_error_is_that_of_the_weights(curve, validation):
    for trained in curve:
        expected = mse(PROGRAM.shape, trained.weights, validation)
        assert trained.validation_mse == pytest.approx(expected, rel=1e-5)


def test_a_lane_keeps_the_best_weights_of_its_curve(bumpy, curve, validation):
    (trained,) = lanes.train(PROGRAM, [bumpy], Training(validation, steps_per_epoch=4))
    best = min(curve, key=lambda one: one.validation_mse)
    assert best is not curve[-1]
    assert trained.validation_mse == best.validation_mse
    assert trained.weights.tobytes() == best.weights.tobytes()
    assert curve[trained.best_epoch - 1] is best
    assert (trained.epochs, trained.steps) == (EPOCHS, 4 * EPOCHS)


def test_lanes_stop_when_they_have_waited_their_own_patience(bumpy, curve, validation):
    errors = [one.validation_mse for one in curve]
    patiences = [1, 2, 3, 4, 6, 8, 1000]
    impatient = [replace(bumpy, patience=patience) for patience in patiences]
    trained = lanes.train(PROGRAM, impatient, Training(validation, steps_per_epoch=4))
    expected = [stopped(errors, patience) for patience in patiences]
    assert [(one.epochs, one.best_epoch) for one in trained] == expected
    assert len(set(expected)) > 3
    for one in trained:
        assert one.steps == 4 * one.epochs
        assert one.validation_mse == errors[one.best_epoch - 1]
        assert one.weights.tobytes() == curve[one.best_epoch - 1].weights.tobytes()


@pytest.mark.parametrize("every", [2, 3, 5])
def test_lanes_see_only_the_epochs_that_are_validated(bumpy, curve, validation, every):
    training = Training(validation, steps_per_epoch=4, validate_every=every)
    seen = range(every, EPOCHS + 1, every)
    (trained,) = lanes.train(PROGRAM, [replace(bumpy, epochs=max(seen))], training)
    best = min(seen, key=lambda epoch: curve[epoch - 1].validation_mse)
    assert (trained.best_epoch, trained.epochs) == (best, max(seen))
    assert trained.validation_mse == curve[best - 1].validation_mse
    assert trained.weights.tobytes() == curve[best - 1].weights.tobytes()


def test_a_training_ends_with_a_validation(bumpy, validation):
    """10 epochs validated every 4 become 12: no step is taken whose weights nobody looks at."""
    training = Training(validation, steps_per_epoch=4, validate_every=4)
    (trained,) = lanes.train(PROGRAM, [replace(bumpy, epochs=10)], training)
    assert (trained.epochs, trained.steps) == (12, 48)


def test_samples_and_steps_of_an_epoch_are_counted_apart(samples, validation):
    """Augmented lanes take the steps of raw ones, from eight times the rows."""
    augmented = Samples(*augment(*samples))
    both = [lane(samples, epochs=6), lane(augmented, epochs=6)]
    trained = lanes.train(PROGRAM, both, Training(validation, steps_per_epoch=4))
    assert [one.steps for one in trained] == [24, 24]


# Compiled programs


def test_jobs_of_one_shape_share_one_program(samples, validation, monkeypatch):
    built, block = [], lanes.Block

    def build(program):
        built.append(program)
        return block(program)

    monkeypatch.setattr(lanes, "Block", build)
    program = Program(SHAPES["equivariant", "elu"], "sgd", batch_size=8)
    for number, loss in enumerate(LOSSES):
        rows = Samples(samples.X[: 20 + number], samples.Y[: 20 + number])
        jobs = [
            lane(rows, replace(program), number, loss=loss, learning_rate=0.001 * number, epochs=n)
            for n in range(1, 12)
        ]
        steps = 3 + number
        lanes.train(replace(program), jobs, Training(validation, steps, validate_every=1 + number))
    assert built == [program]
    assert lanes.block(program).advance.experimental_get_tracing_count() == 1
