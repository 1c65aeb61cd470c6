"""A made-up study for the report: rows of realistic size, the same on every machine."""

from typing import Any

import numpy as np
import pandas as pd

from bench.store import Results
from report import speed, trainings
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
        "workers": 1,
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


def make_sweep(**changes: Any) -> Results:
    """A finished sweep's results, as the store reads them; keywords change its settings.

    Errors fall with depth and learning rate, and rise from repeat to repeat by a tenth.
    """
    grid = (
        "draws",
        "starts",
        "draw_starts",
        "trials",
        "trial_starts",
        "oracle",
        "steps",
        "patience",
    )
    sweep = {
        "name": "made-up",
        "sizes": [64],
        "learning_rates": [0.001, 0.01],
        "depths": [1, 2],
        "standard_widths": [4, 16],
        "repeats": 3,
        "batch_size": 32,
        "epochs": 1000,
        "patience": 100,
        "equivariant_stddev": 0.2,
    }
    sweep |= {name: changes.pop(name) for name in sweep.keys() & changes.keys()}
    study = {key: value for key, value in make_study().items() if key not in {*grid, "space"}}
    study |= {"m": sweep["sizes"], "sweep": sweep, "train_files": [64, 10000]} | changes
    rows = [
        _training(model, m, depth, rate, repeat, tested=bool(study["test_rows"]))
        for m in sweep["sizes"]
        for model in trainings.models(study)
        for depth in sweep["depths"]
        for rate in sweep["learning_rates"]
        for repeat in range(sweep["repeats"])
    ]
    runs = pd.DataFrame(rows).assign(run=lambda table: range(1, len(table) + 1))
    study["planned"] = {"sweep": len(runs)}
    return Results(runs, make_diagonals(study).iloc[:0], study)


def _training(
    model: trainings.Model, m: int, depth: int, rate: float, repeat: int, *, tested: bool
) -> dict[str, Any]:
    """One finished training of a sweep."""
    floor, slope = ERRORS[model.architecture, model.augmented]
    mse = (floor + slope / m) * (1 + 0.1 * repeat) * (1 + 0.0001 / rate) * (1 + 0.2 / depth)
    return {
        "role": "sweep",
        **model._asdict(),
        "m": m,
        "draw": 0,
        "start": repeat,
        "depth": depth,
        "learning_rate": rate,
        "train_mse": 0.8 * mse,
        "validation_mse": mse,
        "test_mse": 1.03 * mse if tested else np.nan,
        "test_augmented_mse": 1.04 * mse if tested else np.nan,
        "parameters": 3 * depth + 1 if model.architecture == "equivariant" else 20 * depth,
        "status": "ok",
        "reason": "",
    }


def make_timings() -> pd.DataFrame:
    """What `python -m bench speed` measured: times as round numbers."""
    rows = [
        ("standard", 2, 16, "elu", 100, 1, 160.0, 1.5, 200.0, 50.0, 2.0, 800.0, 73.4),
        ("standard", 2, 16, "elu", 100, 30, 160.0, 1.5, 80.0, 20.0, 3.0, 2000.0, 897.2),
        ("standard", 2, 16, "elu", 1000, 1, 240.0, 1.5, 800.0, 25.0, 2.0, 300.0, 86.3),
        ("standard", 2, 16, "elu", 1000, 30, 240.0, 1.5, 600.0, 18.8, 3.0, 400.0, 345.0),
        ("equivariant", 8, 4, "elu", 100, 1, 300.0, 3.0, 300.0, 75.0, 4.0, 1000.0, 70.5),
        ("equivariant", 8, 4, "elu", 100, 30, 300.0, 3.0, 100.0, 25.0, 6.0, 3000.0, 1010.0),
    ]
    return pd.DataFrame(rows, columns=list(speed.COLUMNS))


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
    scores = [
        name for name in runs if name.endswith("_mse") or name.startswith(("validation_", "test_"))
    ]
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
