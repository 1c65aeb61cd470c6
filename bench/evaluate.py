"""A network -> its scores: errors in units and millimetres, and what it makes of the symmetries."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study import lanes
from study.architectures import Shape
from study.data import Data, Samples
from study.old_symmetry import SYMMETRIES, act_on_flows, act_on_positions

MM_PER_UNIT = 750.0  # half the side of the 1500 mm bag
FIELDS = 8  # a side of the chessboard that shows where a network errs
DEAD_SPREAD = 0.05  # a network whose outputs stand closer together than this says nothing

Floats = NDArray[np.floating]

DIAGONALS = {
    "x1 + x3 = 0.5": lambda share: np.stack(
        [share, np.full_like(share, 0.25), 0.5 - share, np.full_like(share, 0.25)], axis=-1
    ),
    "x2 + x4 = 0.5": lambda share: np.stack(
        [np.full_like(share, 0.25), share, np.full_like(share, 0.25), 0.5 - share], axis=-1
    ),
}


def errors(predicted: Floats, Y: Floats) -> dict[str, float]:
    """Errors of positions (n, 2): MSE and MAE over samples and coordinates, distances in mm."""
    off = predicted - Y
    distance = MM_PER_UNIT * np.hypot(off[:, 0], off[:, 1])
    return {
        "mse": float(np.mean(off**2)),
        "mae": float(np.mean(np.abs(off))),
        "distance_mm": float(np.mean(distance)),
        "p95_mm": float(np.quantile(distance, 0.95)),
    }


def symmetry_scores(predicted: Floats, Y: Floats) -> dict[str, float]:
    """What predictions (8, n, 2) on all moved copies, in the order of SYMMETRIES, tell; Y (n, 2).

    The equivariance error is |f(gx) - g f(x)| over all symmetries and rows: the largest, and the
    root of the mean square.
    """
    moved = np.stack([act_on_positions(symmetry, predicted[0]) for symmetry in SYMMETRIES])
    off = np.linalg.norm(predicted - moved, axis=-1)  # (8, n)
    return {
        "orbit_mse": orbit_mse(predicted, Y),
        "equivariance_error": float(off.max()),
        "equivariance_error_rms": float(np.sqrt(np.mean(off**2))),
        "output_spread": float(predicted[0].std(axis=0).min()),
    }


def orbit_mse(predicted: Floats, Y: Floats) -> float:
    """MSE of the mean of g^-1 f(gx), from predictions (8, n, 2) on all moved copies; Y (n, 2).

    It is the same network, averaged over the eight symmetries and so made equivariant.
    """
    pairs = zip(SYMMETRIES, predicted, strict=True)
    # A symmetry's matrix is orthogonal: a row times it is the inverse acting on a column.
    back = np.stack([copy @ np.array(symmetry.matrix, copy.dtype) for symmetry, copy in pairs])
    return errors(back.mean(axis=0), Y)["mse"]


def predict(shape: Shape, flat: Floats, X: Floats) -> Floats:
    """Positions (k, n, 2) that k networks with weights (k, parameters) give to flows (n, 4)."""
    return lanes.predict(shape.ties, shape.activation, flat, X)


class Extent(IntEnum):
    """How far a network is scored; each holds the ones before."""

    VALIDATION = 0  # and its moved copies
    TEST = 1
    TEST_ORBIT = 2  # the test set's moved copies too


def scores(shape: Shape, flat: Floats, data: Data, extent: Extent) -> list[dict[str, Any]]:
    """The scores of k networks with weights (k, parameters), a row's columns each."""

    def orbits(samples: Samples) -> Floats:
        """Predictions (k, 8, n, 2) on all moved copies of n samples."""
        copies = [act_on_flows(symmetry, samples.X) for symmetry in SYMMETRIES]
        predicted = predict(shape, flat, np.concatenate(copies))
        return predicted.reshape(len(flat), len(SYMMETRIES), -1, 2)

    found = [
        {
            **_named("validation", orbit[0], data.validation),
            **symmetry_scores(orbit, data.validation.Y),
            "parameters": shape.parameters,
        }
        for orbit in orbits(data.validation)
    ]
    if data.test and extent == Extent.TEST:
        for row, predicted in zip(found, predict(shape, flat, data.test.X), strict=True):
            row |= _named("test", predicted, data.test)
    if data.test and extent == Extent.TEST_ORBIT:
        for row, orbit in zip(found, orbits(data.test), strict=True):
            row |= _named("test", orbit[0], data.test)
            row["test_orbit_mse"] = orbit_mse(orbit, data.test.Y)
    return found


def _named(role: str, predicted: Floats, samples: Samples) -> dict[str, float]:
    return {f"{role}_{name}": value for name, value in errors(predicted, samples.Y).items()}


def baseline_scores(predict: Callable[[Floats], Floats], data: Data) -> dict[str, float]:
    """The errors of something that is no network."""
    sets = {"validation": data.validation} | ({"test": data.test} if data.test else {})
    return {
        name: value
        for role, samples in sets.items()
        for name, value in _named(role, predict(samples.X), samples).items()
    }


def board(shape: Shape, flat: Floats, samples: Samples) -> list[dict[str, Any]]:
    """One network's MSE on each field of a chessboard over the square, from the lower left."""
    (predicted,) = predict(shape, flat[None], samples.X)
    squares = np.mean((predicted - samples.Y) ** 2, axis=1)
    fields = np.clip(np.floor((samples.Y + 1) / 2 * FIELDS), 0, FIELDS - 1).astype(int)
    found = []
    for column, row in np.ndindex(FIELDS, FIELDS):
        inside = squares[(fields == (column, row)).all(axis=1)]
        mse = float(inside.mean()) if len(inside) else None
        found.append({"column": column, "row": row, "n": len(inside), "mse": mse})
    return found


def diagonals(shape: Shape, flat: Floats) -> list[dict[str, Any]]:
    """One network's predictions on the two sets that an equivariant one maps to the diagonals."""
    share = np.linspace(0.0, 0.5, 51)
    return [
        {"diagonal": name, "share": float(s), "y1": float(y[0]), "y2": float(y[1])}
        for name, flows in DIAGONALS.items()
        for s, y in zip(share, predict(shape, flat[None], flows(share))[0], strict=True)
    ]
