"""Many networks of one shape, trained at once in one compiled program.

A *lane* is one network in training, with its own samples, weights, learning rate, loss, order of
batches and early stopping. Eight lanes stand side by side on the leading axis of every tensor, and
one XLA program takes them through whole epochs: the steps of Keras' optimiser, the validation
error, the best weights. The host only cuts mini-batches and puts the next lane where one is done.

The number of lanes in the program is fixed, and nothing in it mixes lanes. So a lane's result is
the same to the bit whatever stands beside it, and one program serves every training size and draw.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bench.clock import SECONDS, Stopwatch, spent_on
from study import networks
from study.data import Samples
from study.space import HUBER_DELTA, SGD_MOMENTUM

LANES = 8
TIMED_VALIDATIONS = 20
STEPS = 1024  # mini-batches handed to the program at once; more where one epoch has more

OPTIMIZERS: dict[str, Callable[..., keras.optimizers.Optimizer]] = {
    "adam": keras.optimizers.Adam,
    "nadam": keras.optimizers.Nadam,
    "sgd": lambda **options: keras.optimizers.SGD(momentum=SGD_MOMENTUM, **options),
}
LOSSES = {
    "mse": keras.losses.MeanSquaredError(reduction="none"),
    "mae": keras.losses.MeanAbsoluteError(reduction="none"),
    "huber": keras.losses.Huber(delta=HUBER_DELTA, reduction="none"),
}


@dataclass(frozen=True)
class Lane:
    """One network to train. Times are counted in epochs of `Training.steps_per_epoch` steps."""

    samples: Samples  # X (n, 4), Y (n, 2): the rows that its batches are cut from
    weights: np.ndarray  # (parameters,)
    learning_rate: float
    loss: str
    order_seed: int
    epochs: int
    patience: int  # epochs without a better validation error before it stops


@dataclass(frozen=True)
class Trained:
    """What a lane came to. Its weights are those of the best epoch; infinite error: it diverged."""

    weights: np.ndarray  # (parameters,)
    validation_mse: float
    best_epoch: int
    epochs: int
    steps: int


@dataclass(frozen=True)
class Training:
    """What the lanes of one call share."""

    validation: Samples
    steps_per_epoch: int
    validate_every: int = 1  # epochs


@dataclass(frozen=True)
class Program:
    """What is compiled: a network's shape, its optimiser and its batch size."""

    shape: networks.Shape
    optimizer: str
    batch_size: int


class Order:
    """The row numbers of a lane's mini-batches: a new permutation of its rows on each pass."""

    def __init__(self, rows: int, batch_size: int, seed: int):
        self.rows, self.batch_size = rows, batch_size
        self.rng = np.random.default_rng(seed)
        self.ahead = np.empty((0, batch_size), dtype=np.int64)

    def take(self, steps: int) -> np.ndarray:
        """The next row numbers (steps, batch_size); -1 fills the short last batch of a pass."""
        per_pass = -(-self.rows // self.batch_size)
        passes = max(0, -(-(steps - len(self.ahead)) // per_pass))
        order = np.tile(np.arange(self.rows), (passes, 1))
        self.rng.permuted(order, axis=1, out=order)
        fill = ((0, 0), (0, per_pass * self.batch_size - self.rows))
        padded = np.pad(order, fill, constant_values=-1).reshape(-1, self.batch_size)
        taken, self.ahead = np.split(np.concatenate([self.ahead, padded]), [steps])
        return taken


def table(samples: Samples) -> np.ndarray:
    """Rows of flows, position and weight 1, (n + 1, 7); the last, for row number -1, is all 0.

    Once in a batch, the weight becomes the row's share in the batch's mean loss.
    """
    rows = np.column_stack([samples.X, samples.Y, np.ones(len(samples.X))])
    return np.vstack([rows, np.zeros(rows.shape[1])]).astype(np.float32)


class RatePerLane(keras.optimizers.schedules.LearningRateSchedule):
    """Keras' way to a learning rate that changes: here not with the step, but with the lane."""

    def __init__(self, rates: tf.Variable):
        self.rates = rates

    def __call__(self, step: Any) -> Any:
        return self.rates


def per_lane(name: str, flat: keras.Variable, rates: tf.Variable) -> keras.optimizers.Optimizer:
    """Keras' optimiser of this name, with a learning rate and a step count of each lane's own.

    All that a Keras optimiser does is elementwise, so stacked networks train apart as soon as its
    few scalars, the step count and Nadam's running product, have a lane axis.
    """
    optimizer = OPTIMIZERS[name](learning_rate=RatePerLane(rates))
    optimizer._iterations = keras.Variable(np.zeros((LANES, 1), np.float32), trainable=False)
    optimizer.build([flat])
    if hasattr(optimizer, "_u_product"):
        optimizer._u_product = keras.Variable(np.ones((LANES, 1), np.float32), trainable=False)
    return optimizer


@dataclass
class Source:
    """A seated lane's mini-batches, as far as they are not cut yet."""

    order: Order
    rows: np.ndarray  # (n + 1, 7), see `table`
    steps_left: int

    def take(self, steps: int) -> np.ndarray:
        """The next mini-batches (steps, batch_size, 7); the shares of each sum to 1."""
        self.steps_left -= steps
        batches = self.rows.take(self.order.take(steps), axis=0, mode="wrap")
        batches[..., -1] /= batches[..., -1].sum(axis=-1, keepdims=True)
        return batches


class Block:
    """Eight slots for lanes, and the compiled program that trains whatever stands in them."""

    def __init__(self, program: Program):
        self.program = program
        count = program.shape.parameters
        self.flat = keras.Variable(np.zeros((LANES, count), np.float32))
        self.best_flat = tf.Variable(np.zeros((LANES, count), np.float32))
        self.rates = tf.Variable(np.zeros((LANES, 1), np.float32))
        self.loss_mix = tf.Variable(np.zeros((LANES, len(LOSSES)), np.float32))
        self.best = tf.Variable(np.full(LANES, np.inf, np.float32))
        self.best_epoch, self.epoch, self.epochs, self.patience = (
            tf.Variable(np.zeros(LANES, np.int32)) for _ in range(4)
        )
        self.optimizer = per_lane(program.optimizer, self.flat, self.rates)
        self.memory = [
            variable.value
            for variable in self.optimizer.variables
            if variable.shape[:1] == (LANES,)
        ]
        self.fresh_memory = [variable.numpy()[0] for variable in self.memory]
        self.advance = tf.function(self._advance, jit_compile=True, autograph=False)
        self.validation_seconds: float | None = None

    def warm_up(self, feed: Feed) -> None:
        """Compile, if that is still to do, and then find out how long a validation takes."""
        self.advance(*feed.arguments(1, 1, 0))
        if self.validation_seconds is None:
            self.epoch.assign(tf.zeros_like(self.epoch))
            self.epochs.assign(tf.fill(self.epochs.shape, TIMED_VALIDATIONS))
            self.patience.assign(tf.fill(self.patience.shape, TIMED_VALIDATIONS + 1))
            with Stopwatch() as watch:
                self.advance(*feed.arguments(0, 1, 1))[1].numpy()
            self.validation_seconds = watch.seconds / TIMED_VALIDATIONS

    def put(self, slot: int, lane: Lane) -> None:
        """Place a lane at its start in this slot; nothing of the slot's past remains."""
        mix = [float(name == lane.loss) for name in LOSSES]
        values = [
            (self.flat.value, lane.weights),
            (self.best_flat, lane.weights),
            (self.rates, lane.learning_rate),
            (self.loss_mix, mix),
            (self.best, np.inf),
            (self.best_epoch, 0),
            (self.epoch, 0),
            (self.epochs, lane.epochs),
            (self.patience, lane.patience),
            *zip(self.memory, self.fresh_memory, strict=True),
        ]
        for variable, value in values:
            rows = variable.numpy()
            rows[slot] = value
            variable.assign(rows)

    def results(self, steps_per_epoch: int) -> list[Trained]:
        """What each slot has come to so far."""
        columns = (self.best_flat, self.best, self.best_epoch, self.epoch)
        return [
            Trained(flat, float(best), int(best_epoch), int(epoch), int(epoch) * steps_per_epoch)
            for flat, best, best_epoch, epoch in zip(
                *(column.numpy() for column in columns), strict=True
            )
        ]

    def alive(self) -> Any:
        """Which slots hold a lane with epochs and patience left: (LANES,) booleans."""
        waited = self.epoch - self.best_epoch
        return tf.logical_and(self.epoch < self.epochs, waited < self.patience)

    def _predict(self, flat: Any, X: Any) -> Any:
        """Positions (LANES, n, 2) that networks `flat` (LANES, parameters) give to X (n, 4)."""
        shape = self.program.shape
        return networks.forward(shape, networks.split(shape, flat), X)

    def _losses(self, flat: Any, batch: Any) -> Any:
        """Each lane's own loss on its own batch (LANES, batch_size, 7): (LANES,)."""
        X, Y, share = tf.split(batch, [4, 2, 1], axis=-1)
        predicted = self._predict(flat, X)
        per_row = tf.stack([loss(Y, predicted) for loss in LOSSES.values()], axis=-1)
        return tf.reduce_sum(per_row * share * self.loss_mix[:, None, :], axis=(1, 2))

    def _step(self, batch: Any) -> None:
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(self._losses(self.flat.value, batch))
        self.optimizer.apply(tape.gradient(total, [self.flat.value]), [self.flat])

    def _validate(self, X: Any, Y: Any, epochs: Any) -> None:
        """Count the epochs, keep the weights of the lanes that have never been better."""
        alive = self.alive()
        error = tf.reduce_mean(tf.square(self._predict(self.flat.value, X) - Y), axis=(1, 2))
        self.epoch.assign_add(tf.where(alive, epochs, 0))
        better = tf.logical_and(alive, error < self.best)
        self.best.assign(tf.where(better, error, self.best))
        self.best_epoch.assign(tf.where(better, self.epoch, self.best_epoch))
        self.best_flat.assign(tf.where(better[:, None], self.flat.value, self.best_flat))

    def _advance(self, batches: Any, X: Any, Y: Any, steps: Any, epochs: Any, total: Any) -> Any:
        """Train on batches[:total], validating after each `steps` steps, which are `epochs` epochs.

        batches (STEPS, LANES, batch_size, 7), X (n, 4), Y (n, 2). Stops early when no lane is
        alive. Returns the number of steps taken, and which lanes still are alive.
        """

        def step(t: Any) -> Any:
            self._step(batches[t])
            return t + 1

        def stretch(t: Any) -> Any:
            end = t + steps
            (t,) = tf.while_loop(lambda t: t < end, step, (t,))
            self._validate(X, Y, epochs)
            return t

        def going(t: Any) -> Any:
            return tf.logical_and(t < total, tf.reduce_any(self.alive()))

        (t,) = tf.while_loop(going, stretch, (tf.constant(0),))
        return t, self.alive()


@cache
def block(program: Program) -> Block:
    """This process's block for a program: built and compiled once, whatever it trains."""
    with spent_on("compilation"):
        return Block(program)


class Feed:
    """What the program is fed from: the batches of the seated lanes, and the validation rows."""

    def __init__(self, program: Program, training: Training):
        self.stretch = training.steps_per_epoch * training.validate_every
        capacity = max(STEPS, 1 << (self.stretch - 1).bit_length())
        self.total = capacity // self.stretch * self.stretch
        self.every = training.validate_every
        self.batches = np.zeros((capacity, LANES, program.batch_size, 7), np.float32)
        self.validation = [tf.constant(part, tf.float32) for part in training.validation]
        self.sources: dict[int, Source] = {}

    def seat(self, slot: int, lane: Lane) -> None:
        order = Order(len(lane.samples.X), self.batches.shape[2], lane.order_seed)
        stretches = -(-lane.epochs // self.every)
        self.sources[slot] = Source(order, table(lane.samples), stretches * self.stretch)

    def next(self) -> tuple[Any, ...]:
        """The arguments of `Block.advance` for the next steps: no more than are left to anyone."""
        total = min(self.total, max(source.steps_left for source in self.sources.values()))
        for slot, source in self.sources.items():
            self.batches[:total, slot] = source.take(total)
        return self.arguments(self.stretch, self.every, total)

    def arguments(self, steps: int, epochs: int, total: int) -> tuple[Any, ...]:
        """The arguments of `Block.advance` for these counts and the batches as they are."""
        return (
            tf.constant(self.batches),
            *self.validation,
            *map(tf.constant, (steps, epochs, total)),
        )


def train(program: Program, lanes: Sequence[Lane], training: Training) -> list[Trained]:
    """Train every lane; the results stand in the order of the lanes.

    Eight at a time; the next lane takes the place of one that is done. A run's numbers depend on
    its lane alone.
    """
    slots, feed = block(program), Feed(program, training)
    with spent_on("compilation"):
        slots.warm_up(feed)
    waiting = deque(enumerate(lanes))
    seated: dict[int, int] = {}  # slot -> number of its lane
    results: dict[int, Trained] = {}
    while waiting or seated:
        for slot in range(LANES):
            if waiting and slot not in seated:
                seated[slot], lane = waiting.popleft()
                slots.put(slot, lane)
                feed.seat(slot, lane)
        with spent_on("batches"):
            arguments = feed.next()
        with Stopwatch() as watch:
            steps, alive = (part.numpy() for part in slots.advance(*arguments))
        # One program does both, so that the two can only be told apart by what one takes alone.
        validations = (slots.validation_seconds or 0.0) * (steps // feed.stretch)
        SECONDS["validation"] += min(validations, watch.seconds)
        SECONDS["training"] += max(watch.seconds - validations, 0.0)
        outcome = slots.results(training.steps_per_epoch)
        for slot in [slot for slot in seated if not alive[slot]]:
            results[seated.pop(slot)] = outcome[slot]
            del feed.sources[slot]
    return [results[number] for number in range(len(lanes))]
