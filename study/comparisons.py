"""Comparisons: which errors a study sets out to compare, declared before it runs.

A preset names its primary comparisons. Their intervals hold together, and the report's sentences
rest on them alone; whatever else it compares is exploratory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from math import log
from statistics import mean

from study.architectures import ARCHITECTURES
from study.conditions import CONDITIONS, EQUIVARIANT, Model
from study.design import Cell

STANDARD, STANDARD_AUGMENTED = ("standard", False), ("standard", True)

Errors = Mapping[Cell, Mapping[int, float]]  # by repetition
Pairs = Iterator[tuple[Cell, Cell]]  # a cell, and the one that it is compared with


def _model_of(cell: Cell) -> Model:
    return cell.architecture, cell.augmented


def _grid(cells: Collection[Cell]) -> list[Cell]:
    """The cells of the grid that count: corrected ones, where there are any."""
    grid = sorted(cell for cell in cells if not cell.condition)
    return [cell for cell in grid if cell.corrected] or grid


def _architectures(augmented: bool) -> Callable[[Errors], Pairs]:
    """Each architecture on raw data and those that its entry compares it with, at every size.

    augmented: whether these have copies.
    """

    def pairs(errors: Errors) -> Pairs:
        for cell in _grid(errors):
            entry = ARCHITECTURES.get(cell.architecture)
            for name in entry.compared_with if entry and not cell.augmented else ():
                other = replace(cell, architecture=name, augmented=augmented)
                if other in errors:
                    yield cell, other

    return pairs


def _copies(symmetric: bool) -> Callable[[Errors], Pairs]:
    """Each architecture on augmented data and on raw data; those that are symmetric, or others."""

    def pairs(errors: Errors) -> Pairs:
        for cell in _grid(errors):
            entry = ARCHITECTURES.get(cell.architecture)
            raw = replace(cell, augmented=False)
            if cell.augmented and raw in errors and bool(entry and entry.symmetric) == symmetric:
                yield cell, raw

    return pairs


def _corrections(errors: Errors) -> Pairs:
    """Each model with the sensor's offset undone, and without, at every size."""
    for cell in _grid(errors):
        other = replace(cell, corrected=False)
        if cell.corrected and other in errors:
            yield cell, other


def _sizes(errors: Errors) -> Pairs:
    """The equivariant network at the smallest size, the standard one at the largest."""
    small = [cell for cell in _grid(errors) if _model_of(cell) == EQUIVARIANT]
    large = [cell for cell in _grid(errors) if _model_of(cell) == STANDARD]
    if small and large and small[0].m < large[-1].m:
        yield small[0], large[-1]


def _baselines(errors: Errors) -> Pairs:
    """The best network and the best baseline, by the data that chose, at every size with both."""
    fitted = {
        cell: errors[cell]
        for cell in errors
        if cell.condition and CONDITIONS[cell.condition].way == "fitted"
    }
    for m, corrected in sorted({(cell.m, cell.corrected) for cell in fitted}):
        here = [cell for cell in _grid(errors) if (cell.m, cell.corrected) == (m, corrected)]
        others = [cell for cell in fitted if (cell.m, cell.corrected) == (m, corrected)]
        if here:
            yield _lowest(errors, here), _lowest(errors, others)


def _lowest(errors: Errors, cells: Collection[Cell]) -> Cell:
    return min(cells, key=lambda cell: (mean(map(log, errors[cell].values())), cell))


COMPARISONS: Mapping[str, Callable[[Errors], Pairs]] = {
    "built_in": _architectures(augmented=True),  # equivariant raw against standard augmented
    "copies": _copies(symmetric=False),  # standard augmented against standard raw
    "symmetry": _architectures(augmented=False),  # equivariant raw against standard raw
    "both": _copies(symmetric=True),  # equivariant augmented against equivariant raw
    "correction": _corrections,
    "few_samples": _sizes,
    "baselines": _baselines,
}
