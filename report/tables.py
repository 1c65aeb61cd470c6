"""Rows of the study -> tables. Numbers stay numbers here; `page` gives them digits."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from report import statistics
from study.grid import Cell
from study.seeds import seed


class Model(NamedTuple):
    """A column of the study's grid: what is trained, at any training size m."""

    architecture: str
    augmented: bool

    @property
    def label(self) -> str:
        """The model's name in every table, figure and sentence."""
        return f"{self.architecture} {'augmented' if self.augmented else 'raw'}"

    def file_name(self, m: int) -> str:
        """The file of the model's winner at m."""
        return Cell(self.architecture, self.augmented, m).model_file


STANDARD_RAW = Model("standard", False)
STANDARD_AUGMENTED = Model("standard", True)
EQUIVARIANT_RAW = Model("equivariant", False)
EQUIVARIANT_AUGMENTED = Model("equivariant", True)
MODELS = (STANDARD_RAW, STANDARD_AUGMENTED, EQUIVARIANT_RAW, EQUIVARIANT_AUGMENTED)

MODEL = ["architecture", "augmented"]  # the columns that say which model a row is
CELL = ["m", *MODEL]
PARTS = {"trial": ("trial",), "run": ("winner", "draw")}  # what is planned: the roles it covers
FAILURES = ("dead", "diverged")


def cells(study: Mapping[str, Any]) -> pd.MultiIndex:
    """All cells of the study's grid, by m and then in the order of MODELS."""
    return pd.MultiIndex.from_tuples(
        [(m, *model) for m in study["m"] for model in MODELS], names=CELL
    )


def measure(study: Mapping[str, Any]) -> str:
    """The score that comparisons are made on: the test error wherever there is a test set.

    Validation data stopped the training and chose the hyperparameters, so their error flatters.
    """
    return "test_mse" if study["test_rows"] else "validation_mse"


def sets(study: Mapping[str, Any]) -> tuple[str, ...]:
    """The sets of rows that networks are scored on."""
    return ("validation", "test") if study["test_rows"] else ("validation",)


def completeness(runs: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Each cell's `count` of tuning trials and of runs, indexed by part ("trial", "run") and cell.

    The plan is the same for every cell of the grid.
    """
    counts = {
        part: count(runs[runs["role"].isin(roles)], cells(study), study["planned"][part])
        for part, roles in PARTS.items()
    }
    return pd.concat(counts, names=["part"])


def count(rows: pd.DataFrame, cells: pd.MultiIndex, planned: int) -> pd.DataFrame:
    """Count each cell's rows against the plan, which gives all cells equally many.

    Indexed by cell; columns planned, ok, dead, diverged, missing.
    """
    statuses = ["ok", *FAILURES]
    table = rows.groupby([*cells.names, "status"]).size().unstack("status")
    table = table.reindex(index=cells, columns=statuses).fillna(0).astype(int)
    table.insert(0, "planned", planned // len(cells))
    return table.assign(missing=table["planned"] - table[statuses].sum(axis=1))


def failures(runs: pd.DataFrame, cell: Sequence[str]) -> pd.DataFrame:
    """Failed rows counted by cell (these columns), role and status, the most frequent first.

    Further columns: role, status, count, reason (of the first of them).
    """
    groups = runs[runs["status"].isin(FAILURES)].groupby([*cell, "role", "status"])
    table = groups["reason"].agg(count="size", reason="first").reset_index()
    return table.sort_values("count", ascending=False, kind="stable")


def winners(runs: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """The winner's row of every cell; a cell without one has status "missing" and NaN."""
    table = runs[runs["role"] == "winner"].set_index(CELL).reindex(cells(study))
    return table.assign(status=table["status"].fillna("missing"))


def scores(runs: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """The rows that are compared: for every cell and draw, the best start by validation error.

    These are draws 1, 2, ...; draw 0, which the tuner saw, is compared only where there is no
    other (the study then has no statistics). Failed rows have no score and are left out here:
    `completeness` and `pairing` count them.
    """
    kept = (runs["role"] != "trial") & (runs["status"] == "ok")
    kept &= runs["draw"] > 0 if study["draws"] else runs["draw"] == 0
    best_first = runs[kept].sort_values("validation_mse", kind="stable")
    return best_first.drop_duplicates([*CELL, "draw"]).sort_values([*CELL, "draw"])


def curves(scores: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Each cell's geometric mean error over its draws with a 95 % interval.

    One row per set ("validation", "test") and cell; columns set, m, architecture, augmented, draws,
    mean, low, high (NaN where fewer than two draws).
    """
    rows = []
    for name in sets(study):
        for cell, group in scores.groupby(CELL):
            interval = statistics.geometric_interval(group[f"{name}_mse"])
            rows.append((name, *cell, len(group), *(float(part) for part in interval)))
    return pd.DataFrame(rows, columns=["set", *CELL, "draws", "mean", "low", "high"])


def complete(scores: pd.DataFrame, study: Mapping[str, Any], m: int) -> pd.DataFrame:
    """Errors at m, (draws, 4) in the order of MODELS: the draws that all four models have."""
    wide = scores[scores["m"] == m].pivot(index="draw", columns=MODEL, values=measure(study))
    return wide.reindex(columns=pd.MultiIndex.from_tuples(MODELS, names=MODEL)).dropna()


def paired(scores: pd.DataFrame, study: Mapping[str, Any], m: int) -> pd.DataFrame:
    """The complete draws at m, if they are enough to compare: two, or draw 0 where it is alone."""
    errors = complete(scores, study, m)
    return errors if len(errors) >= (2 if study["draws"] else 1) else errors.iloc[:0]


def geometric_means(paired: pd.DataFrame) -> dict[Model, float]:
    """Each model's geometric mean error over the draws of `paired`; NaN where there are none."""
    means = statistics.geometric_interval(paired.to_numpy(float)).mean
    return dict(zip(MODELS, map(float, means), strict=True))


def pairing(scores: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Per m: draws planned, complete (all four models have a score), and which models lack some.

    The column "lacking" names those with the number of draws that they have no score for, or is "".
    """
    rows = []
    planned = max(study["draws"], 1)  # draw 0 alone where there are no further draws
    for m in study["m"]:
        have = scores[scores["m"] == m].groupby(MODEL).size()
        lacking = {model.label: planned - int(have.get(model, 0)) for model in MODELS}
        rows.append(
            {
                "m": m,
                "planned": planned,
                "complete": len(complete(scores, study, m)),
                "lacking": ", ".join(f"{name} {n}" for name, n in lacking.items() if n),
            }
        )
    return pd.DataFrame(rows).set_index("m")


def factorial(scores: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """The effects of architecture and augmentation and their interaction at each m: one family."""
    return _effects(scores, study, statistics.FACTORIAL)


def pairs(scores: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Each model against each other one at each m: one family.

    All six pairs and not just the four that differ in one factor: "which model is best" compares
    with a model that the data chose, which only the whole family pays for. The effect's name is
    "<model> against <reference>"; a negative log ratio means that the model errs less.
    """
    contrasts = {
        f"{MODELS[model].label} against {MODELS[reference].label}": tuple(
            float(place == model) - float(place == reference) for place in range(len(MODELS))
        )
        for reference, model in combinations(range(len(MODELS)), 2)
    }
    return _effects(scores, study, contrasts)


def versus(pairs: pd.DataFrame, model: Model, reference: Model) -> pd.DataFrame:
    """The rows of `pairs`, one per m, of model against reference, turned round where needed."""
    rows = pairs[pairs["effect"] == f"{model.label} against {reference.label}"]
    if len(rows):
        return rows
    turned = pairs[pairs["effect"] == f"{reference.label} against {model.label}"]
    return turned.assign(
        effect=f"{model.label} against {reference.label}",
        log_ratio=-turned["log_ratio"],
        low=-turned["high"],
        high=-turned["low"],
    )


def _effects(
    scores: pd.DataFrame, study: Mapping[str, Any], contrasts: Mapping[str, tuple[float, ...]]
) -> pd.DataFrame:
    """One row per contrast and m, Holm-adjusted over all of them.

    Columns effect, m, draws, log_ratio, low, high, p, p_holm, clear. A difference is clear where
    its adjusted p is below 0.05 and its interval excludes zero.
    """
    weights = np.array(list(contrasts.values()))  # (c, 4)
    parts = []
    for m in study["m"]:
        logs = np.log(paired(scores, study, m).to_numpy(float))  # (S, 4)
        differences = logs @ weights.T  # (S, c)
        rng = np.random.default_rng(seed("report", "sign flips", m))
        columns = {
            "effect": list(contrasts),
            "m": m,
            "draws": len(logs),
            **statistics.t_interval(differences)._asdict(),
            "p": statistics.sign_flip_p(differences, rng),
        }
        parts.append(pd.DataFrame(columns).rename(columns={"mean": "log_ratio"}))
    table = pd.concat(parts)
    table["p_holm"] = statistics.holm(table["p"])
    table["clear"] = (table["p_holm"] < statistics.ALPHA) & (table["low"] * table["high"] > 0)
    order = {effect: place for place, effect in enumerate(contrasts)}
    return table.sort_values("effect", key=lambda names: names.map(order), kind="stable")


def equivariance(runs: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Per cell: parameters and the equivariance errors of all its finished runs.

    Columns parameters, runs, dead, worst (largest error of any run), rms (root mean square over
    runs). Dead networks are counted, not measured: a network that answers 0 is equivariant.
    """
    rows = runs[runs["role"] != "trial"]
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
    table = table.reindex(cells(study))
    return table.fillna({"runs": 0, "dead": 0}).astype({"runs": int, "dead": int})
