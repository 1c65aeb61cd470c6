"""Records -> findings: what a page tells, as typed values. Nothing here draws, words or writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, log, nan
from statistics import median, stdev

from report import contrasts
from report.contrasts import Contrast
from report.statistics import FAMILY, Interval, bonferroni, geometric_interval, holm, sign_flip_p
from study.about import About
from study.bag import SQUARE
from study.comparisons import COMPARISONS, Errors
from study.design import Cell, Request, deciding_error, winners
from study.records import STATUSES, Record
from study.simulate import FAULT
from study.sweep import FAILED_MSE
from study.version import NUMBERS


@dataclass(frozen=True)
class Findings:
    """A study's records that count, and what follows from them at once."""

    about: About
    records: Mapping[Request, Record]
    left_out: int  # records that don't count
    winners: Mapping[tuple[Cell, int], Record | None]  # repetition 0, the exercise, included
    finals: Mapping[Cell, Mapping[int, Record]]  # what repetitions 1, 2, ... come to
    rows: str  # "test", or "validation" where there is no test file: whose error counts

    def score(self, record: Record) -> float | None:
        """A record's error on the rows that count, as an MSE."""
        return record.test_mse if self.rows == "test" else record.validation_mse

    @cached_property
    def errors(self) -> Errors:
        """The error of each repetition, by cell."""
        return contrasts.measured(self.finals, self.score)

    @cached_property
    def grid(self) -> list[Cell]:
        """The cells of the grid proper that have errors, by size, correction and model."""
        return contrasts.by_place(cell for cell in self.errors if not cell.condition)

    @cached_property
    def estimates(self) -> Mapping[Cell, Estimate]:
        """The error of each cell."""
        return {
            cell: estimate(errors.values(), self.shared(cell.m))
            for cell, errors in self.errors.items()
        }

    @property
    def grid_estimates(self) -> dict[Cell, Estimate]:
        """The estimates of the grid's cells, by size, correction and model."""
        return {cell: self.estimates[cell] for cell in self.grid}

    @cached_property
    def chose_by(self) -> Errors:
        """The error of each repetition on the rows that chose it."""
        return contrasts.measured(self.finals, lambda one: one.validation_mse)

    @cached_property
    def declared(self) -> list[Contrast]:
        """The contrasts that the study declared before it ran: their intervals hold together.

        Those of a cell without errors count in the family, too, and have no interval. The errors on
        the rows that chose decide which network or baseline is the best.
        """
        asked: Errors = {
            request.cell: {}
            for request in self.records
            if request.repetition and request.stage in ("full", "fitted")
        }
        known = {**asked, **self.chose_by}
        pairs = [(name, cells) for name in self.about.primary for cells in COMPARISONS[name](known)]
        level = bonferroni(FAMILY, len(pairs))
        return [
            contrasts.contrast(self.errors, *cells, self.about, name=name, level=level)
            for name, cells in pairs
        ]

    @property
    def primary(self) -> list[Contrast]:
        """The declared contrasts of which there is a result."""
        return [one for one in self.declared if one.n]

    @cached_property
    def p_values(self) -> list[tuple[float, float]]:
        """The sign-flip p-values of the primary contrasts, as they are and adjusted by Holm."""
        ps = [sign_flip_p(list(one.log_ratios.values())) if one.n else 1.0 for one in self.declared]
        pairs = zip(self.declared, ps, holm(ps), strict=True)
        return [(p, adjusted) for one, p, adjusted in pairs if one.n]

    @cached_property
    def starts(self) -> Mapping[Cell, list[Record]]:
        """The further starts of the exercise's cells."""
        told: dict[Cell, list[Record]] = {}
        for request, one in self.records.items():
            if request.stage == "start":
                told.setdefault(request.cell, []).append(one)
        return told

    @property
    def unfinished(self) -> bool:
        """Whether trainings are still to come."""
        return len(self.records) < self.about.planned

    @property
    def settled(self) -> bool:
        """Whether it is complete, with repetitions enough for a verdict on what it declared."""
        return not self.unfinished and any(one.verdict != "too few" for one in self.primary)

    def contrast(self, cell: Cell, reference: Cell) -> Contrast:
        """An exploratory contrast."""
        return contrasts.contrast(self.errors, cell, reference, self.about)

    def shared(self, m: int) -> float:
        """The share of their rows that two repetitions have in common."""
        return contrasts.in_common(self.about, m)


def gather(records: Sequence[Record], about: About) -> Findings:
    """The findings of a study. Records of another version of the numbers don't count."""
    counted = contrasts.by_request(one for one in records if one.numbers == NUMBERS)
    chosen = winners(counted, about.choose_by)
    return Findings(
        about=about,
        records=counted,
        left_out=len(records) - len(counted),
        winners=chosen,
        finals=contrasts.finals(counted, chosen),
        rows="test" if any(one.test_mse is not None for one in counted.values()) else "validation",
    )


@dataclass(frozen=True)
class Estimate:
    """A geometric mean error over repetitions, its 95 % t-interval, and the errors themselves."""

    errors: tuple[float, ...]
    interval: Interval

    @property
    def n(self) -> int:
        """Repetitions."""
        return len(self.errors)

    @property
    def deviation(self) -> float:
        """Standard deviation of the errors' logarithms; NaN below two of them."""
        return stdev(map(log, self.errors)) if self.n > 1 else nan


def estimate(errors: Iterable[float], shared: float) -> Estimate:
    """The estimate from one error of each repetition; shared: of their rows."""
    values = tuple(errors)
    return Estimate(values, geometric_interval(values, shared))


def stages(found: Findings) -> dict[str, dict[str, int]]:
    """How many trainings of each stage came to each status."""
    counts: dict[str, dict[str, int]] = {}
    for one in found.records.values():
        counts.setdefault(one.stage, dict.fromkeys(STATUSES, 0))[one.status] += 1
    return counts


def unsound(found: Findings) -> dict[Cell, list[int]]:
    """The repetitions in which no network is sound, by cell."""
    told: dict[Cell, list[int]] = {}
    for (cell, repetition), winner in sorted(found.winners.items(), key=lambda item: item[0]):
        if winner is None:
            told.setdefault(cell, []).append(repetition)
    return told


def exercise(found: Findings) -> list[Record]:
    """The winners of repetition 0, by size, correction and model."""
    best = {
        cell: one for (cell, repetition), one in found.winners.items() if one and not repetition
    }
    return [best[cell] for cell in contrasts.by_place(best)]


@dataclass(frozen=True)
class Swept:
    """The trainings of a sweep by model and width."""

    cell: Cell
    width: int
    trainings: int
    best: Record | None  # by validation
    median_mse: float  # on the rows that count; infinite where half of them diverged
    failed: float  # share


def swept(found: Findings) -> list[Swept]:
    """A sweep's trainings, by size, model and width."""
    groups: dict[tuple[Cell, int], list[Record]] = {}
    for request, one in found.records.items():
        if request.stage == "sweep":
            groups.setdefault((request.cell, one.width), []).append(one)
    cells = contrasts.by_place({cell for cell, _ in groups})
    order = sorted(groups, key=lambda place: (cells.index(place[0]), place[1]))
    return [_swept(found, *place, groups[place]) for place in order]


def _swept(found: Findings, cell: Cell, width: int, group: Sequence[Record]) -> Swept:
    best, *_ = sorted(group, key=by_validation)
    scores = [found.score(one) for one in group]
    middle = median(inf if one is None else one for one in scores)
    failed = sum(one.status != "sound" or (one.train_mse or 0) > FAILED_MSE for one in group)
    sound = best if best.status == "sound" else None
    return Swept(cell, width, len(group), sound, middle, failed / len(group))


def by_validation(one: Record) -> tuple[bool, float, str]:
    """Orders records by validation MSE, those that failed last."""
    return one.status != "sound", deciding_error(one, "mse"), one.key


def floor(found: Findings) -> Interval | None:
    """The noise floor, an MSE with its 95 % interval, where it bounds all errors on its rows."""
    known = found.about.floor_mse
    if known is None or found.about.floor_rows != found.rows:
        return None
    singles = [*exercise(found), *(one.best for one in swept(found) if one.best)]
    shown = [found.score(one) for one in singles]
    shown += [one.interval.mean for one in found.estimates.values()]
    if any(error is not None and error < known for error in shown):
        return None
    reach = 1.96 * (found.about.floor_error or 0.0)
    return Interval(known, known - reach, known + reach)


@dataclass(frozen=True)
class Offset:
    """An offset estimated from m samples; sensor: counted from 1, none where none was found."""

    m: int
    repetition: int
    sensor: int | None
    offset: float
    error: float  # standard error


def offsets(found: Findings) -> list[Offset]:
    """The estimates of the sensor's offset of all repetitions, the exercise's first."""
    known = {
        (one.m, one.repetition): Offset(
            one.m, one.repetition, one.offset_sensor, one.offset, one.offset_error
        )
        for one in found.records.values()
        if one.offset is not None and one.offset_error is not None and not one.condition
    }
    return [known[place] for place in sorted(known)]


def true_offset(found: Findings) -> tuple[int, float] | None:
    """The sensor, counted from 1, and the offset that the samples were simulated with."""
    if not found.about.simulated:
        return None
    sensor = max(range(SQUARE.flows), key=lambda one: abs(FAULT[one]))
    return sensor + 1, FAULT[sensor]


def seconds(found: Findings) -> dict[str, float]:
    """Seconds of computing by stage, the longest first."""
    spent: dict[str, float] = {}
    for one in found.records.values():
        spent[one.stage] = spent.get(one.stage, 0.0) + one.seconds
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def made_with(found: Findings, field: str) -> dict[str, int]:
    """How many records each value of a field stands on, such as a version of the code."""
    return dict(Counter(str(getattr(one, field)) for one in found.records.values()).most_common())
