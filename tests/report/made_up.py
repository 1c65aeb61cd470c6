"""A made-up study for the report: rows of realistic size, the same on every machine."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from bench.store import Results
from report import models, speed, trainings
from report.models import (
    BASELINES,
    EQUIVARIANT_MATCHED,
    IDENTITY_CHECK,
    MODELS,
    STANDARD_MATCHED,
    WIDE,
    WRONG_GROUP,
    Model,
)

FLOOR = {
    "mse": 0.0041,
    "error": 0.00006,
    "set": "test",
    "how": "exact posterior mean of the simulation's own model",
}
# Mean squared error of a cell: floor + slope / m, of the size that simulated data give. As they
# are, the data mislead networks that can learn a sensor's offset, more so with more samples.
ERRORS = {
    ("standard", False): (0.0076, 0.45),
    ("standard", True): (0.0060, 0.07),
    ("equivariant", False): (0.0052, 0.02),
    ("equivariant", True): (0.0052, 0.02),
    ("wrong_group", False): (0.0150, 0.30),
    ("equivariant_wide", False): (0.0050, 0.03),
    ("zero", False): (0.3311, 0),
    ("least_squares", False): (0.0280, 0.01),
    ("linear_equivariant", False): (0.0260, 0),
    ("inverse_model", False): (0.0058, 0),
    ("gaussian_process", False): (0.0075, 0.20),
    ("gaussian_process", True): (0.0058, 0.05),
}
CORRECTED = {
    ("standard", False): (0.0042, 0.20),
    ("standard", True): (0.0042, 0.06),
    ("equivariant", False): (0.0042, 0.03),
    ("equivariant", True): (0.0042, 0.03),
    ("equivariant_wide", False): (0.0041, 0.04),
    ("inverse_model", False): (0.0042, 0),
    ("gaussian_process", False): (0.0041, 0.10),
    ("gaussian_process", True): (0.0041, 0.03),
}
SWEEP_ERRORS = {
    ("standard", False): (0.0046, 0.45),
    ("standard", True): (0.0045, 0.07),
    ("equivariant", False): (0.0044, 0.02),
    ("equivariant", True): (0.0044, 0.02),
}
PARAMETERS = {
    "standard": 386,
    "equivariant": 10,
    "wrong_group": 10,
    "equivariant_wide": 64,
    "zero": 0,
    "least_squares": 8,
    "linear_equivariant": 1,
    "inverse_model": 4,
}
CONTROLS = {
    "orbit_average": (),
    "wrong_group": (WRONG_GROUP,),
    "equivariant_wide": (WIDE,),
    "matched_epochs": (STANDARD_MATCHED, EQUIVARIANT_MATCHED),
    "identity_check": (IDENTITY_CHECK,),
    "baselines": BASELINES,
}


BASELINE_NAMES = {model.architecture for model in BASELINES}
GRID_ONLY = {  # what a sweep does not say of itself
    *(
        "draws",
        "starts",
        "draw_starts",
        "trials",
        "trial_starts",
        "trial_steps",
        "oracle",
        "steps",
        "patience",
    ),
    *(
        "corrections",
        "controls",
        "control_sizes",
        "control_draws",
        "cells",
        "faults",
        "noise_floor",
        "space",
    ),
}


def make_study(**changes: Any) -> dict[str, Any]:
    """The settings of a made-up study: 12 draws of two sizes, with a test set and all controls."""
    study = {
        "preset": "made-up",
        "m": [100, 1000],
        "corrections": ["none", "fitted"],
        "controls": list(CONTROLS),
        "control_sizes": changes.get("m", [100, 1000]),
        "control_draws": changes.get("draws", 12),
        "draws": 12,
        "starts": 2,
        "draw_starts": 1,
        "trials": 3,
        "trial_starts": 2,
        "trial_steps": 2000,
        "oracle": "hyperband",
        "steps": 2000,
        "patience": 1000,
        "data": "simulated",
        "data_checksum": "0f" * 32,
        "pool": 10000,
        "train_files": [100, 1000, 10000],
        "validation_rows": 1000,
        "test_rows": 10000,
        "noise_floor": FLOOR,
        "space": [
            {"name": "depth", "standard": "1 to 3", "equivariant": "1 to 8"},
            {"name": "activation", "standard": "elu, relu, tanh", "equivariant": "elu, tanh"},
        ],
        "provenance": {"commit": "0123abc", "python": "3.12.1", "date": "2026-01-02"},
        "seconds": {"training": 75.2, "startup": 31.0, "io": 1.3, "total": 120.0},
        "workers": 1,
    } | changes
    cells = make_cells(study)
    planned = {"trial": 0, "run": 0, "baseline": 0}
    for cell in cells:
        planned["trial"] += cell["trials"]
        planned["baseline" if cell["architecture"] in BASELINE_NAMES else "run"] += cell["runs"]
    faults = [make_fault(m) for m in study["m"]]
    return {"planned": planned, "cells": cells, "faults": faults} | study


def make_cells(study: dict[str, Any]) -> list[dict[str, Any]]:
    """Every planned cell: controls come after the grid's cells of the same m and correction."""
    beside = [model for name in study["controls"] for model in CONTROLS[name]]
    runs = study["starts"] + study["draws"] * study["draw_starts"]
    trials = study["trials"] * study["trial_starts"]
    found = []
    for m, correction in product(study["m"], study["corrections"]):
        for model in (*MODELS, *(beside if m in study["control_sizes"] else [])):
            tuned = model in (*MODELS, WIDE)
            found.append(
                {
                    **model._asdict(),
                    "m": m,
                    "corrected": correction == "fitted",
                    "trials": trials if tuned else 0,
                    "runs": 1 + study["draws"] if model.baseline else runs,
                }
            )
    return found


def make_fault(m: int) -> dict[str, Any]:
    """What is found in draw 0: sensor 4 reads 0.05 high; noise is 0.0095."""
    spread = {"low": -0.0156, "q1": -0.0064, "median": 0.0, "q3": 0.0064, "high": 0.0156}
    shifts = {"before": (-0.012, -0.011, -0.011, 0.034), "after": (0.0004, -0.0002, 0.0001, 0.0)}
    residuals = [
        {"sensor": sensor, "when": when, **{name: by + at for name, at in spread.items()}}
        for when, offsets in shifts.items()
        for sensor, by in enumerate(offsets, 1)
    ]
    known = {"sensor": 4, "offset": 0.05, "error": 0.02 / np.sqrt(m), "found": True, "p": 1e-9}
    return {"m": m, **known, "residuals": residuals}


def make_runs(study: dict[str, Any], rng: np.random.Generator) -> pd.DataFrame:
    """Every planned row, none failed; the best start of draw 0 is the winner.

    A draw moves the errors of all cells alike, a start adds a little of its own.
    """
    shifts = {m: 0.05 * rng.standard_normal(1 + study["draws"]) for m in study["m"]}
    rows = []
    for cell in study["cells"]:
        luck = rng.standard_normal(200)
        rows += _baseline(study, cell, shifts) if _is_baseline(cell) else []
        rows += [] if _is_baseline(cell) else _networks(study, cell, shifts, luck)
    return pd.DataFrame(rows).assign(run=lambda table: range(1, len(table) + 1))


def _is_baseline(cell: dict[str, Any]) -> bool:
    return cell["architecture"] in BASELINE_NAMES


def _baseline(
    study: dict[str, Any], cell: dict[str, Any], shifts: dict[int, Any]
) -> list[dict[str, Any]]:
    """A row for each draw."""
    no_network = ["depth", "width", "batch_size", "learning_rate", "best_step", "steps"]
    no_network += ["orbit_mse", "test_orbit_mse", "equivariance_error", "equivariance_error_rms"]
    blank = dict.fromkeys(no_network, np.nan) | dict.fromkeys(["activation", "loss", "optimizer"])
    return [
        _row(study, cell, draw, 0, shift) | blank | {"role": "baseline"}
        for draw, shift in enumerate(shifts[cell["m"]])
    ]


def _networks(
    study: dict[str, Any], cell: dict[str, Any], shifts: dict[int, Any], luck: Any
) -> list[dict[str, Any]]:
    """A cell's trials and runs."""
    own = iter(luck)
    drawn = [
        _row(study, cell, draw, start, shift + 0.03 * next(own))
        for draw, shift in enumerate(shifts[cell["m"]])
        for start in range(study["draw_starts" if draw else "starts"])
    ]
    first = min(drawn[: study["starts"]], key=lambda row: row["validation_mse"])
    first["role"] = "winner"
    numbers = range(cell["trials"] // study["trial_starts"])
    tried = [
        _row(study, cell, 0, start, 0.5 * abs(next(own)))
        | {"role": "trial", "trial": trial, "depth": 1 + trial}
        | {"parameters": round(PARAMETERS[cell["architecture"]] * 0.5 ** (2 - trial))}
        for trial in numbers
        for start in range(study["trial_starts"])
    ]
    return tried + drawn


def _row(
    study: dict[str, Any], cell: dict[str, Any], draw: int, start: int, shift: float
) -> dict[str, Any]:
    """One finished run; shift moves the log of its errors."""
    model, m = Model(cell["architecture"], cell["augmented"], cell["control"]), cell["m"]
    by_model = ERRORS | (CORRECTED if cell["corrected"] else {})
    floor, slope = by_model[model[:2]]
    mse = (floor + slope / m) * np.exp(shift)
    equivariant = model.architecture.startswith("equivariant")
    scores = {
        "mse": mse,
        "mae": 0.62 * np.sqrt(mse),
        "distance_mm": 860 * np.sqrt(mse),
        "p95_mm": 2050 * np.sqrt(mse),
    }
    tested = bool(study["test_rows"])
    orbit = mse if equivariant else 0.4 * mse + 0.6 * (0.0042 if cell["corrected"] else 0.0046)
    averaged = tested and model[:2] == ("standard", False)
    fault = (4, 0.05 + 0.1 * shift / np.sqrt(m), 0.02 / np.sqrt(m))
    return {
        "role": "draw",
        **{name: cell[name] for name in models.CELL},
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
        **dict(
            zip(
                ("fault_sensor", "fault_offset", "fault_error"),
                fault if cell["corrected"] else [np.nan] * 3,
                strict=True,
            )
        ),
        "best_step": 412,
        **{f"validation_{name}": value for name, value in scores.items()},
        **{f"test_{name}": 1.03 * value if tested else np.nan for name, value in scores.items()},
        "orbit_mse": orbit,
        "test_orbit_mse": 1.03 * orbit if averaged else np.nan,
        "parameters": PARAMETERS.get(model.architecture, np.nan),
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
    grid = make_study()
    study = {key: value for key, value in grid.items() if key not in GRID_ONLY}
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
    return Results(runs, make_diagonals(grid).iloc[:0], make_maps(grid).iloc[:0], study)


def _training(
    model: trainings.Model, m: int, depth: int, rate: float, repeat: int, *, tested: bool
) -> dict[str, Any]:
    """One finished training of a sweep."""
    floor, slope = SWEEP_ERRORS[model.architecture, model.augmented]
    mse = (floor + slope / m) * (1 + 0.1 * repeat) * (1 + 0.0001 / rate) * (1 + 0.2 / depth)
    return {
        "role": "sweep",
        **model._asdict(),
        "m": m,
        "corrected": False,
        "control": "",
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
    told = {"networks": 64, "threads": 2, "loop_compilation_s": 9.0}
    rows = [
        ("standard", 2, 16, 100, 160.0, 2.4, 32.0, 5000.0, 4500.0, 5500.0, 75.0, 1.0),
        ("standard", 2, 16, 1000, 240.0, 8.0, 80.0, 3000.0, 2900.0, 3100.0, 100.0, 2.0),
        ("equivariant", 8, 4, 100, 240.0, np.nan, 30.0, 8000.0, 7900.0, 8100.0, np.nan, 3.0),
    ]
    measured = [name for name in speed.COLUMNS if name not in told]
    return pd.DataFrame(rows, columns=measured).assign(**told)


def networks(study: dict[str, Any]) -> list[tuple[Model, dict[str, Any]]]:
    """The cells that have winners, as models and as a row's columns."""
    found = [{name: cell[name] for name in models.CELL} for cell in study["cells"]]
    pairs = [(Model(*(cell[name] for name in models.MODEL)), cell) for cell in found]
    return [(model, cell) for model, cell in pairs if not model.baseline]


def make_diagonals(study: dict[str, Any]) -> pd.DataFrame:
    """The winners' predictions: on the diagonals, or beside them for a standard network."""
    share = np.linspace(0, 0.5, 11)
    along = np.tanh(6 * (share - 0.25))
    parts = []
    for model, cell in networks(study):
        bend = 0 if model.architecture.startswith("equivariant") else 0.1 * (1 - along**2)
        for name, slope in (("x1 + x3 = 0.5", -1), ("x2 + x4 = 0.5", 1)):
            place = {"share": share, "y1": along + bend, "y2": slope * along + bend}
            parts.append(pd.DataFrame(cell | {"diagonal": name} | place))
    return pd.concat(parts, ignore_index=True)


def make_maps(study: dict[str, Any]) -> pd.DataFrame:
    """The winners' errors over the square: higher towards the edges, and for a standard network
    on data as they are more so at the lower left, where the faulty sensor is.
    """
    columns, rows = (side.ravel() for side in np.mgrid[:8, :8])
    y1, y2 = (columns - 3.5) / 3.5, (rows - 3.5) / 3.5
    per_field = study["test_rows"] // 64 or study["validation_rows"] // 64
    parts = []
    for model, cell in networks(study):
        floor, slope = (ERRORS | (CORRECTED if cell["corrected"] else {}))[model[:2]]
        tilt = 0.4 if model.architecture == "standard" and not cell["corrected"] else 0
        shape = 0.6 + 0.5 * (y1**2 + y2**2) ** 2 / 1.5 - tilt * (y1 + y2) / 2
        fields = {"column": columns, "row": rows, "n": per_field, "mse": shape}
        fields["mse"] = (floor + slope / cell["m"]) * shape
        parts.append(pd.DataFrame(cell | fields))
    return pd.concat(parts, ignore_index=True)


def make_results(**changes: Any) -> Results:
    """A study's results, as the store reads them; keywords change the study's settings."""
    study = make_study(**changes)
    runs = make_runs(study, np.random.default_rng(1))
    return Results(runs, make_diagonals(study), make_maps(study), study)


def exact(
    ratios: dict[Model, float], draws: int = 6, m: int = 100, corrected: bool = False
) -> pd.DataFrame:
    """Scores at one m that are these errors in every draw, but for what the draw does to all."""
    shifts = np.exp(np.linspace(-0.3, 0.3, draws))
    rows = [
        (m, corrected, *model, draw + 1, error * shift, error * shift)
        for model, error in ratios.items()
        for draw, shift in enumerate(shifts)
    ]
    return pd.DataFrame(rows, columns=[*models.CELL, "draw", "validation_mse", "test_mse"])


def change(results: Results, rows: pd.Series, **values: Any) -> Results:
    """The same results with other values in the chosen rows."""
    runs = results.runs.copy()
    runs.loc[rows, list(values)] = list(values.values())
    return replace(results, runs=runs)


def diverge(results: Results, rows: pd.Series) -> Results:
    """The same results, where the chosen rows diverged and so have no scores."""
    runs = results.runs.copy()
    scores = [
        name for name in runs if name.endswith("_mse") or name.startswith(("validation_", "test_"))
    ]
    runs.loc[rows, scores] = np.nan
    runs.loc[rows, ["status", "reason"]] = "diverged", "the loss was never a finite number"
    return replace(results, runs=runs)


def without(results: Results, rows: pd.Series) -> Results:
    """The same results, before the chosen rows were run."""
    return replace(results, runs=results.runs[~rows])


def of(results: Results, model: Model, m: int, corrected: bool = False) -> pd.Series:
    """Which rows are runs (not trials) of the model at m."""
    runs = results.runs
    cell = {**model._asdict(), "m": m, "corrected": corrected}
    same = [runs[name] == value for name, value in cell.items()]
    return np.logical_and.reduce([*same, runs["role"] != "trial"])
