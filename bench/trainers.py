"""What trains networks and asks them for positions: this project's loop, or Keras itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from study import lanes
from study.architectures import Shape, architecture
from study.bag import SQUARE
from study.lanes import Floats, Lane, Trained
from study.quiet import keras_networks, quiet_tensorflow

Halt = Callable[[], bool]
Shapes = Sequence[Shape]  # of one architecture, depth and width: they differ in their activation


class Trainer(NamedTuple):
    """What trains.

    start: starting weights (parameters,) of a shape, from a seed and a standard deviation. train:
    lanes of these shapes with a batch size. predict: positions (n, 2) that each of k networks with
    weights (k, parameters) gives to flows (n, N) of its own.
    """

    start: Callable[[Shape, int, float], Floats]
    train: Callable[[Shapes, int, Sequence[Lane], Halt], list[Trained]]
    predict: Callable[[Shapes, Floats, Sequence[Floats]], list[Floats]]


def name_for(asked: str, name: str) -> str:
    """Which trainer trains an architecture: without ties, Keras alone can."""
    return asked if architecture(name).ties else "keras"


def _start(shape: Shape, seed: int, stddev: float) -> Floats:
    return shape.start(np.random.default_rng(seed), stddev)


def _train(shapes: Shapes, batch: int, work: Sequence[Lane], halt: Halt) -> list[Trained]:
    return lanes.train(shapes[0].ties, batch, work, SQUARE.group, halt)


def _predict(shapes: Shapes, weights: Floats, flows: Sequence[Floats]) -> list[Floats]:
    activations = [shape.activation for shape in shapes]
    return lanes.predict_each(shapes[0].ties, activations, weights, flows)


def _start_by_keras(shape: Shape, seed: int, stddev: float) -> Floats:
    """As the loop's, or where there are no ties the weights that Keras' own initialisers draw."""
    if architecture(shape.architecture).ties:
        return _start(shape, seed, stddev)
    networks = keras_networks()
    import keras

    keras.utils.set_random_seed(seed % 2**32)
    return np.concatenate([np.ravel(part) for part in networks.build(shape).get_weights()])


def _train_by_keras(shapes: Shapes, batch: int, work: Sequence[Lane], halt: Halt) -> list[Trained]:
    trained = []
    for shape, lane in zip(shapes, work, strict=True):
        if halt():
            raise lanes.Halted
        trained += reference().train(_model(shape), batch, [lane], SQUARE.group)
    return trained


def _predict_by_keras(shapes: Shapes, weights: Floats, flows: Sequence[Floats]) -> list[Floats]:
    if architecture(shapes[0].architecture).ties:
        return _predict(shapes, weights, flows)
    networks = keras_networks()
    return [
        np.asarray(networks.with_weights(shape, flat)(X.astype(np.float32)))
        for shape, flat, X in zip(shapes, weights, flows, strict=True)
    ]


@cache
def _model(shape: Shape) -> Any:
    """The Keras model of a shape, always the same: what was compiled for it serves again."""
    return keras_networks().build(shape)


def reference() -> Any:
    """`bench.reference`, which loads TensorFlow: only who trains by Keras should wait for it."""
    with quiet_tensorflow():
        from bench import reference

    return reference


TRAINERS = {
    "loop": Trainer(_start, _train, _predict),
    "keras": Trainer(_start_by_keras, _train_by_keras, _predict_by_keras),
}
