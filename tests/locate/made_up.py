"""Saved networks without Keras: files in its form, with the notes that this project adds."""

from collections.abc import Callable, Sequence
from pathlib import Path

import h5py
import numpy as np

from study.architectures import Shape
from study.bag import SQUARE
from study.calibration import Calibration
from study.conformal import calibrator
from study.saved import notes
from study.simulate import simulate

SHAPE = Shape("equivariant", 1, 4, "elu")
WEIGHTS = (1.0, 0.0, 0.0, -1.5)  # flows pass the hidden layer; then a linear network


def linear(X: np.ndarray) -> np.ndarray:
    """What the network of SHAPE and WEIGHTS answers."""
    return 1.5 * X @ SQUARE.ports


def calibration(source: str = "test", rows: int = 2000) -> Calibration:
    """The calibration of that network on simulated rows."""
    samples = simulate(rows, np.random.default_rng(8))
    return calibrator(samples, source, "c0ffee" * 10 + "beef")(linear)


def save(
    path: Path,
    calibrated: Calibration | None,
    shape: Shape = SHAPE,
    weights: Sequence[float] | np.ndarray = WEIGHTS,
    *,
    averaged: bool = False,
    change: Callable[[h5py.File], None] = lambda file: None,
) -> Path:
    """A network's file; change: what is done to it before it is closed."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
        file.attrs.update(notes(shape, averaged, np.asarray(weights), calibrated))
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = ["only"]
        layer = group.create_group("only")
        layer.attrs["weight_names"] = ["theta"]
        layer["theta"] = np.asarray(weights, np.float32)
        change(file)
    return path


def write(path: Path, flows: np.ndarray, header: str = ",".join(SQUARE.sensors)) -> Path:
    """A file of flows."""
    rows = "".join(",".join(map(repr, row)) + "\n" for row in flows.tolist())
    path.write_text(f"{header}\n{rows}", encoding="utf-8")
    return path
