"""Comparisons: which errors a study sets out to compare, declared before it runs.

A preset names its primary comparisons. Their intervals hold together, and the report's sentences
rest on them alone; whatever else it compares is exploratory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from itertools import product
from math import inf, log
from statistics import mean

from study.architectures import ARCHITECTURES, is_symmetric
from study.conditions import CONDITIONS, EQUIVARIANT
from study.design import Cell

STANDARD, STANDARD_AUGMENTED = ("standard", False), ("standard", True)

Errors = Mapping[Cell, Mapping[int, float]]  # by repetition; none where no network is sound
Pairs = Iterator[tuple[Cell, Cell]]  # a cell, and the one that it is compared with


def _grid(cells: Collection[Cell]) -> list[Cell]:
    """The cells of the grid that count: corrected ones, where there are any."""
    grid = sorted(cell for cell in cells if not cell.condition)
    return [cell for cell in grid if cell.corrected] or grid


def references(cell: Cell) -> Iterator[Cell]:
    """What a cell of the grid is compared with.

    On raw data, the architectures that its entry names, augmented and raw; on augmented data,
    itself on raw data.
    """
    if cell.augmented:
        yield replace(cell, augmented=False)
        return
    entry = ARCHITECTURES.get(cell.architecture)
    for model in product(entry.compared_with if entry else (), (True, False)):
        yield cell.of(model)


def _compared(which: Callable[[Cell, Cell], bool]) -> Callable[[Errors], Pairs]:
    """Those of a cell's references that are wanted, at every size."""

    def pairs(errors: Errors) -> Pairs:
        for cell in _grid(errors):
            for other in references(cell):
                if other in errors and which(cell, other):
                    yield cell, other

    return pairs


def _corrections(errors: Errors) -> Pairs:
    """Each model with the sensor's offset undone, and without, at every size."""
    for cell in _grid(errors):
        other = replace(cell, corrected=False)
        if cell.corrected and other in errors:
            yield cell, other


def _sizes(errors: Errors) -> Pairs:
    """The equivariant network at the smallest size, the standard one at the largest."""
    small = [cell for cell in _grid(errors) if cell.model == EQUIVARIANT]
    large = [cell for cell in _grid(errors) if cell.model == STANDARD]
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
    def place(cell: Cell) -> tuple[float, Cell]:
        return mean(map(log, errors[cell].values())) if errors[cell] else inf, cell

    return min(cells, key=place)


COMPARISONS: Mapping[str, Callable[[Errors], Pairs]] = {
    # equivariant raw against standard augmented
    "built_in": _compared(lambda cell, other: not cell.augmented and other.augmented),
    # standard augmented against standard raw
    "copies": _compared(lambda cell, _: cell.augmented and not is_symmetric(cell.architecture)),
    # equivariant raw against standard raw
    "symmetry": _compared(lambda cell, other: not cell.augmented and not other.augmented),
    # equivariant augmented against equivariant raw
    "both": _compared(lambda cell, _: cell.augmented and is_symmetric(cell.architecture)),
    "correction": _corrections,
    "few_samples": _sizes,
    "baselines": _baselines,
}
