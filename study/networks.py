"""The networks of the study: standard, equivariant and its variations, and their .h5 files.

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


# A wrong symmetry, for a control: that of a square whose sensors 3 and 4 are mistaken for each
# other.
MISTAKEN_SENSORS = np.eye(FLOWS)[[0, 1, 3, 2]]


def hidden_kernel(abc: Any) -> Any:
    """W from abc (..., C_in, C_out, 3): (..., 4 C_in, 4 C_out), a block for each pair of channels.

    Every block is [[a,b,c,b],[b,a,b,c],[c,b,a,b],[b,c,b,a]] with an a, b and c of its own.
    """
    *leading, channels_in, channels_out, _ = abc.shape
    flat = ops.matmul(abc, ops.cast(HIDDEN_BASIS.reshape(3, -1), abc.dtype))
    blocks = ops.reshape(flat, (*leading, channels_in, channels_out, FLOWS, FLOWS))
    return ops.reshape(
        ops.swapaxes(blocks, -3, -2), (*leading, FLOWS * channels_in, FLOWS * channels_out)
    )


def output_kernel(d: Any) -> Any:
    """W_L transposed, to stand on the right of a row of activations: (..., C) -> (..., 4 C, 2).

    Every channel has a d of its own.
    """
    blocks = d[..., None, None] * ops.cast(OUTPUT_BASIS, d.dtype)
    return ops.reshape(blocks, (*d.shape[:-1], FLOWS * d.shape[-1], COORDINATES))


@keras.saving.register_keras_serializable("study")
class EquivariantHidden(keras.layers.Layer):
    """x -> activation(W x) with the W of `hidden_kernel`: commutes with all eight symmetries.

    One weight `abc` of shape (C_in, C_out, 3), drawn by one initializer: scalars that shared an
    initializer instance would start equal, and a = c makes a network that is zero for ever.
    """

    def __init__(
        self,
        activation: str,
        channels: int = 1,
        stddev: float = EQUIVARIANT_STDDEV,
        **options: Any,
    ):
        super().__init__(**options)
        self.activation, self.channels, self.stddev = activation, channels, stddev

    def build(self, input_shape: Any) -> None:
        channels = input_shape[-1] // FLOWS
        normal = keras.initializers.RandomNormal(stddev=self.stddev / np.sqrt(channels))
        self.abc = self.add_weight(
            shape=(channels, self.channels, 3), initializer=normal, name="abc"
        )

    def call(self, x: Any) -> Any:
        activate = keras.activations.get(self.activation)
        return activate(ops.matmul(x, hidden_kernel(self.abc)))

    def get_config(self) -> dict[str, Any]:
        own = {"activation": self.activation, "channels": self.channels, "stddev": self.stddev}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("study")
class EquivariantOutput(keras.layers.Layer):
    """h -> W_L h, from the activations to the position: turns and flips with its input."""

    def __init__(self, stddev: float = EQUIVARIANT_STDDEV, **options: Any):
        super().__init__(**options)
        self.stddev = stddev

    def build(self, input_shape: Any) -> None:
        channels = input_shape[-1] // FLOWS
        normal = keras.initializers.RandomNormal(stddev=self.stddev / np.sqrt(channels))
        self.d = self.add_weight(shape=(channels,), initializer=normal, name="d")

    def call(self, h: Any) -> Any:
        return ops.matmul(h, output_kernel(self.d))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev}


@keras.saving.register_keras_serializable("study")
class MistakeSensors(keras.layers.Layer):
    """Flows (..., 4) with those of sensors 3 and 4 swapped."""

    def call(self, x: Any) -> Any:
        return ops.matmul(x, ops.cast(MISTAKEN_SENSORS, x.dtype))


@keras.saving.register_keras_serializable("study")
class Orbit(keras.layers.Layer):
    """Flows (n, 4) -> those of all moved copies (8 n, 4), a row's eight one after another."""

    def call(self, x: Any) -> Any:
        copies = np.concatenate([np.eye(FLOWS)[:, s.permutation] for s in SYMMETRIES], axis=1)
        return ops.reshape(ops.matmul(x, ops.cast(copies, x.dtype)), (-1, FLOWS))


@keras.saving.register_keras_serializable("study")
class OrbitMean(keras.layers.Layer):
    """Positions of moved copies (8 n, 2) -> the mean of all, moved back (n, 2)."""

    def call(self, y: Any) -> Any:
        # A symmetry's matrix is orthogonal: a row times it is the inverse acting on a column.
        back = np.concatenate([np.array(s.matrix) for s in SYMMETRIES]) / len(SYMMETRIES)
        return ops.matmul(ops.reshape(y, (-1, len(back))), ops.cast(back, y.dtype))


@dataclass(frozen=True)
class Shape:
    """What fixes a network but for its weights. An equivariant one is four times its channels wide.

    Architectures: "standard"; "equivariant"; "equivariant_wide", the same with several channels;
    "wrong_group", the same for a square whose sensors 3 and 4 are mistaken for each other.
    """

    architecture: str
    depth: int
    width: int
    activation: str

    @property
    def equivariant(self) -> bool:
        """Whether the layers are the equivariant ones."""
        return self.architecture != "standard"

    @property
    def mistaken(self) -> bool:
        """Whether the network's symmetry is the wrong one."""
        return self.architecture == "wrong_group"

    @property
    def weight_shapes(self) -> Sequence[tuple[int, ...]]:
        """Shapes of the weights, in the order of `keras.Model.get_weights`."""
        if self.equivariant:
            channels = [1, *[self.width // FLOWS] * self.depth]
            return [*((*pair, 3) for pair in pairwise(channels)), (channels[-1],)]
        sizes = [FLOWS, *[self.width] * self.depth, COORDINATES]
        return [shape for layer in pairwise(sizes) for shape in (layer, layer[1:])]

    @property
    def parameters(self) -> int:
        """Number of trainable scalars: 3 L + 1 for the equivariant network of depth L, width 4."""
        return sum(int(np.prod(shape)) for shape in self.weight_shapes)


def build(shape: Shape, dtype: str = "float32", name: str | None = None) -> keras.Model:
    """A Keras model of this shape: flows (n, 4) -> positions (n, 2).

    Functional over registered layers: a subclassed `keras.Model` saves to .h5 but cannot be loaded.
    """
    x = h = keras.Input((FLOWS,), dtype=dtype)
    if shape.mistaken:
        h = MistakeSensors(dtype=dtype)(h)
    for _ in range(shape.depth):
        if shape.equivariant:
            h = EquivariantHidden(shape.activation, shape.width // FLOWS, dtype=dtype)(h)
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
    if shape.mistaken:
        h = ops.matmul(h, ops.cast(MISTAKEN_SENSORS, h.dtype))
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
    this standard deviation, over the root of the number of channels that a layer reads.
    """
    if shape.equivariant:
        fan_in = [np.full(np.prod(weight), weight[0]) for weight in shape.weight_shapes]
        return rng.normal(0.0, stddev, shape.parameters) / np.sqrt(np.concatenate(fan_in))
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


def orbit_average(model: keras.Model) -> keras.Model:
    """The model averaged over all eight symmetries, moved back: equivariant whatever it is.

    Flows (n, 4) -> positions (n, 2): the mean over symmetries g of g^-1 model(g x).
    """
    x = keras.Input((FLOWS,), dtype=model.input.dtype)
    copies = Orbit(dtype=model.input.dtype)(x)
    return keras.Model(x, OrbitMean(dtype=model.input.dtype)(model(copies)), name=model.name)


def save(model: keras.Model, path: Path) -> None:
    """Write the model as .h5, under a temporary name first: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        model.save(temporary)
        temporary.replace(path)
