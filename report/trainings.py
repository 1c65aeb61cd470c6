"""Rows of a sweep -> tables. Numbers stay numbers here."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from report import statistics, tables
from study.sweep import FAILED_MSE, Sweep


class Model(NamedTuple):
    """What a sweep trains, at any training size, depth and learning rate."""

    architecture: str
    width: int
    augmented: bool

    @property
    def network(self) -> str:
        """The network's name; an equivariant one has no choice of width."""
        equivariant = self.architecture == "equivariant"
        return self.architecture if equivariant else f"{self.architecture} width {self.width}"

    @property
    def label(self) -> str:
        """The model's name in every table, figure and sentence."""
        return f"{self.network} {'augmented' if self.augmented else 'raw'}"


MODEL = list(Model._fields)  # the columns that say which model a row is
CELL = ["m", *MODEL]
SETTING = [*CELL, "depth", "learning_rate"]  # all that a training's repeats have in common
ERRORS = ("train_mse", "validation_mse", "test_mse", "test_augmented_mse")
QUARTILES = ("low", "median", "high")


def design(study: Mapping[str, Any]) -> Sweep:
    """The sweep that was studied."""
    return Sweep(**study["sweep"])


def models(study: Mapping[str, Any]) -> list[Model]:
    """The sweep's models, each network raw and augmented."""
    networks = design(study).models
    return [Model(*network, augmented) for network in networks for augmented in (False, True)]


def cells(study: Mapping[str, Any]) -> pd.MultiIndex:
    """Every model at every m, by m and then in the order of `models`."""
    return pd.MultiIndex.from_tuples(
        [(m, *model) for m in study["m"] for model in models(study)], names=CELL
    )


def trainings(runs: pd.DataFrame) -> pd.DataFrame:
    """The rows with the column "failed": whether the training error stayed above FAILED_MSE.

    A diverged training has no errors (NaN) and failed too.
    """
    table = runs.astype(dict.fromkeys(ERRORS, float))
    return table.assign(failed=~(table["train_mse"] <= FAILED_MSE))


def completeness(runs: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Each cell's `tables.count`, indexed by part (here always "sweep") and cell."""
    index = cells(study)
    planned = pd.Series(study["planned"]["sweep"] // len(index), index=index)
    count = tables.count(runs, planned)
    return pd.concat({"sweep": count}, names=["part"])


def best(trainings: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Each cell's training with the lowest validation error; NaN where none is alive."""
    alive = trainings[trainings["status"] == "ok"].sort_values("validation_mse", kind="stable")
    return alive.drop_duplicates(CELL).set_index(CELL).reindex(cells(study))


def settings(trainings: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """What the repeats of each setting came to, indexed by SETTING in the order of the sweep.

    Columns count, failed (share), and for each set <set>_low, <set>_median, <set>_high: quartiles
    of its MSE over all repeats, where a diverged one has an infinite error. NaN, and a count of 0,
    where there is no training yet.
    """
    sweep, sets = design(study), tables.sets(study)
    rows = {setting: _repeats(group, sets) for setting, group in trainings.groupby(SETTING)}
    index = [
        (*cell, depth, rate)
        for cell in cells(study)
        for depth in sweep.depths
        for rate in sweep.learning_rates
    ]
    names = ["count", "failed", *(f"{name}_{part}" for name in sets for part in QUARTILES)]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names)
    table = table.reindex(pd.MultiIndex.from_tuples(index, names=SETTING))
    return table.fillna({"count": 0}).astype({"count": int})


def _repeats(group: pd.DataFrame, sets: tuple[str, ...]) -> list[float]:
    """One setting's row of `settings`."""
    errors = [group[f"{name}_mse"].fillna(np.inf) for name in sets]
    quartiles = [value for error in errors for value in statistics.quartiles(error)]
    return [len(group), group["failed"].mean(), *quartiles]
