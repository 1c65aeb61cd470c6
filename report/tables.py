"""Rows of the study -> tables. Numbers stay numbers here; `page` gives them digits."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from report import models, statistics
from report.models import CELL, MODELS, ORBIT_AVERAGE, STANDARD_RAW, Model

# What is planned: the roles it covers.
PARTS = {"run": ("winner", "draw"), "trial": ("trial",), "baseline": ("baseline",)}
FAILURES = ("dead", "diverged")


def measure(study: Mapping[str, Any]) -> str:
    """The score that comparisons are made on: the test error wherever there is a test set.

    Validation data stopped the training and chose the hyperparameters, so their error flatters.
    """
    return "test_mse" if study["test_rows"] else "validation_mse"


def sets(study: Mapping[str, Any]) -> tuple[str, ...]:
    """The sets of rows that networks are scored on."""
    return ("validation", "test") if study["test_rows"] else ("validation",)


def of(table: pd.DataFrame, model: Model) -> pd.DataFrame:
    """The table's rows of one model."""
    wanted = model._asdict().items()
    return table[np.logical_and.reduce([table[name] == value for name, value in wanted])]


def completeness(runs: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Each cell's `count` by part ("run", "trial", "baseline"), indexed by part and cell.

    A cell has a line in those parts only in which something is planned of it.
    """
    counts = {}
    for part, planned in _plan(models.cells(study)).items():
        rows = runs[runs["role"].isin(PARTS[part])]
        counts[part] = count(rows, planned[planned > 0])
    return pd.concat(counts, names=["part"])


def _plan(cells: pd.DataFrame) -> dict[str, pd.Series]:
    """How many rows of each part are planned of each cell."""
    fitted = pd.Series([Model(*cell[2:]).baseline for cell in cells.index], index=cells.index)
    trained, fits = cells["runs"].where(~fitted, 0), cells["runs"].where(fitted, 0)
    parts = {"run": trained, "trial": cells["trials"], "baseline": fits}
    return {part: planned for part, planned in parts.items() if planned.any()}


def count(rows: pd.DataFrame, planned: pd.Series) -> pd.DataFrame:
    """Count each cell's rows against the plan, a number for each cell.

    Indexed by cell; columns planned, ok, dead, diverged, missing.
    """
    statuses = ["ok", *FAILURES]
    table = rows.groupby([*planned.index.names, "status"]).size().unstack("status")
    table = table.reindex(index=planned.index, columns=statuses).fillna(0).astype(int)
    table.insert(0, "planned", planned)
    return table.assign(missing=table["planned"] - table[statuses].sum(axis=1))


def failures(runs: pd.DataFrame, cell: Sequence[str]) -> pd.DataFrame:
    """Failed rows counted by cell (these columns), role and status, the most frequent first.

    Further columns: role, status, count, reason (of the first of them).
    """
    groups = runs[runs["status"].isin(FAILURES)].groupby([*cell, "role", "status"])
    table = groups["reason"].agg(count="size", reason="first").reset_index()
    return table.sort_values("count", ascending=False, kind="stable")


def winners(runs: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """The winner's row of every cell of the grid proper, indexed by cell.

    A cell without one has status "missing" and NaN.
    """
    rows = runs[runs["role"] == "winner"].set_index(CELL)
    grid = [cell for cell in models.cells(study).index if cell[2:] in MODELS]
    table = rows.reindex(pd.MultiIndex.from_tuples(grid, names=CELL))
    return table.assign(status=table["status"].fillna("missing"))


def scores(runs: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """The rows that are compared: for every cell and draw, the best start by validation error.

    These are draws 1, 2, ...; draw 0, which the tuner saw, is compared only where there is no
    other (the study then has no statistics). Failed rows have no score and are left out here:
    `completeness` and `effects.pairing` count them. The orbit average has its rows too.
    """
    kept = (runs["role"] != "trial") & (runs["status"] == "ok")
    kept &= runs["draw"] > 0 if study["draws"] else runs["draw"] == 0
    best_first = runs[kept].sort_values("validation_mse", kind="stable")
    best = best_first.drop_duplicates([*CELL, "draw"])
    return pd.concat([best, _orbit_averages(best, study)]).sort_values([*CELL, "draw"])


def _orbit_averages(scores: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """What the standard networks trained on raw data score when averaged over the symmetries."""
    sizes = study["control_sizes"] if ORBIT_AVERAGE.control in study["controls"] else []
    rows = of(scores[scores["m"].isin(sizes)], STANDARD_RAW)
    averaged = {"validation_mse": rows["orbit_mse"], "test_mse": rows["test_orbit_mse"]}
    return rows.assign(control=ORBIT_AVERAGE.control, **averaged)


def curves(scores: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Geometric mean error over draws, with a 95 % interval, of each cell of the grid proper.

    One row per set ("validation", "test") and cell; columns set, CELL, draws, mean, low, high (NaN
    where fewer than two draws).
    """
    rows = []
    for name in sets(study):
        for cell, group in scores.groupby(CELL):
            if cell[2:] in MODELS:
                interval = statistics.geometric_interval(group[f"{name}_mse"])
                rows.append((name, *cell, len(group), *(float(part) for part in interval)))
    return pd.DataFrame(rows, columns=["set", *CELL, "draws", "mean", "low", "high"])


def equivariance(runs: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Per cell of networks: parameters and the equivariance errors of all its finished runs.

    Columns parameters, runs, dead, worst (largest error of any run), rms (root mean square over
    runs). Dead networks are counted, not measured: a network that answers 0 is equivariant.
    """
    rows = runs[runs["role"].isin(PARTS["run"])]
    alive = rows[rows["status"] == "ok"].assign(
        square=lambda table: table["equivariance_error_rms"] ** 2
    )
    groups = alive.groupby(CELL)
    table = pd.DataFrame(
        {
            "parameters": groups["parameters"].first(),
            "runs": groups.size(),
            "worst": groups["equivariance_error"].max(),
            "rms": np.sqrt(groups["square"].mean()),
            "dead": rows[rows["status"] == "dead"].groupby(CELL).size(),
        }
    )
    planned = models.cells(study).index
    table = table.reindex(planned[[not Model(*cell[2:]).baseline for cell in planned]])
    return table.fillna({"runs": 0, "dead": 0}).astype({"runs": int, "dead": int})
