"""What the tuning chose, what luck it had, and what another budget gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log, nan, sqrt
from operator import attrgetter
from statistics import fmean, variance

from report.contrasts import Contrast
from report.findings import Findings
from study.about import About
from study.comparisons import STANDARD, STANDARD_AUGMENTED
from study.conditions import CONDITIONS, EQUIVARIANT, LUCK, Model
from study.design import Cell
from study.grid import SHARE, short
from study.labels import in_order
from study.records import Record
from study.space import Space

NEAR = 1.5  # a learning rate within this factor of a bound is at the space's edge
CHOICES = ("depth", "width", "activation", "batch_size", "optimizer", "loss")
ORDERED = ("depth", "width", "batch_size")  # their lowest and highest values are edges


@dataclass(frozen=True)
class Luck:
    """How much a source of luck moves the error of a model: alone, or all sources together.

    deviation: of the logarithm of the error between draws of this source while the others are held
    (over repetitions, where all are drawn anew). share: of the variance over repetitions; since
    sources act together, shares may add to more than one.
    """

    source: str  # of conditions.LUCK, or "all"
    deviation: float
    share: float


def lucks(found: Findings) -> dict[Cell, list[Luck]]:
    """The sources of luck of each cell of the grid, where a study draws them anew."""
    sources: dict[Cell, dict[str, list[Cell]]] = {}
    for cell in found.errors:
        if anew := CONDITIONS[cell.condition].anew:
            grid = replace(cell, condition="")
            sources.setdefault(grid, {}).setdefault(anew[0], []).append(cell)
    told = [cell for cell in sorted(sources) if len(found.errors.get(cell, ())) > 1]
    return {cell: _lucks(found, cell, sources[cell]) for cell in told}


def _lucks(found: Findings, grid: Cell, sources: Mapping[str, Sequence[Cell]]) -> list[Luck]:
    parts: dict[str, float] = {
        source: _within([found.errors[cell] for cell in (grid, *sources[source])])
        for source in LUCK
        if source in sources
    }
    parts["all"] = whole = found.estimates[grid].deviation ** 2
    return [Luck(source, sqrt(part), part / whole) for source, part in parts.items()]


def _within(draws: Sequence[Mapping[int, float]]) -> float:
    """The variance of log errors between draws, on average over the repetitions that all have."""
    common = set.intersection(*(set(draw) for draw in draws))
    return fmean(variance([log(draw[one]) for draw in draws]) for one in common) if common else nan


@dataclass(frozen=True)
class Share:
    """How often a model's winners chose a value, and which end of its space that value is."""

    model: Model
    hyperparameter: str
    value: str
    share: float
    end: str = ""  # "lowest" or "highest"


def shares(found: Findings) -> list[Share]:
    """What the winners of repetitions 1, 2, ... of the grid chose, by model."""
    chosen: dict[Model, list[Record]] = {}
    for (cell, repetition), winner in found.winners.items():
        if repetition and winner and not cell.condition:
            chosen.setdefault(cell.model, []).append(winner)
    spaces = dict(found.about.spaces)
    return [
        share
        for model in in_order(chosen)
        if model[0] in spaces
        for share in _shares(model, spaces[model[0]], chosen[model])
    ]


def _shares(model: Model, space: Space, chosen: Sequence[Record]) -> Iterator[Share]:
    for name in CHOICES:
        values = getattr(space, name)
        ends = {}
        if name in ORDERED and len(values) > 1:
            ends = {min(values): "lowest", max(values): "highest"}
        for value in values:
            share = fmean(getattr(one, name) == value for one in chosen)
            yield Share(model, name, str(value), share, ends.get(value, ""))
    low, high = space.learning_rate
    near = {
        f"near the lower bound, {low:g}": fmean(o.learning_rate <= NEAR * low for o in chosen),
        f"near the upper bound, {high:g}": fmean(o.learning_rate >= high / NEAR for o in chosen),
    }
    for value, share in near.items():
        yield Share(model, "learning_rate", value, share)


@dataclass(frozen=True)
class Lead:
    """Equivariant raw against a standard model under one tuning budget."""

    proposals: int
    finalists: int
    steps: int  # of a full training
    contrast: Contrast

    @property
    def total(self) -> int:
        """Steps of a repetition's tuning in all."""
        return self.proposals * short(self.steps) + self.finalists * self.steps


def leads(found: Findings) -> list[Lead]:
    """The leads of equivariant raw under each tuning budget; none where there is but one."""
    budgets = {cell.condition for cell in found.errors if CONDITIONS[cell.condition].proposals}
    told = [
        _lead(found.about, found.contrast(cell, reference))
        for cell in (found.errors if budgets else ())
        if cell.model == EQUIVARIANT and cell.condition in budgets | {""}
        for reference in map(cell.of, (STANDARD_AUGMENTED, STANDARD))
        if reference in found.errors
    ]
    order = attrgetter("contrast.cell.m", "contrast.label", "total", "contrast.cell.condition")
    return sorted(told, key=order)


def _lead(about: About, contrast: Contrast) -> Lead:
    declared = CONDITIONS[contrast.cell.condition]
    proposals, finalists = about.proposals, about.finalists
    if declared.proposals:
        proposals, finalists = declared.proposals, max(1, declared.proposals // SHARE)
    steps = round(declared.times * about.steps)
    return Lead(proposals, finalists, steps, contrast)
