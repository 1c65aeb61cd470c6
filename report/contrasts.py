"""Contrasts: a cell's errors against another's, repetition by repetition.

A contrast is the logarithm of a ratio of errors: below zero, the cell errs less than its
reference. The contrasts that a study declared before it ran are its primary family: their
intervals hold together. All other contrasts are exploratory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import log
from operator import itemgetter

import numpy as np

from report.statistics import LEVEL, Interval, Verdict, t_interval
from report.statistics import verdict as read_off
from study.about import About
from study.comparisons import Errors
from study.design import Cell, Request
from study.labels import correction_label, in_order, model_label
from study.records import Record
from study.samples import shared


@dataclass(frozen=True)
class Contrast:
    """A cell against its reference, by the repetitions that both have.

    name: of the comparison that declared it, "" for an exploratory one. level: of its interval.
    margin: the change in per cent that counts as none.
    """

    name: str
    cell: Cell
    reference: Cell
    log_ratios: Mapping[int, float]  # by repetition
    level: float
    interval: Interval
    margin: float

    @property
    def n(self) -> int:
        """Pairs of repetitions."""
        return len(self.log_ratios)

    @property
    def deviation(self) -> float:
        """Standard deviation of the log ratios; NaN below two of them."""
        return float(np.std(list(self.log_ratios.values()), ddof=1)) if self.n > 1 else np.nan

    @property
    def label(self) -> str:
        """What is compared, in prose; what both have in common is left out."""
        one, other = (label_of(cell) for cell in (self.cell, self.reference))
        if self.cell.corrected != self.reference.corrected:
            words = [correction_label(cell.corrected) for cell in (self.cell, self.reference)]
            return f"{one}, {words[0]} against {words[1]}"
        if self.cell.m != self.reference.m:
            return f"{one} (m = {self.cell.m:,}) against {other} (m = {self.reference.m:,})"
        return f"{one} against {other}"

    @property
    def verdict(self) -> Verdict:
        """What it shows."""
        return read_off(self.interval, self.n, self.margin)


def label_of(cell: Cell) -> str:
    """A cell's model in prose."""
    return model_label(cell.model)


def place_of(cell: Cell) -> dict[str, str]:
    """A cell's size and correction, as the columns of a table."""
    return {"m": f"{cell.m:,}", "Training data": correction_label(cell.corrected)}


def names_of(cell: Cell) -> dict[str, str]:
    """A cell's size, correction and model, as the columns of a table."""
    return {**place_of(cell), "Model": label_of(cell)}


def by_place(cells: Iterable[Cell]) -> list[Cell]:
    """Cells by size and correction, then as their models are registered."""
    listed = list(cells)
    models = in_order(cell.model for cell in listed)
    return sorted(listed, key=lambda c: (c.m, c.corrected, models.index(c.model), c.condition))


def cell_of(record: Record) -> Cell:
    """The cell that a record is of."""
    one = record
    return Cell(one.m, one.corrected, one.architecture, one.augmented, one.condition)


def by_request(records: Iterable[Record]) -> dict[Request, Record]:
    """The records by what was asked for; of several that answer one request, the last."""
    return {Request(cell_of(one), one.repetition, one.stage, one.rank): one for one in records}


def finals(
    records: Mapping[Request, Record], winners: Mapping[tuple[Cell, int], Record | None]
) -> dict[Cell, dict[int, Record]]:
    """What each cell's repetitions 1, 2, ... come to: a winner, or a baseline.

    A repetition without a sound network has none.
    """
    fitted = {(r.cell, r.repetition): one for r, one in records.items() if r.stage == "fitted"}
    found: dict[Cell, dict[int, Record]] = {}
    for (cell, repetition), record in sorted({**winners, **fitted}.items(), key=itemgetter(0)):
        if repetition and record is not None:
            found.setdefault(cell, {})[repetition] = record
    return found


Measure = Callable[[Record], float | None]


def measured(chosen: Mapping[Cell, Mapping[int, Record]], measure: Measure) -> Errors:
    """A positive number of each repetition, such as its error; those without one are left out."""
    found = {
        cell: {
            repetition: value
            for repetition, record in records.items()
            if (value := measure(record)) is not None and value > 0
        }
        for cell, records in chosen.items()
    }
    return {cell: values for cell, values in found.items() if values}


def contrast(
    errors: Errors,
    cell: Cell,
    reference: Cell,
    about: About,
    *,
    name: str = "",
    level: float = LEVEL,
) -> Contrast:
    """A cell against its reference, with an interval of this level."""
    mine, other = errors.get(cell, {}), errors.get(reference, {})
    ratios = {one: log(mine[one] / other[one]) for one in mine if one in other}
    m = max(cell.m, reference.m)
    interval = t_interval(list(ratios.values()), level, in_common(about, m))
    return Contrast(name, cell, reference, ratios, level, interval, about.margin)


def in_common(about: About, m: int) -> float:
    """The share of their m rows that two repetitions of a study have in common."""
    return shared(max(about.train_files), m, about.repetitions)
