"""Architectures that a user might add: one of Keras layers alone, one of ties alone."""

from typing import Any

import keras
import numpy as np
from keras import ops

from study.architectures import Architecture, Shape, glorot_uniform, scaled_normal
from study.bag import SQUARE
from study.space import Space
from study.ties import Ties, combined, equivariant_basis

NARROW = Space(
    depth=(1,), width=(4,), activation=("tanh",), batch_size=(16,), optimizer=("adam",),
    learning_rate=(1e-3, 1e-1), loss=("mse",),
)  # fmt: skip


@keras.saving.register_keras_serializable("tests")
class Squares(keras.layers.Layer):
    """Flows beside their squares."""

    def call(self, x: Any) -> Any:
        return ops.concatenate([x, x * x], axis=-1)


def layers(shape: Shape, dtype: str) -> list[keras.layers.Layer]:
    """A network that reads squares, too: no ties describe it."""
    return [
        Squares(dtype=dtype),
        keras.layers.Dense(shape.width, shape.activation, dtype=dtype),
        keras.layers.Dense(2, dtype=dtype),
    ]


def half_turns(depth: int, width: int) -> Ties:
    """Layers that commute with the half turn alone: ties that no Keras layer was written for."""
    turned = [(matrix == -np.eye(2)).all() for matrix in SQUARE.group.matrices].index(True)
    pair = [0, turned]
    on_flows = np.eye(4)[SQUARE.group.permutations[pair]]
    hidden = equivariant_basis(on_flows, on_flows)
    output = equivariant_basis(SQUARE.group.matrices[pair], on_flows)
    return combined([*[hidden] * depth, output])


KERAS_ALONE = Architecture(
    name="squares",
    label="of squares",
    colour="#009e73",
    space=NARROW,
    ties=None,
    start=glorot_uniform,
    keras="tests.bench.foreign:layers",
)
TIES_ALONE = Architecture(
    name="half_turns",
    label="equivariant to half turns",
    colour="#009e73",
    space=NARROW,
    ties=half_turns,
    start=scaled_normal,
)
