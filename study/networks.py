"""The two networks of the study: standard and equivariant, and their .h5 files.

The mathematics stands once, in `forward`, a pure function of the weights that also works on many
networks at a time (any leading axes). The Keras layers call the same functions, so what is trained
in `bench.lanes` is what is saved here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from study.space import EQUIVARIANT_STDDEV
from study.symmetry import CORNERS, SYMMETRIES

FLOWS, COORDINATES = 4, 2


def _hidden_basis() -> np.ndarray:
    """The 0/1 matrices that commute with all eight symmetries: (3, 4, 4), for a, b and c.

    Each is an orbit of the index pair (0, j) under the symmetries: j = 0 is the sensor itself (a),
    j = 1 its neighbours (b), j = 2 the sensor opposite (c).
    """
    basis = np.zeros((3, FLOWS, FLOWS))
    for j in range(3):
        for symmetry in SYMMETRIES:
            basis[j, symmetry.permutation[0], symmetry.permutation[j]] = 1
    return basis


HIDDEN_BASIS = _hidden_basis()
# W_L = d [[1, -1, -1, 1], [-1, -1, 1, 1]]: minus the position of each sensor's corner.
OUTPUT_BASIS = -np.asarray(CORNERS, dtype=float)


def hidden_kernel(abc: Any) -> Any:
    """W = [[a,b,c,b],[b,a,b,c],[c,b,a,b],[b,c,b,a]] from abc: (..., 3) -> (..., 4, 4)."""
    flat = ops.matmul(abc, ops.cast(HIDDEN_BASIS.reshape(3, -1), abc.dtype))
    return ops.reshape(flat, (*abc.shape[:-1], FLOWS, FLOWS))


def output_kernel(d: Any) -> Any:
    """W_L transposed, to stand on the right of a row of activations: (..., 1) -> (..., 4, 2)."""
    return d[..., None] * ops.cast(OUTPUT_BASIS, d.dtype)


@keras.saving.register_keras_serializable("study")
class EquivariantHidden(keras.layers.Layer):
    """x -> activation(W x) with the W of `hidden_kernel`: commutes with all eight symmetries.

    One weight `abc` of shape (3,), drawn by one initializer: three scalars that shared an
    initializer instance would start equal, and a = c makes a network that is zero for ever.
    """

    def __init__(self, activation: str, stddev: float = EQUIVARIANT_STDDEV, **options: Any):
        super().__init__(**options)
        self.activation, self.stddev = activation, stddev

    def build(self, input_shape: Any) -> None:
        normal = keras.initializers.RandomNormal(stddev=self.stddev)
        self.abc = self.add_weight(shape=(3,), initializer=normal, name="abc")

    def call(self, x: Any) -> Any:
        activate = keras.activations.get(self.activation)
        return activate(ops.matmul(x, hidden_kernel(self.abc)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": self.activation, "stddev": self.stddev}


@keras.saving.register_keras_serializable("study")
class EquivariantOutput(keras.layers.Layer):
    """h -> W_L h, from four activations to the position: turns and flips with its input."""

    def __init__(self, stddev: float = EQUIVARIANT_STDDEV, **options: Any):
        super().__init__(**options)
        self.stddev = stddev

    def build(self, input_shape: Any) -> None:
        normal = keras.initializers.RandomNormal(stddev=self.stddev)
        self.d = self.add_weight(shape=(1,), initializer=normal, name="d")

    def call(self, h: Any) -> Any:
        return ops.matmul(h, output_kernel(self.d))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev}


@dataclass(frozen=True)
class Shape:
    """What fixes a network but for its weights. The equivariant width is 4 by construction."""

    architecture: str
    depth: int
    width: int
    activation: str

    @property
    def equivariant(self) -> bool:
        return self.architecture == "equivariant"

    @property
    def weight_shapes(self) -> Sequence[tuple[int, ...]]:
        """Shapes of the weights, in the order of `keras.Model.get_weights`."""
        if self.equivariant:
            return [(3,)] * self.depth + [(1,)]
        sizes = [FLOWS, *[self.width] * self.depth, COORDINATES]
        return [shape for layer in pairwise(sizes) for shape in (layer, layer[1:])]

    @property
    def parameters(self) -> int:
        """Number of trainable scalars: 3 L + 1 for the equivariant network of depth L."""
        return sum(int(np.prod(shape)) for shape in self.weight_shapes)


def build(shape: Shape, dtype: str = "float32", name: str | None = None) -> keras.Model:
    """A Keras model of this shape: flows (n, 4) -> positions (n, 2).

    Functional over registered layers: a subclassed `keras.Model` saves to .h5 but cannot be loaded.
    """
    x = h = keras.Input((FLOWS,), dtype=dtype)
    for _ in range(shape.depth):
        if shape.equivariant:
            h = EquivariantHidden(shape.activation, dtype=dtype)(h)
        else:
            h = keras.layers.Dense(shape.width, shape.activation, dtype=dtype)(h)
    last = EquivariantOutput(dtype=dtype) if shape.equivariant else None
    y = (last or keras.layers.Dense(COORDINATES, dtype=dtype))(h)
    return keras.Model(x, y, name=name or shape.architecture)


def forward(shape: Shape, weights: Sequence[Any], x: Any) -> Any:
    """The network as a function of its weights: x (..., n, 4) -> y (..., n, 2).

    `weights` are tensors shaped as `shape.weight_shapes` behind any leading axes, one network for
    each index of these axes.
    """
    activate, h = keras.activations.get(shape.activation), x
    if shape.equivariant:
        *hidden, d = weights
        for abc in hidden:
            h = activate(ops.matmul(h, hidden_kernel(abc)))
        return ops.matmul(h, output_kernel(d))
    kernels, biases = weights[0::2], weights[1::2]
    for layer, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        h = affine(activate(h) if layer else h, kernel, bias)
    return h


def affine(h: Any, kernel: Any, bias: Any) -> Any:
    """h W + b as one product, (h, 1) (W over b): twice as fast as a sum in a compiled gradient."""
    one = ops.ones_like(h[..., :1])
    matrix = ops.concatenate([kernel, bias[..., None, :]], axis=-2)
    return ops.matmul(ops.concatenate([h, one], axis=-1), matrix)


def initial_weights(shape: Shape, rng: np.random.Generator, stddev: float) -> np.ndarray:
    """Starting weights as one flat vector (parameters,).

    Standard: Keras' own defaults, Glorot-uniform kernels and zero biases. Equivariant: normal with
    this standard deviation.
    """
    if shape.equivariant:
        return rng.normal(0.0, stddev, shape.parameters)
    parts = []
    for weight in shape.weight_shapes:
        limit = np.sqrt(6.0 / sum(weight)) if len(weight) == 2 else 0.0
        parts.append(rng.uniform(-limit, limit, int(np.prod(weight))))
    return np.concatenate(parts)


def split(shape: Shape, flat: Any) -> list[Any]:
    """Flat weights (..., parameters) as the list of tensors that `forward` takes."""
    sizes = [int(np.prod(weight)) for weight in shape.weight_shapes]
    ends = np.cumsum(sizes)
    return [
        ops.reshape(flat[..., end - size : end], (*flat.shape[:-1], *weight))
        for weight, size, end in zip(shape.weight_shapes, sizes, ends, strict=True)
    ]


def with_weights(
    shape: Shape, flat: np.ndarray, dtype: str = "float32", name: str | None = None
) -> keras.Model:
    """A Keras model of this shape with these flat weights (parameters,)."""
    model = build(shape, dtype, name)
    model.set_weights([np.asarray(weight) for weight in split(shape, np.asarray(flat, dtype))])
    return model


def save(model: keras.Model, path: Path) -> None:
    """Write the model as .h5, under a temporary name first: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        model.save(temporary)
        temporary.replace(path)
