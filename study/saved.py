"""Saved networks (.h5) without Keras: the notes that a file carries, and the weights in it.

A note says which architecture of the registry the file holds; another is its calibration. Keras
leaves both alone. Nothing in a file is trusted: sizes are checked before anything is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from study.architectures import ARCHITECTURES, Shape
from study.calibration import Calibration
from study.errors import StudyError, shown
from study.inspection import configuration

ARCHITECTURE, CALIBRATION = "leak_architecture", "leak_calibration"  # the notes
LARGEST = 64  # hidden layers, and units of each; a larger network is left to Keras
ACTIVATIONS = ("elu", "tanh")
Weights = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Saved:
    """A network of the registry."""

    shape: Shape
    averaged: bool  # over the symmetries
    weights: NDArray[np.float32]  # (parameters,)


def notes(
    shape: Shape, averaged: bool, weights: Weights, calibration: Calibration | None
) -> dict[str, str]:
    """What a file tells of its network with these weights (parameters,), by the notes' names."""
    described = {**asdict(shape), "averaged": averaged, "weights": _digest(weights)}
    told = {ARCHITECTURE: json.dumps(described)}
    return {**told, CALIBRATION: calibration.text()} if calibration else told


def read(path: Path) -> tuple[Saved | None, Calibration | None]:
    """The network of a file, None where only Keras can tell, and its calibration, if it has one.

    Raises StudyError where the file is none of a network.
    """
    configuration(path)
    try:
        with h5py.File(path) as file:
            saved, text = _network(file), file.attrs.get(CALIBRATION)
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise StudyError(
            f"{path}: expected the weights of the network that it says it holds, found none "
            f"({shown(str(error))}); save it again with `make study`"
        ) from None
    return saved, None if text is None else Calibration.of(text, str(path))


def _network(file: Any) -> Saved | None:
    """The network that a file says it holds; None where it doesn't say, or says what can't be."""
    told = json.loads(file.attrs.get(ARCHITECTURE, "{}"))
    known = told.get("architecture") in ARCHITECTURES and told.get("activation") in ACTIVATIONS
    sizes = [told.get(name) for name in ("depth", "width")]
    if not (known and all(type(size) is int and 1 <= size <= LARGEST for size in sizes)):
        return None
    averaged, digest = told.pop("averaged"), told.pop("weights")
    shape = Shape(**told)
    if ARCHITECTURES[shape.architecture].ties is None:
        return None
    arrays = list(_arrays(file["model_weights"]))
    floats = all(array.dtype == np.float32 for array in arrays)
    if not floats or sum(array.size for array in arrays) != shape.parameters:
        raise ValueError("other weights than the architecture has")
    weights = np.concatenate([array[()].ravel() for array in arrays])
    if _digest(weights) != digest:
        raise ValueError("other weights than were saved")
    return Saved(shape, bool(averaged), weights)


def _digest(weights: Weights) -> str:
    """What tells weights from others, so that a damaged file is no network."""
    return hashlib.sha256(np.asarray(weights, "<f4").tobytes()).hexdigest()[:16]


def _arrays(group: Any) -> Iterator[Any]:
    """The weights of all layers, in Keras' order, before they are read."""
    for layer in group.attrs["layer_names"]:
        inner = group[layer]
        yield from (inner[name] for name in inner.attrs["weight_names"])
