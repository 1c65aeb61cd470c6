"""The networks of the study: standard, equivariant and its variations, and their .h5 files.

Here a reader meets W and W_L as Keras layers, which save and load the .h5 files. `study.lanes`
trains the same networks from their ties, and a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import ops
from keras.src.legacy.saving.legacy_h5_format import save_model_to_hdf5  # into an open file

from study.architectures import (
    COORDINATES,
    FLOWS,
    HIDDEN_BASIS,
    MISTAKEN_SENSORS,
    OUTPUT_BASIS,
    Shape,
    architecture,
)
from study.bag import SQUARE
from study.errors import StudyError, shown
from study.files import write_whole
from study.inspection import inspect
from study.space import EQUIVARIANT_STDDEV


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
    blocks = d[..., None, None] * ops.cast(OUTPUT_BASIS[0].T, d.dtype)
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
        copies = np.concatenate([np.eye(FLOWS)[:, p] for p in SQUARE.group.permutations], axis=1)
        return ops.reshape(ops.matmul(x, ops.cast(copies, x.dtype)), (-1, FLOWS))


@keras.saving.register_keras_serializable("study")
class OrbitMean(keras.layers.Layer):
    """Positions of moved copies (8 n, 2) -> the mean of all, moved back (n, 2)."""

    def call(self, y: Any) -> Any:
        # A symmetry's matrix is orthogonal: a row times it is the inverse acting on a column.
        back = np.concatenate(list(SQUARE.group.matrices)) / SQUARE.group.order
        return ops.matmul(ops.reshape(y, (-1, len(back))), ops.cast(back, y.dtype))


@keras.saving.register_keras_serializable("study")
class Tied(keras.layers.Layer):
    """x -> activation(W x + b) with a W and b made of tied parameters: any architecture's layer.

    entry, parameter, coefficient and bias are those of `study.ties.Ties` for this layer alone; the
    weights are one vector, `theta`.
    """

    def __init__(
        self,
        units: int,
        entry: list[int],
        parameter: list[int],
        coefficient: list[float],
        bias: list[int],
        activation: str = "linear",
        **options: Any,
    ):
        super().__init__(**options)
        self.units, self.activation = units, activation
        self.entry, self.parameter, self.coefficient, self.bias = (
            entry,
            parameter,
            coefficient,
            bias,
        )

    def build(self, input_shape: Any) -> None:
        count = 1 + max(*self.parameter, *self.bias)
        if count > len(self.parameter) + len(self.bias):
            raise ValueError(f"{count} parameters, of which some are in no entry")
        I = input_shape[-1]
        spread = np.zeros((I * self.units, count))  # from parameters to entries
        np.add.at(spread, (self.entry, self.parameter), self.coefficient)
        self.matrix = spread.reshape(self.units, I, count).swapaxes(0, 1).reshape(-1, count)
        self.offset = np.eye(count)[self.bias] * (np.array(self.bias) >= 0)[:, None]
        self.theta = self.add_weight(shape=(count,), initializer="zeros", name="theta")

    def call(self, x: Any) -> Any:
        W, b = (
            ops.matmul(ops.cast(array, x.dtype), ops.expand_dims(self.theta, 1))
            for array in (self.matrix, self.offset)
        )
        moved = ops.matmul(x, ops.reshape(W, (-1, self.units))) + ops.reshape(b, (-1,))
        return keras.activations.get(self.activation)(moved)

    def get_config(self) -> dict[str, Any]:
        names = ("units", "entry", "parameter", "coefficient", "bias", "activation")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


Layers = list[keras.layers.Layer]


def standard(shape: Shape, dtype: str) -> Layers:
    """Dense layers as Keras has them."""
    hidden: Layers = [
        keras.layers.Dense(shape.width, shape.activation, dtype=dtype) for _ in range(shape.depth)
    ]
    return [*hidden, keras.layers.Dense(COORDINATES, dtype=dtype)]


def equivariant(shape: Shape, dtype: str) -> Layers:
    """Layers of W, then W_L."""
    channels = shape.width // FLOWS
    hidden: Layers = [
        EquivariantHidden(shape.activation, channels, dtype=dtype) for _ in range(shape.depth)
    ]
    return [*hidden, EquivariantOutput(dtype=dtype)]


def mistaken(shape: Shape, dtype: str) -> Layers:
    """The same behind two sensors that are mistaken for each other."""
    return [MistakeSensors(dtype=dtype), *equivariant(shape, dtype)]


def tied(shape: Shape, dtype: str) -> Layers:
    """Layers of whatever ties the architecture has."""
    ties, layers, entries, unit = shape.ties, [], 0, 0
    first = 0  # parameter of the layer
    for number, (I, J) in enumerate(pairwise(ties.sizes)):
        mine = (ties.entry >= entries) & (ties.entry < entries + I * J)
        bias = ties.bias[unit : unit + J]
        layers.append(
            Tied(
                J,
                (ties.entry[mine] - entries).tolist(),
                (ties.parameter[mine] - first).tolist(),
                ties.coefficient[mine].tolist(),
                np.where(bias < 0, -1, bias - first).tolist(),
                shape.activation if number < shape.depth else "linear",
                dtype=dtype,
            )
        )
        entries, unit = entries + I * J, unit + J
        first = 1 + int(max(ties.parameter[mine].max(), bias.max()))
    return layers


def build(shape: Shape, dtype: str = "float32", name: str | None = None) -> keras.Model:
    """A Keras model of this shape: flows (n, 4) -> positions (n, 2).

    Functional over registered layers: a subclassed `keras.Model` saves to .h5 but cannot be loaded.
    """
    module, function = architecture(shape.architecture).keras.split(":")
    layers = getattr(import_module(module), function)(shape, dtype)
    x = y = keras.Input((FLOWS,), dtype=dtype)
    for layer in layers:
        y = layer(y)
    return keras.Model(x, y, name=name or shape.architecture)


def with_weights(
    shape: Shape, flat: np.ndarray, dtype: str = "float32", name: str | None = None
) -> keras.Model:
    """A Keras model of this shape with these flat weights (parameters,)."""
    model = build(shape, dtype, name)
    model.set_weights(split(flat, model.get_weights()))
    return model


def split(flat: np.ndarray, like: Sequence[np.ndarray]) -> list[np.ndarray]:
    """A flat vector as arrays of the shapes of others."""
    ends = np.cumsum([array.size for array in like])
    parts = np.split(np.asarray(flat, like[0].dtype), ends[:-1])
    return [part.reshape(array.shape) for part, array in zip(parts, like, strict=True)]


def orbit_average(model: keras.Model) -> keras.Model:
    """The model averaged over all eight symmetries, moved back: equivariant whatever it is.

    Flows (n, 4) -> positions (n, 2): the mean over symmetries g of g^-1 model(g x).
    """
    x = keras.Input((FLOWS,), dtype=model.input.dtype)
    copies = Orbit(dtype=model.input.dtype)(x)
    return keras.Model(x, OrbitMean(dtype=model.input.dtype)(model(copies)), name=model.name)


def save(model: keras.Model, path: Path, notes: Mapping[str, str] | None = None) -> None:
    """Write the model as .h5, with notes that Keras leaves alone; whole or not at all.

    It is put together in memory: on a full disk, HDF5 would end the process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path.name, "w", driver="core", backing_store=False) as file:
        save_model_to_hdf5(model, file)
        file.attrs.update(notes or {})
        file.flush()
        write_whole(path, file.id.get_file_image())


def load(path: Path) -> keras.Model:
    """The network in an .h5 file: flows (n, 4) -> positions (n, 2).

    Raises StudyError where there is none, where it may not be loaded, and where it is another's.
    """
    inspect(path, lambda name: keras.saving.get_registered_object(name) is not None)
    try:
        model = keras.models.load_model(path, compile=False)
        shapes = model.input_shape, model.compute_output_shape(model.input_shape)
    except Exception as error:  # noqa: BLE001 - Keras raises whatever its layers do
        told = next(iter(str(error).split("\n")), "") or type(error).__name__
        raise StudyError(
            f"{path}: expected a network saved by this version of the study, found one that does "
            f"not load ({shown(told)}); train it again"
        ) from None
    if shapes != ((None, FLOWS), (None, COORDINATES)):
        raise StudyError(
            f"{path}: expected a network from {FLOWS} flows to {COORDINATES} coordinates, found "
            f"shapes {shown(shapes[0])} and {shown(shapes[1])}; name one of the winners' .h5 files"
        )
    return model
