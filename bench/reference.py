"""Trainings by Keras itself on TensorFlow: the reference that the loop is held equal to.

`train` gives any Keras model the batches that the loop would give it, and takes Keras' own
training step with Keras' own optimisers, losses and learning rate schedules. Validation, the best
weights, patience and divergence are as in `study.kernel`.

A program is Keras' `train_step` for one optimiser and loss, repeated SLICE times in one call and
compiled by XLA, which Keras would leave out on a machine without a GPU. It takes 2 to 4 seconds to
compile and 60 to 150 microseconds a step; the same without XLA 0.5 to 1 second and 250 to 500,
Keras' `train_function` with `steps_per_execution` 300 or more, and `train_on_batch` 1500.

The numbers carry no promise of bits: XLA compiles for the processor that it finds, TensorFlow
takes denormal numbers for 0 in its own threads, and after some hundred steps a last bit can grow
into another network. Of a float64 model, too, Keras on TensorFlow rounds Adam's beta_1 and beta_2
to float32 where it corrects for their powers: its early steps are 7e-6 shorter than Adam's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from study.kernel import INTERVALS
from study.lanes import SCHEDULES, Lane, Pairs, Trained, batches
from study.networks import split
from study.space import HUBER_DELTA
from study.symmetry import Group

SLICE = 50  # steps in one call of a program
PROGRAMS = 64  # kept at most

Values = list[tuple[keras.Variable, np.ndarray]]  # variables, each with a value to give it

OPTIMIZERS: dict[str, Callable[[Any], keras.optimizers.Optimizer]] = {
    "nadam": keras.optimizers.Nadam,
    "adam": keras.optimizers.Adam,
    "sgd": lambda rate: keras.optimizers.SGD(rate, momentum=0.9),
}
# By the dtype that they work in: Keras would take it for float32, whatever the model's is.
LOSSES: dict[str, Callable[[str], keras.losses.Loss]] = {
    "mse": lambda dtype: keras.losses.MeanSquaredError(dtype=dtype),
    "mae": lambda dtype: keras.losses.MeanAbsoluteError(dtype=dtype),
    "huber": lambda dtype: keras.losses.Huber(delta=HUBER_DELTA, dtype=dtype),
}


@keras.saving.register_keras_serializable("bench")
class Pace(keras.optimizers.schedules.LearningRateSchedule):
    """A lane's learning rate in each part of its budget, read from a table.

    The table is a variable, so that one compiled program serves lanes of any rate and schedule.
    """

    def __init__(self) -> None:
        self.rates = keras.Variable(np.zeros(INTERVALS), dtype="float64", trainable=False)
        self.budget = keras.Variable(1, dtype="int64", trainable=False)  # steps

    def follow(self, lane: Lane) -> None:
        """Take over a lane's learning rate, schedule and budget."""
        self.rates.assign(lane.learning_rate * SCHEDULES[lane.schedule])
        self.budget.assign(lane.steps)

    def __call__(self, step: Any) -> Any:
        return ops.take(self.rates, ops.minimum(step * INTERVALS // self.budget, INTERVALS - 1))

    def get_config(self) -> dict[str, Any]:
        """Nothing: what it holds is a lane's. With this a compiled model can be saved."""
        return {}


class Program(NamedTuple):
    """Keras' training step of one model, for one batch size, optimiser and loss."""

    pace: Pace
    start: Values  # the optimiser's variables, as before the first step
    take: Callable[[Any, Any], None]  # X (SLICE, batch, N) and Y (SLICE, batch, 2); steps to take


def train(
    model: keras.Model,
    batch: int,
    lanes: Sequence[Lane],
    group: Group,
    jit_compile: bool = True,
) -> list[Trained]:
    """Train a model by Keras from each lane's start; what each came to, in the lanes' order.

    model: any built one from flows (n, N) to positions (n, 2), of float32 or float64, as the
    weights that come back. A lane's flat weights stand in the order of `model.get_weights`. The
    activations are the model's: `Lane.activation` is not read. batch: rows of a mini-batch;
    group: the symmetries that make the copies of a row; jit_compile: whether XLA compiles.

    The model's variables are left as they were. Its programs are kept, so that it pays to pass the
    same model again; one whose layers were frozen since then must be built anew.
    """
    found = _values(model.variables)
    results = []
    for lane in lanes:
        _assign(found)
        results.append(_train_lane(model, batch, lane, group, jit_compile))
    _assign(found)
    return results


def repeat(model: keras.Model) -> Any:
    """A `tf.function` that takes a compiled model's training step for each of several batches.

    Its arguments are batches as `train_step` takes them, but with an axis (batches, ...) before
    each array's own, and how many of the batches to take.
    """

    def take(data: Any, steps: Any) -> None:
        def body(step: Any) -> Any:
            model.train_step(tf.nest.map_structure(lambda array: array[step], data))
            return step + 1

        tf.while_loop(lambda step: step < steps, body, [tf.constant(0)])

    return tf.function(take, autograph=False, jit_compile=model.jit_compile)


def read_batches(lane: Lane, batch: int, group: Group) -> Pairs:
    """A lane's batches, moved by their symmetries: X (steps, batch, N) and Y (steps, batch, 2)."""
    rows, symmetries = batches(lane, batch, group)
    X, Y = (array[rows] for array in lane.samples)
    moved = np.take_along_axis(X, group.permutations[symmetries], axis=-1)
    return moved, (group.matrices[symmetries] @ Y[..., None])[..., 0]


def _train_lane(
    model: keras.Model, batch: int, lane: Lane, group: Group, jit_compile: bool
) -> Trained:
    X, Y = (array.astype(_dtype(model)) for array in read_batches(lane, batch, group))
    shape = batch, X.shape[-1], Y.shape[-1]
    program = _program(model, lane.optimizer, lane.loss, shape, jit_compile)
    rows = [tf.constant(array, _dtype(model)) for array in lane.validation]
    _assign(program.start)
    program.pace.follow(lane)
    model.set_weights(split(lane.weights, model.get_weights()))
    best, best_error, best_step, curve = lane.weights, np.inf, 0, []
    for first, last in pairwise([*range(0, lane.steps, lane.gap), lane.steps]):
        for begin in range(first, last, SLICE):
            end = min(begin + SLICE, last)
            program.take((_fill(X[begin:end]), _fill(Y[begin:end])), tf.constant(end - begin))
        curve.append(float(_validation(model)(*rows)))
        if not np.isfinite(curve[-1]):
            return Trained("diverged", None, np.inf, 0, last, np.array(curve))
        if curve[-1] < best_error:
            best = np.concatenate([weight.ravel() for weight in model.get_weights()])
            best_error, best_step = curve[-1], last
        if lane.patience is not None and last - best_step >= lane.patience:
            break
    return Trained("finished", best, best_error, best_step, last, np.array(curve))


@lru_cache(maxsize=PROGRAMS)
def _program(
    model: keras.Model, optimizer: str, loss: str, shape: tuple[int, int, int], jit_compile: bool
) -> Program:
    """Compile a model for an optimiser, a loss, and batches of this shape: rows, N and 2.

    It is traced at once, since the next program compiles the model for another optimiser.
    """
    (batch, *widths), dtype, pace = shape, _dtype(model), Pace()
    model.compile(OPTIMIZERS[optimizer](pace), LOSSES[loss](dtype), jit_compile=jit_compile)
    model.optimizer.build(model.trainable_variables)
    data = tuple(tf.TensorSpec((SLICE, batch, width), dtype) for width in widths)
    take = repeat(model).get_concrete_function(data, tf.TensorSpec((), tf.int32))
    return Program(pace, _values(model.optimizer.variables), take)


@lru_cache(maxsize=PROGRAMS)
def _validation(model: keras.Model) -> Any:
    """A function of X (n, N) and Y (n, 2) that tells the model's mean squared error.

    The squares have the model's dtype, their sum is float64, as in the loop.
    """

    def error(X: Any, Y: Any) -> Any:
        squares = tf.square(model(X, training=False) - Y)
        return tf.reduce_mean(tf.cast(squares, tf.float64))

    return tf.function(error, autograph=False, reduce_retracing=True)


def _fill(array: np.ndarray) -> tf.Tensor:
    """Batches (steps, ...) with zeros behind them, to (SLICE, ...)."""
    return tf.constant(np.pad(array, ((0, SLICE - len(array)), (0, 0), (0, 0))))


def _dtype(model: keras.Model) -> str:
    return model.trainable_variables[0].dtype


def _values(variables: Sequence[keras.Variable]) -> Values:
    return [(variable, variable.numpy()) for variable in variables]


def _assign(values: Values) -> None:
    for variable, value in values:
        variable.assign(value)
