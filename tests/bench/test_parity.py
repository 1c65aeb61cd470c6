"""Parity: the loop is as near to Keras in float64 as Keras in float32 is."""

from functools import cache
from itertools import product

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import reference
from study import lanes, networks
from study.architectures import Shape, initial_weights
from study.lanes import LOSSES, OPTIMIZERS, Lane
from study.simulate import FAULT, simulate
from study.symmetry import SQUARE

BATCH = 16
STEPS = (1, 20, 200)
WIDTHS = {"standard": 16, "equivariant": 4, "equivariant_wide": 8, "wrong_group": 4}
SHAPES = [Shape(name, 2, WIDTHS[name], a) for name, a in product(WIDTHS, ("elu", "tanh"))]
JOBS = list(product(SHAPES, LOSSES))
ROWS = simulate(64, np.random.default_rng(1), offset=FAULT)


def lane(number: int, optimizer: str, steps: int) -> Lane:
    """A training of these steps. At these rates none is chaotic."""
    shape, loss = JOBS[number]
    return Lane(
        samples=ROWS,
        validation=ROWS,
        weights=initial_weights(shape, np.random.default_rng(number), 0.6),
        activation=shape.activation,
        optimizer=optimizer,
        loss=loss,
        learning_rate=0.015 if optimizer == "sgd" else 0.003,
        seed=number,
        steps=steps,
        copies=number % 2 == 1,
        gap=steps,
    )


@cache
def trained_by_keras(optimizer: str, dtype: str) -> dict[int, list[np.ndarray]]:
    """The weights of all jobs after each number of steps.

    One Keras model holds all networks. The total loss is their sum and optimisers work on each
    weight alone, so that the networks do not know of each other.
    """
    jobs = [lane(number, optimizer, STEPS[-1]) for number in range(len(JOBS))]
    models = [
        networks.with_weights(shape, one.weights, dtype)
        for (shape, _), one in zip(JOBS, jobs, strict=True)
    ]
    together = keras.Model([model.input for model in models], [model.output for model in models])
    (rate,) = {one.learning_rate for one in jobs}
    together.compile(
        reference.OPTIMIZERS[optimizer](rate),
        [reference.LOSSES[one.loss](dtype) for one in jobs],
        jit_compile=False,
    )
    together.optimizer.build(together.trainable_variables)
    read = [reference.read_batches(one, BATCH, SQUARE) for one in jobs]
    X, Y = ([pair[part].astype(dtype) for pair in read] for part in (0, 1))
    take, found, begin = reference.repeat(together), {}, 0  # traced once for each number of steps
    for steps in STEPS:
        some = tuple([tf.constant(array[begin:steps]) for array in arrays] for arrays in (X, Y))
        take(some, tf.constant(steps - begin))
        found[steps] = [
            np.concatenate([part.ravel() for part in model.get_weights()]) for model in models
        ]
        begin = steps
    return found


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_loop_is_as_near_to_exact_keras_as_keras_itself(optimizer, steps):
    exact, rounded = (trained_by_keras(optimizer, dtype)[steps] for dtype in ("float64", "float32"))
    far = {}
    for number, (shape, loss) in enumerate(JOBS):
        one = lane(number, optimizer, steps)
        (loop,) = lanes.train(shape.ties, BATCH, [one], SQUARE)
        size = np.linalg.norm(exact[number])
        assert np.linalg.norm(exact[number] - one.weights) > 1e-4 * size
        mine, keras32 = (
            np.linalg.norm(weights - exact[number]) / size
            for weights in (loop.weights, rounded[number])
        )
        if mine > 3 * keras32 + 1e-6:
            far[shape, loss] = mine, keras32
    assert far == {}
