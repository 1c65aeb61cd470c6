"""The study's models: the four of the grid, and the controls and baselines beside them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from study import grid

_NETWORKS = {"wrong_group": "wrong group"}
_CONTROLS = {
    "orbit_average": "orbit-averaged",
    "matched_epochs": "matched epochs",
    "identity_check": "identity check",
}
_BASELINES = {
    "zero": "zero",
    "least_squares": "least squares",
    "linear_equivariant": "linear equivariant",
    "inverse_model": "inverse model",
    "gaussian_process": "Gaussian process",
}


class Model(NamedTuple):
    """What is trained or fitted, at any training size and with either correction."""

    architecture: str
    augmented: bool
    control: str = ""

    @property
    def baseline(self) -> bool:
        """Whether it is no network."""
        return self.architecture in _BASELINES

    @property
    def label(self) -> str:
        """The model's name in every table, figure and sentence."""
        if self.baseline:
            return _BASELINES[self.architecture] + " augmented" * self.augmented
        network = _NETWORKS.get(self.architecture, self.architecture)
        data = "augmented" if self.augmented else "raw"
        return f"{network} {data}" + (f", {_CONTROLS[self.control]}" if self.control else "")

    def file_name(self, m: int, corrected: bool) -> str:
        """The file of the model's winner at m."""
        return grid.Cell(self.architecture, self.augmented, m, corrected, self.control).model_file


STANDARD_RAW = Model("standard", False)
STANDARD_AUGMENTED = Model("standard", True)
EQUIVARIANT_RAW = Model("equivariant", False)
EQUIVARIANT_AUGMENTED = Model("equivariant", True)
MODELS = (STANDARD_RAW, STANDARD_AUGMENTED, EQUIVARIANT_RAW, EQUIVARIANT_AUGMENTED)

ORBIT_AVERAGE = Model("standard", False, "orbit_average")
WRONG_GROUP = Model("wrong_group", False)
WIDE = Model("equivariant_wide", False)
STANDARD_MATCHED = Model("standard", True, "matched_epochs")
EQUIVARIANT_MATCHED = Model("equivariant", True, "matched_epochs")
IDENTITY_CHECK = Model("equivariant", True, "identity_check")
BASELINES = tuple(Model(*baseline) for baseline in grid.BASELINES)
CONTROLS = (
    ORBIT_AVERAGE,
    WRONG_GROUP,
    WIDE,
    STANDARD_MATCHED,
    EQUIVARIANT_MATCHED,
    IDENTITY_CHECK,
    *BASELINES,
)
# What each of them is held against.
REFERENCES = (
    (ORBIT_AVERAGE, STANDARD_RAW),
    (ORBIT_AVERAGE, EQUIVARIANT_RAW),
    (WRONG_GROUP, STANDARD_RAW),
    (WRONG_GROUP, EQUIVARIANT_RAW),
    (WIDE, EQUIVARIANT_RAW),
    (WIDE, STANDARD_RAW),
    (STANDARD_MATCHED, STANDARD_AUGMENTED),
    (EQUIVARIANT_MATCHED, EQUIVARIANT_AUGMENTED),
    (IDENTITY_CHECK, EQUIVARIANT_RAW),
    *((baseline, STANDARD_RAW) for baseline in BASELINES),
)
_ORDER = {model: place for place, model in enumerate((*MODELS, *CONTROLS))}

MODEL = list(Model._fields)  # the columns that say which model a row is
CELL = ["m", "corrected", *MODEL]
CORRECTIONS = {False: "as they are", True: "corrected"}  # the training data, by `corrected`


def cells(study: Mapping[str, Any]) -> pd.DataFrame:
    """All planned cells: indexed by CELL in the report's order; columns trials and runs."""
    table = pd.DataFrame(study["cells"]).set_index(CELL)
    places = [(*cell[:2], _ORDER[Model(*cell[2:])]) for cell in table.index]
    return table.iloc[sorted(range(len(table)), key=places.__getitem__)]


def controls(study: Mapping[str, Any]) -> list[Model]:
    """The controls and baselines that are planned, in the report's order."""
    planned = {Model(*cell[2:]) for cell in cells(study).index}
    if ORBIT_AVERAGE.control in study["controls"]:
        planned.add(ORBIT_AVERAGE)
    return [model for model in CONTROLS if model in planned]


def corrections(study: Mapping[str, Any]) -> list[bool]:
    """Whether training data are corrected, in the report's order: False, True or both."""
    none, fitted = (name in study["corrections"] for name in grid.CORRECTIONS)
    return [False] * none + [True] * fitted
