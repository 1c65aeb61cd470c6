"""Contrasts: which models are compared with which, repetition by repetition.

A contrast is the logarithm of a ratio of errors: below zero, the model errs less than its
reference. The contrasts of one training size and one correction are a family, for which their
p-values are adjusted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Literal, cast

import numpy as np

from study.architectures import ARCHITECTURES
from study.conditions import Model
from study.design import Cell, Request, Stage, winners
from study.labels import in_order, model_label
from study.records import Record
from study.seeds import seed
from study.statistics import Interval, holm, sign_flip_p, t_interval

Rows = Literal["test", "validation"]
Errors = Mapping[Cell, Mapping[int, float]]  # by repetition


@dataclass(frozen=True)
class Contrast:
    """A model against its reference in one family.

    log_ratios: of the repetitions that have both, in their order. p_holm: p after Holm's
    adjustment. Interval and p-values are NaN below two repetitions.
    """

    m: int
    corrected: bool
    condition: str
    model: Model
    reference: Model
    repetitions: tuple[int, ...]
    log_ratios: tuple[float, ...]
    interval: Interval
    p: float
    p_holm: float

    @property
    def label(self) -> str:
        """What is compared, in prose."""
        return f"{model_label(self.model)} against {model_label(self.reference)}"


def cell_of(record: Record) -> Cell:
    """The cell that a record is of."""
    one = record
    return Cell(one.m, one.corrected, one.architecture, one.augmented, one.condition)


def by_request(records: Iterable[Record]) -> dict[Request, Record]:
    """The records by what was asked for; of several that answer one request, the last."""
    return {
        Request(cell_of(one), one.repetition, cast(Stage, one.stage), one.rank): one
        for one in records
    }


def scored_rows(records: Iterable[Record]) -> Rows:
    """The rows whose error counts: the test's, or the validation's where there are no others."""
    return "test" if any(one.test_mse is not None for one in records) else "validation"


def score(record: Record, rows: Rows) -> float | None:
    """A record's MSE on these rows."""
    return record.test_mse if rows == "test" else record.validation_mse


def errors(records: Mapping[Request, Record], choose_by: str, rows: Rows) -> Errors:
    """The error that each cell's repetitions 1, 2, ... come to: a winner's, or a baseline's.

    A repetition without a sound network has none.
    """
    finals = dict(winners(records, choose_by))
    finals |= {(r.cell, r.repetition): one for r, one in records.items() if r.stage == "fitted"}
    found: dict[Cell, dict[int, float]] = {}
    for (cell, repetition), record in sorted(finals.items(), key=lambda item: item[0]):
        error = None if record is None else score(record, rows)
        if repetition and error is not None:
            found.setdefault(cell, {})[repetition] = error
    return found


def log_ratios(of: Mapping[int, float], to: Mapping[int, float]) -> dict[int, float]:
    """The logarithm of each repetition's ratio of errors, where both have one."""
    return {
        repetition: log(of[repetition] / to[repetition]) for repetition in of if repetition in to
    }


def compared(models: Collection[Model]) -> list[tuple[Model, Model]]:
    """Which of these models are compared with which, the contrast that the study asks for first.

    An architecture on raw data with each that its entry names, on augmented and on raw data; and
    each architecture on augmented data with itself on raw data.
    """
    names = list(dict.fromkeys(name for name, _ in in_order(models)))
    pairs = [
        ((name, False), (other, augmented))
        for name in names
        for other in (ARCHITECTURES[name].compared_with if name in ARCHITECTURES else ())
        for augmented in (True, False)
    ]
    pairs += [((name, True), (name, False)) for name in names]
    return [pair for pair in pairs if set(pair) <= set(models)]


def contrasts(errors: Errors, condition: str = "") -> list[Contrast]:
    """The contrasts of each family of the grid, or of a condition, by size and correction."""
    cells = [cell for cell in errors if cell.condition == condition]
    found = []
    for m, corrected in sorted({(cell.m, cell.corrected) for cell in cells}):
        family = {
            (cell.architecture, cell.augmented): errors[cell]
            for cell in cells
            if (cell.m, cell.corrected) == (m, corrected)
        }
        pairs = compared(family)
        ratios = [log_ratios(family[model], family[reference]) for model, reference in pairs]
        ps = [
            _p(list(one.values()), m, *map(model_label, pair))
            for one, pair in zip(ratios, pairs, strict=True)
        ]
        for pair, one, p, p_holm in zip(pairs, ratios, ps, holm(ps), strict=True):
            values = tuple(one.values())
            interval = t_interval(values)
            found.append(
                Contrast(m, corrected, condition, *pair, tuple(one), values, interval, p, p_holm)
            )
    return found


def _p(differences: Sequence[float], *names: str | int) -> float:
    """A sign-flip p-value, whose random flips depend on these names."""
    return sign_flip_p(differences, np.random.default_rng(seed("sign flips", *names)))
