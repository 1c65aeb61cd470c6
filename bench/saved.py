"""A saved network (.h5) as a function of flows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from bench.answers import Network
from study.errors import StudyError
from study.quiet import quiet_tensorflow

EXPECTED = ((None, 4), (None, 2))  # shapes of input and output


def check(path: Path) -> None:
    """Raise StudyError where the file is no .h5 at all: that is known without TensorFlow."""
    if not path.is_file():
        raise StudyError(
            f"{path}: expected a saved network, found no such file; name one of the winners' .h5 "
            "files, which `make study` writes"
        )
    if not h5py.is_hdf5(path):
        raise StudyError(
            f"{path}: expected a saved network in an .h5 file, found another kind of file; name "
            "one of the winners' files, which `make study` writes"
        )


def load(path: Path) -> Network:
    """The network as a compiled function: flows (n, 4) -> positions (n, 2), for any n."""
    with quiet_tensorflow():
        keras, tensorflow = _libraries()
    try:
        model = keras.models.load_model(path, compile=False)
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise StudyError(
            f"{path}: expected a network saved by this version of the study, found one that does "
            f"not load ({_first_line(error)}); train it again"
        ) from None
    shapes = (getattr(model, "input_shape", None), getattr(model, "output_shape", None))
    if shapes != EXPECTED:
        raise StudyError(
            f"{path}: expected a network from 4 flows to 2 coordinates, found shapes "
            f"{shapes[0]} and {shapes[1]}; name one of the winners' .h5 files"
        )
    signature = [tensorflow.TensorSpec((None, 4), "float32")]
    compiled = tensorflow.function(lambda x: model(x, training=False), input_signature=signature)

    def network(X: np.ndarray) -> np.ndarray:
        return compiled(tensorflow.constant(X, "float32")).numpy().astype(np.float64)

    return network


def _libraries() -> tuple[Any, Any]:
    """Keras and TensorFlow."""
    import keras
    import tensorflow

    import study.networks  # noqa: F401 - registers the layers

    return keras, tensorflow


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
