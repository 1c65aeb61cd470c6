"""A made-up study for the report: rows of realistic size, the same on every machine."""

from typing import Any

import numpy as np
import pandas as pd

from bench.store import Results
from report.tables import MODELS, Model

# Mean squared error of a cell: floor + slope / m, of the size that simulated data give.
ERRORS = {
    ("standard", False): (0.0046, 0.45),
    ("standard", True): (0.0045, 0.07),
    ("equivariant", False): (0.0044, 0.02),
    ("equivariant", True): (0.0044, 0.02),
}


def make_study(**changes: Any) -> dict[str, Any]:
    """The settings of a made-up study: 12 draws of two sizes, with a test set."""
    study = {
        "preset": "made-up",
        "m": [100, 1000],
        "draws": 12,
        "starts": 2,
        "draw_starts": 1,
        "trials": 3,
        "trial_starts": 2,
        "oracle": "bayesian",
        "steps": 2000,
        "patience": 1000,
        "data": "simulated",
        "data_checksum": "0f" * 32,
        "pool": 10000,
        "train_files": [100, 1000, 10000],
        "validation_rows": 1000,
        "test_rows": 10000,
        "space": [
            {"name": "depth", "standard": "1 to 3", "equivariant": "1 to 8"},
            {"name": "activation", "standard": "elu, relu, tanh", "equivariant": "elu, tanh"},
        ],
        "provenance": {"commit": "0123abc", "python": "3.12.1", "date": "2026-01-02"},
        "seconds": {"training": 75.2, "compilation": 31.0, "io": 1.3, "total": 120.0},
    } | changes
    cells = 4 * len(study["m"])
    per_cell = {
        "trial": study["trials"] * study["trial_starts"],
        "run": study["starts"] + study["draws"] * study["draw_starts"],
    }
    return study | {"planned": {role: cells * count for role, count in per_cell.items()}}


def make_runs(study: dict[str, Any], rng: np.random.Generator) -> pd.DataFrame:
    """Every planned row, none failed; the best start of draw 0 is the winner.

    A draw moves the errors of all cells alike, a start adds a little of its own.
    """
    rows = []
    for m in study["m"]:
        shifts = 0.05 * rng.standard_normal(1 + study["draws"])
        for model in MODELS:
            drawn = [
                _row(study, model, m, draw, start, shift + 0.03 * rng.standard_normal())
                for draw, shift in enumerate(shifts)
                for start in range(study["draw_starts" if draw else "starts"])
            ]
            first = min(drawn[: study["starts"]], key=lambda row: row["validation_mse"])
            first["role"] = "winner"
            tried = [
                _row(study, model, m, 0, start, 0.5 * abs(rng.standard_normal()))
                | {"role": "trial", "trial": trial}
                for trial in range(study["trials"])
                for start in range(study["trial_starts"])
            ]
            rows += tried + drawn
    return pd.DataFrame(rows).assign(run=lambda table: range(1, len(table) + 1))


def _row(
    study: dict[str, Any], model: Model, m: int, draw: int, start: int, shift: float
) -> dict[str, Any]:
    """One finished run; shift moves the log of its errors."""
    floor, slope = ERRORS[model]
    mse = (floor + slope / m) * np.exp(shift)
    equivariant = model.architecture == "equivariant"
    scores = {
        "mse": mse,
        "mae": 0.62 * np.sqrt(mse),
        "distance_mm": 860 * np.sqrt(mse),
        "p95_mm": 2050 * np.sqrt(mse),
    }
    return {
        "role": "draw",
        **model._asdict(),
        "m": m,
        "draw": draw,
        "start": start,
        "trial": np.nan,
        "depth": 3,
        "width": 4 if equivariant else 16,
        "activation": "elu",
        "optimizer": "nadam",
        "learning_rate": 0.0031,
        "batch_size": 32,
        "loss": "huber",
        "epochs": 500,
        "best_epoch": 412,
        **{f"validation_{name}": value for name, value in scores.items()},
        **{
            f"test_{name}": 1.03 * value if study["test_rows"] else np.nan
            for name, value in scores.items()
        },
        "orbit_mse": mse if equivariant else 0.5 * mse + 0.0022,
        "parameters": 10 if equivariant else 386,
        "equivariance_error": 2.4e-7 if equivariant else 0.31 * np.exp(shift),
        "equivariance_error_rms": 6.1e-8 if equivariant else 0.11 * np.exp(shift),
        "output_spread": 0.52,
        "steps": 2000,
        "seconds": 0.05,
        "status": "ok",
        "reason": "",
        "seed": 7,
    }


def make_diagonals(study: dict[str, Any]) -> pd.DataFrame:
    """The winners' predictions: on the diagonals, or beside them for a standard network."""
    share = np.linspace(0, 0.5, 11)
    along = np.tanh(6 * (share - 0.25))
    parts = []
    for m in study["m"]:
        for model in MODELS:
            bend = 0 if model.architecture == "equivariant" else 0.1 * (1 - along**2)
            for name, slope in (("x1 + x3 = 0.5", -1), ("x2 + x4 = 0.5", 1)):
                place = {"share": share, "y1": along + bend, "y2": slope * along + bend}
                parts.append(pd.DataFrame(model._asdict() | {"m": m, "diagonal": name} | place))
    return pd.concat(parts, ignore_index=True)


def make_results(**changes: Any) -> Results:
    """A study's results, as the store reads them; keywords change the study's settings."""
    study = make_study(**changes)
    return Results(make_runs(study, np.random.default_rng(1)), make_diagonals(study), study)


def change(results: Results, rows: pd.Series, **values: Any) -> Results:
    """The same results with other values in the chosen rows."""
    runs = results.runs.copy()
    runs.loc[rows, list(values)] = list(values.values())
    return Results(runs, results.diagonals, results.study)


def diverge(results: Results, rows: pd.Series) -> Results:
    """The same results, where the chosen rows diverged and so have no scores."""
    runs = results.runs.copy()
    scores = [name for name in runs if name.startswith(("validation_", "test_", "orbit_"))]
    runs.loc[rows, scores] = np.nan
    runs.loc[rows, ["status", "reason"]] = "diverged", "the loss was never a finite number"
    return Results(runs, results.diagonals, results.study)


def without(results: Results, rows: pd.Series) -> Results:
    """The same results, before the chosen rows were run."""
    return Results(results.runs[~rows], results.diagonals, results.study)


def of(results: Results, model: Model, m: int) -> pd.Series:
    """Which rows are runs (not trials) of the model at m."""
    runs = results.runs
    return (
        (runs["architecture"] == model.architecture)
        & (runs["augmented"] == model.augmented)
        & (runs["m"] == m)
        & (runs["role"] != "trial")
    )
