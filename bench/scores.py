"""Scores of trained networks: errors in units and millimetres, and what symmetry they keep."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.bag import SQUARE
from study.data import Samples
from study.symmetry import Group

DEAD_SPREAD = 0.05  # a network whose outputs stand closer together than this says nothing

Floats = NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a training came to: the fields of a record that only it can tell."""

    status: str = "sound"
    reason: str = ""
    best_step: int = 0
    last_step: int = 0
    parameters: int | None = None
    train_mse: float | None = None
    validation_mse: float | None = None
    validation_mae: float | None = None
    validation_distance_mm: float | None = None
    validation_p95_mm: float | None = None
    test_mse: float | None = None
    test_mae: float | None = None
    test_distance_mm: float | None = None
    test_p95_mm: float | None = None
    orbit_mse: float | None = None
    equivariance_error: float | None = None
    output_spread: float | None = None
    weights: bytes | None = None
    curve: bytes | None = None


@dataclass(frozen=True)
class Errors:
    """Errors of positions: MSE and MAE over samples and coordinates, distances in mm."""

    mse: float
    mae: float
    distance_mm: float
    p95_mm: float

    def of(self, rows: str) -> dict[str, Any]:
        """As a record names those of its "validation" or "test" rows."""
        return {f"{rows}_{name}": value for name, value in asdict(self).items()}


def errors(predicted: Floats, Y: Floats) -> Errors:
    """The errors of predicted positions (n, 2)."""
    off = predicted - Y
    # No hypot: its last bit depends on the machine.
    distance = SQUARE.mm * np.sqrt(off[:, 0] ** 2 + off[:, 1] ** 2)
    return Errors(
        mse=float(np.mean(off**2)),
        mae=float(np.mean(np.abs(off))),
        distance_mm=float(np.mean(distance)),
        p95_mm=float(np.quantile(distance, 0.95)),
    )


def spread(predicted: Floats) -> float:
    """Standard deviation of positions (n, 2), of the coordinate that has the smaller one."""
    return float(predicted.std(axis=0).min())


def moved(samples: Samples, group: Group) -> Floats:
    """The flows (G n, N) of samples moved by each symmetry in turn, the identity first."""
    return np.concatenate([samples.X[:, permutation] for permutation in group.permutations])


def equivariance_error(predicted: Floats, group: Group) -> float:
    """The largest |f(g x) - g f(x)| over symmetries and rows; predicted (G n, 2) for `moved`."""
    copies = predicted.reshape(group.order, -1, 2)
    expected = np.einsum("gij,nj->gni", group.matrices, copies[0])
    return float(np.linalg.norm(copies - expected, axis=-1).max())


def orbit_mse(predicted: Floats, Y: Floats, group: Group) -> float:
    """MSE of the mean of g^-1 f(g x), from predictions (G n, 2) for `moved`; Y (n, 2)."""
    copies = predicted.reshape(group.order, -1, 2)
    return errors(np.einsum("gij,gni->nj", group.matrices, copies) / len(copies), Y).mse
