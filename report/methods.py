"""All methods side by side: networks, networks averaged, controls and baselines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

from report.contrasts import Contrast
from report.findings import Estimate, Findings, estimate
from report.statistics import Interval, t_interval
from study.architectures import ARCHITECTURES, is_symmetric
from study.comparisons import STANDARD, STANDARD_AUGMENTED, references
from study.conditions import AUGMENTED, CONDITIONS, EQUIVARIANT
from study.design import Cell


@dataclass(frozen=True)
class Method:
    """A way to answer: a network of the grid, one averaged over the symmetries, or a condition's.

    against: the contrast with the cell of the grid that a condition varies; none for others.
    """

    cell: Cell
    averaged: bool
    estimate: Estimate
    parameters: float | None  # the median; none where the samples themselves are the model
    equivariance_error: float | None  # the median
    against: Contrast | None


def methods(found: Findings) -> dict[tuple[int, bool], list[Method]]:
    """All methods by size and correction, the best first, where there are conditions."""
    cells = [cell for cell in found.errors if not CONDITIONS[cell.condition].anew]
    places = sorted({(cell.m, cell.corrected) for cell in cells if cell.condition})
    listed = {
        place: [method(found, one) for one in cells if (one.m, one.corrected) == place]
        for place in places
    }
    for mine in listed.values():
        mine += [
            _averaged(found, one)
            for one in list(mine)
            if not one.cell.condition and any(_orbit_errors(found, one.cell))
        ]
        mine.sort(key=lambda one: one.estimate.interval.mean)
    return listed


def method(found: Findings, cell: Cell) -> Method:
    """What answers in a cell, as it is."""
    records = found.finals[cell].values()
    parameters = [one.parameters for one in records if one.parameters is not None]
    departures = [one.equivariance_error for one in records if one.equivariance_error is not None]
    reference = _reference(found, cell)
    return Method(
        cell,
        False,
        found.estimates[cell],
        median(parameters) if parameters else None,
        median(departures) if departures else None,
        found.contrast(cell, reference) if reference else None,
    )


def _averaged(found: Findings, one: Method) -> Method:
    """A network averaged over the symmetries when it is asked; nothing is trained for that."""
    errors = _orbit_errors(found, one.cell)
    mean = estimate(errors, found.shared(one.cell.m))
    return replace(one, averaged=True, estimate=mean, equivariance_error=None)


def _orbit_errors(found: Findings, cell: Cell) -> list[float]:
    """The errors of a cell's networks when they are averaged; none for a symmetric one."""
    if is_symmetric(cell.architecture):
        return []
    return [one.orbit_mse for one in found.finals[cell].values() if one.orbit_mse]


def _reference(found: Findings, cell: Cell) -> Cell | None:
    """The cell of the grid that a condition's cell varies; none for a baseline.

    That whose hyperparameters it takes over, or its own, or else one that its architecture is
    compared with.
    """
    condition, grid = CONDITIONS[cell.condition], replace(cell, condition="")
    if not cell.condition or condition.way == "fitted":
        return None
    entry = ARCHITECTURES.get(cell.architecture)
    models = [condition.follows or cell.model]
    models += [(name, cell.augmented) for name in (entry.compared_with if entry else ())]
    return next((one for one in map(grid.of, models) if one in found.errors), None)


def exploratory(found: Findings) -> list[Contrast]:
    """Contrasts between models that were not declared: other corrections, other architectures."""
    declared = {(one.cell, one.reference) for one in found.primary}
    pairs = [(cell, reference) for cell in found.grid for reference in references(cell)]
    return [
        found.contrast(*pair) for pair in pairs if pair not in declared and pair[1] in found.errors
    ]


def interactions(found: Findings) -> list[tuple[Cell, Interval]]:
    """What copies change for the equivariant network, over what they change for the standard one.

    A ratio of ratios of errors, as a logarithm, by size and correction; without interaction it is
    0. Exploratory.
    """
    told = []
    for cell in (one for one in found.grid if one.model == AUGMENTED):
        four = [*map(cell.of, (AUGMENTED, EQUIVARIANT, STANDARD_AUGMENTED, STANDARD))]
        if set(four) <= set(found.errors):
            one, other = found.contrast(*four[:2]), found.contrast(*four[2:])
            both = [r for r in one.log_ratios if r in other.log_ratios]
            values = [one.log_ratios[r] - other.log_ratios[r] for r in both]
            told.append((cell, t_interval(values, shared=found.shared(cell.m))))
    return told
