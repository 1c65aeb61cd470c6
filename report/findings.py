"""Records -> findings: what a page tells, as typed values. Nothing here draws, words or writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, log, nan, sqrt
from statistics import mean, median, variance

from study.about import About
from study.architectures import ARCHITECTURES
from study.conditions import CONDITIONS, LUCK, Model
from study.contrasts import (
    Contrast,
    Errors,
    Rows,
    by_request,
    contrasts,
    errors,
    log_ratios,
    score,
    scored_rows,
)
from study.design import Cell, Request, winners
from study.errors import StudyError
from study.grid import SHARE, short
from study.labels import in_order
from study.records import STATUSES, Record
from study.statistics import Interval, geometric_interval, t_interval
from study.sweep import FAILED_MSE
from study.version import NUMBERS

NEAR = 1.5  # a learning rate within this factor of a bound is at the space's edge
CHOICES = ("depth", "width", "activation", "batch_size", "optimizer", "loss")
ORDERED = ("depth", "width", "batch_size")  # their lowest and highest values are edges


@dataclass(frozen=True)
class Findings:
    """A study's records that count, and what follows from them at once."""

    about: About
    records: Mapping[Request, Record]
    left_out: int  # records that don't count
    winners: Mapping[tuple[Cell, int], Record | None]
    rows: Rows  # whose error counts
    errors: Errors


def gather(records: Sequence[Record], about: About) -> Findings:
    """The findings of a study. Records of another version of the numbers don't count.

    Raises StudyError where a record is of a condition that is not declared.
    """
    for one in records:
        if one.condition not in CONDITIONS:
            raise StudyError(
                f"record {one.key}, column condition: expected one that is declared in "
                f"study/conditions.py, found {one.condition!r}; declare it there"
            )
    counted = by_request(one for one in records if one.numbers == NUMBERS)
    rows = scored_rows(counted.values())
    best = winners(counted, about.choose_by)
    scores = errors(counted, about.choose_by, rows)
    return Findings(about, counted, len(records) - len(counted), best, rows, scores)


@dataclass(frozen=True)
class Estimate:
    """A geometric mean error over repetitions, and its 95 % t-interval."""

    n: int
    interval: Interval


def estimate(errors: Iterable[float]) -> Estimate:
    """The estimate from one error of each repetition."""
    values = list(errors)
    return Estimate(len(values), geometric_interval(values))


@dataclass(frozen=True)
class Progress:
    """How much of a study is there, and which repetitions came to nothing."""

    done: int
    statuses: Mapping[str, int]
    unsound: Mapping[Cell, tuple[int, ...]]  # repetitions in which no network is sound


def progress(found: Findings) -> Progress:
    """Counts of the records that count."""
    statuses = Counter(one.status for one in found.records.values())
    unsound: dict[Cell, tuple[int, ...]] = {}
    for (cell, repetition), winner in sorted(found.winners.items(), key=lambda item: item[0]):
        if winner is None:
            unsound[cell] = (*unsound.get(cell, ()), repetition)
    return Progress(len(found.records), {one: statuses[one] for one in STATUSES}, unsound)


@dataclass(frozen=True)
class Line:
    """The models of the grid at one size and correction."""

    m: int
    corrected: bool
    estimates: Mapping[Model, Estimate]

    @property
    def best(self) -> float:
        """The lowest error."""
        return min(one.interval.mean for one in self.estimates.values())


def lines(found: Findings) -> list[Line]:
    """The grid, a line for each size and correction."""
    grid = {cell: scores for cell, scores in found.errors.items() if not cell.condition}
    places = sorted({(cell.m, cell.corrected) for cell in grid})
    return [
        Line(
            *place,
            {
                (cell.architecture, cell.augmented): estimate(scores.values())
                for cell, scores in grid.items()
                if (cell.m, cell.corrected) == place
            },
        )
        for place in places
    ]


@dataclass(frozen=True)
class Varied:
    """A cell of a condition; log_ratio: of its errors to those of the cell that it varies."""

    cell: Cell
    estimate: Estimate
    reference: Model | None
    pairs: int
    log_ratio: Interval


def varied(found: Findings) -> list[Varied]:
    """The conditions' cells, by condition; those that draw a source of luck anew are left out."""
    order = list(CONDITIONS)
    cells = [
        cell for cell in found.errors if cell.condition and not CONDITIONS[cell.condition].anew
    ]
    models = in_order((cell.architecture, cell.augmented) for cell in cells)

    def place(cell: Cell) -> tuple[int, int, bool, int]:
        model = models.index((cell.architecture, cell.augmented))
        return order.index(cell.condition), cell.m, cell.corrected, model

    return [_varied(found, cell) for cell in sorted(cells, key=place)]


def _varied(found: Findings, cell: Cell) -> Varied:
    reference = _reference(found, cell)
    to = found.errors[reference] if reference else {}
    ratios = list(log_ratios(found.errors[cell], to).values())
    model = (reference.architecture, reference.augmented) if reference else None
    scores = estimate(found.errors[cell].values())
    return Varied(cell, scores, model, len(ratios), t_interval(ratios))


def _reference(found: Findings, cell: Cell) -> Cell | None:
    """The cell of the grid that a condition's cell varies; none for a baseline.

    That whose hyperparameters it takes over, or its own, or else one that its architecture is
    compared with.
    """
    condition, grid = CONDITIONS[cell.condition], replace(cell, condition="")
    if condition.way == "fitted":
        return None
    entry = ARCHITECTURES.get(cell.architecture)
    models = [condition.follows] if condition.follows else [(cell.architecture, cell.augmented)]
    models += [(name, cell.augmented) for name in (entry.compared_with if entry else ())]
    tried = (replace(grid, architecture=name, augmented=augmented) for name, augmented in models)
    return next((one for one in tried if one in found.errors), None)


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
    whole = variance([log(error) for error in found.errors[grid].values()])
    within: dict[str, float] = {
        source: _within([found.errors[cell] for cell in (grid, *cells)])
        for source, cells in sources.items()
    }
    variances: dict[str, float] = {one: within[one] for one in LUCK if one in within}
    variances["all"] = whole
    return [Luck(source, sqrt(part), part / whole) for source, part in variances.items()]


def _within(draws: Sequence[Mapping[int, float]]) -> float:
    """The variance of log errors between draws, on average over the repetitions that all have."""
    common = set.intersection(*(set(draw) for draw in draws))
    return mean(variance([log(draw[one]) for draw in draws]) for one in common) if common else nan


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
            chosen.setdefault((cell.architecture, cell.augmented), []).append(winner)
    spaces = dict(found.about.spaces)
    return [
        share
        for model in in_order(chosen)
        if model[0] in spaces
        for share in (*_choices(found, model, chosen[model]), *_rates(found, model, chosen[model]))
    ]


def _choices(found: Findings, model: Model, chosen: Sequence[Record]) -> Iterator[Share]:
    space = dict(found.about.spaces)[model[0]]
    for name in CHOICES:
        values = getattr(space, name)
        counts = Counter(getattr(one, name) for one in chosen)
        ends = {}
        if name in ORDERED and len(values) > 1:
            ends = {min(values): "lowest", max(values): "highest"}
        for value in values:
            yield Share(model, name, str(value), counts[value] / len(chosen), ends.get(value, ""))


def _rates(found: Findings, model: Model, chosen: Sequence[Record]) -> Iterator[Share]:
    low, high = dict(found.about.spaces)[model[0]].learning_rate
    rates = [one.learning_rate for one in chosen]
    near = {
        f"near the lower bound, {low:g}": sum(rate <= NEAR * low for rate in rates),
        f"near the upper bound, {high:g}": sum(rate >= high / NEAR for rate in rates),
    }
    for value, count in near.items():
        yield Share(model, "learning_rate", value, count / len(rates))


def exercise(found: Findings) -> list[Record]:
    """The winners of repetition 0, by size, correction and model."""
    best = {
        cell: one for (cell, repetition), one in found.winners.items() if one and not repetition
    }
    places = in_order((cell.architecture, cell.augmented) for cell in best)
    order = {model: place for place, model in enumerate(places)}
    return [
        best[cell]
        for cell in sorted(
            best, key=lambda c: (c.m, c.corrected, order[c.architecture, c.augmented])
        )
    ]


@dataclass(frozen=True)
class Swept:
    """The trainings of a sweep by model and width."""

    m: int
    model: Model
    width: int
    trainings: int
    best: Record | None  # by validation
    median_mse: float  # on the rows that count; infinite where half of them diverged
    failed: float  # share


def swept(found: Findings) -> list[Swept]:
    """A sweep's trainings, by size, model and width."""
    groups: dict[tuple[int, Model, int], list[Record]] = {}
    for one in found.records.values():
        if one.stage == "sweep":
            model = (one.architecture, one.augmented)
            groups.setdefault((one.m, model, one.width), []).append(one)
    order = in_order(model for _, model, _ in groups)
    return [
        _swept(found, place, groups[place])
        for place in sorted(groups, key=lambda place: (place[0], order.index(place[1]), place[2]))
    ]


def _swept(found: Findings, place: tuple[int, Model, int], group: Sequence[Record]) -> Swept:
    sound = [one for one in group if one.status == "sound" and one.validation_mse is not None]
    best = min(sound, key=lambda one: (one.validation_mse, one.key), default=None)
    scores = [score(one, found.rows) for one in group]
    middle = median(inf if one is None else one for one in scores)
    failed = sum(one.status != "sound" or (one.train_mse or 0) > FAILED_MSE for one in group)
    return Swept(*place, len(group), best, middle, failed / len(group))


@dataclass(frozen=True)
class Budget:
    """A tuning budget, and a contrast under it."""

    condition: str
    proposals: int
    finalists: int
    steps: int  # of a full training
    contrast: Contrast

    @property
    def total(self) -> int:
        """Steps of a repetition's tuning in all."""
        return self.proposals * short(self.steps) + self.finalists * self.steps


def budgets(found: Findings) -> list[Budget]:
    """The contrasts of equivariant raw under each tuning budget; none where there is but one."""
    there = {cell.condition for cell in found.errors}
    names = sorted(name for name in there if CONDITIONS[name].proposals)
    if not names:
        return []
    return sorted(
        [_budget(found.about, one) for name in ("", *names) for one in main(found, name)],
        key=lambda one: (one.contrast.m, one.contrast.corrected, one.contrast.label, one.total),
    )


def main(found: Findings, condition: str = "") -> list[Contrast]:
    """The contrasts of equivariant raw with the standard models."""
    return [
        one
        for one in contrasts(found.errors, condition)
        if one.model == ("equivariant", False) and one.reference[0] == "standard"
    ]


def _budget(about: About, contrast: Contrast) -> Budget:
    condition = CONDITIONS[contrast.condition]
    proposals, finalists = about.proposals, about.finalists
    if condition.proposals:
        proposals, finalists = condition.proposals, max(1, condition.proposals // SHARE)
    steps = round(condition.times * about.steps)
    return Budget(contrast.condition, proposals, finalists, steps, contrast)


def floor(found: Findings) -> float | None:
    """The noise floor as an MSE, where it bounds all errors on the same rows; otherwise none."""
    known = found.about.floor_mse
    if known is None or found.about.floor_rows != found.rows:
        return None
    singles = [*exercise(found), *(one.best for one in swept(found) if one.best)]
    shown = [score(one, found.rows) for one in singles]
    shown += [estimate(scores.values()).interval.mean for scores in found.errors.values()]
    return known if all(error is None or error >= known for error in shown) else None


def seconds(found: Findings) -> dict[str, float]:
    """Seconds of computing by stage, the longest first."""
    spent: dict[str, float] = {}
    for one in found.records.values():
        spent[one.stage] = spent.get(one.stage, 0.0) + one.seconds
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def made_with(found: Findings, field: str) -> dict[str, int]:
    """How many records each value of a field stands on, such as a version of the code."""
    return dict(Counter(str(getattr(one, field)) for one in found.records.values()).most_common())
