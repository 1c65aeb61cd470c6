"""A network -> its scores: errors in units and millimetres, and what it makes of the symmetries."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from study import networks
from study.data import Data, Samples
from study.symmetry import SYMMETRIES, act_on_flows, act_on_positions

MM_PER_UNIT = 750.0  # half the side of the 1500 mm bag
AT_ONCE = 8
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
    root of the mean square. `orbit_mse` is the MSE of the mean of g^-1 f(gx): the same network,
    averaged over the eight symmetries and so made equivariant.
    """
    pairs = list(zip(SYMMETRIES, predicted, strict=True))
    moved = np.stack([act_on_positions(symmetry, predicted[0]) for symmetry, _ in pairs])
    off = np.linalg.norm(predicted - moved, axis=-1)  # (8, n)
    # A symmetry's matrix is orthogonal: a row times it is the inverse acting on a column.
    back = np.stack([copy @ np.array(symmetry.matrix, copy.dtype) for symmetry, copy in pairs])
    return {
        "orbit_mse": errors(back.mean(axis=0), Y)["mse"],
        "equivariance_error": float(off.max()),
        "equivariance_error_rms": float(np.sqrt(np.mean(off**2))),
        "output_spread": float(predicted[0].std(axis=0).min()),
    }


def predict(shape: networks.Shape, flat: Floats, X: Floats) -> Floats:
    """Positions (k, n, 2) that k networks with weights (k, parameters) give to flows (n, 4).

    A few networks at a time: what they would need at once can be gigabytes.
    """
    flows, weights = tf.constant(X, tf.float32), tf.constant(flat, tf.float32)
    parts = [weights[first : first + AT_ONCE] for first in range(0, len(flat), AT_ONCE)]
    predicted = [networks.forward(shape, networks.split(shape, part), flows) for part in parts]
    return np.concatenate([positions.numpy() for positions in predicted])


def scores(shape: networks.Shape, flat: Floats, data: Data) -> list[dict[str, Any]]:
    """The scores of k networks with weights (k, parameters), a row's columns each."""
    copies = np.concatenate([act_on_flows(symmetry, data.validation.X) for symmetry in SYMMETRIES])
    predicted = predict(shape, flat, copies).reshape(len(flat), len(SYMMETRIES), -1, 2)
    tested = predict(shape, flat, data.test.X) if data.test else [None] * len(flat)
    return [
        {
            **_named("validation", orbit[0], data.validation),
            **(_named("test", test, data.test) if data.test else {}),
            **symmetry_scores(orbit, data.validation.Y),
            "parameters": shape.parameters,
        }
        for orbit, test in zip(predicted, tested, strict=True)
    ]


def _named(role: str, predicted: Floats, samples: Samples) -> dict[str, float]:
    return {f"{role}_{name}": value for name, value in errors(predicted, samples.Y).items()}


def diagonals(shape: networks.Shape, flat: Floats) -> list[dict[str, Any]]:
    """One network's predictions on the two sets that an equivariant one maps to the diagonals."""
    share = np.linspace(0.0, 0.5, 51)
    return [
        {"diagonal": name, "share": float(s), "y1": float(y[0]), "y2": float(y[1])}
        for name, flows in DIAGONALS.items()
        for s, y in zip(share, predict(shape, flat[None], flows(share))[0], strict=True)
    ]
