"""Two studies side by side: which of their differences are within the intervals?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, log, nan
from pathlib import Path

import numpy as np
from scipy.stats import ttest_ind

from report import formats
from report.contrasts import label_of
from report.findings import Findings
from report.reading import read_findings
from report.statistics import LEVEL, Interval, t_interval
from study.design import Cell
from study.errors import StudyError
from study.labels import correction_label

Values = Mapping[int, float]  # logarithms, by repetition


@dataclass(frozen=True)
class Difference:
    """How an error, or an effect, differs between two studies; interval: of the second's change."""

    cell: Cell
    label: str
    is_effect: bool  # of one model over another; else an error
    first: float  # logarithms
    second: float
    interval: Interval

    @property
    def agrees(self) -> bool:
        """Whether the interval has room for no difference."""
        return self.interval.holds(0)

    @property
    def verdict(self) -> str:
        """The same in a word, where the interval is known."""
        word = "agree" if self.agrees else "differ"
        return "no interval" if isnan(self.interval.low) else word


def paired(first: Findings, second: Findings) -> bool:
    """Whether repetitions of the two have the same samples and streams."""
    one, other = first.about, second.about
    return (one.data_checksum, one.root_seed) == (other.data_checksum, other.root_seed)


def differences(first: Findings, second: Findings) -> list[Difference]:
    """The differences of the errors of the grid's cells that both have, then of their effects.

    Repetition by repetition where these are paired, otherwise by Welch's interval.
    """
    mine, others, pair = _logarithms(first), _logarithms(second), paired(first, second)
    return [
        _difference(*place, values, others[place], first.shared(place[0].m) if pair else None)
        for place, values in mine.items()
        if place in others
    ]


def _logarithms(found: Findings) -> dict[tuple[Cell, str, bool], Values]:
    """Of errors, by cell, and of effects: each with its label, and whether it is an effect."""
    errors = {
        (cell, label_of(cell), False): {r: log(error) for r, error in found.errors[cell].items()}
        for cell in found.grid
    }
    return {**errors, **{(one.cell, one.label, True): one.log_ratios for one in found.primary}}


def _difference(
    cell: Cell, label: str, is_effect: bool, first: Values, second: Values, shared: float | None
) -> Difference:
    """shared: the share of rows that two repetitions have in common; none where not paired."""
    one, other = (float(np.mean(list(values.values()))) for values in (first, second))
    if shared is None:
        interval = _welch(list(second.values()), list(first.values()))
    else:
        interval = t_interval([second[r] - first[r] for r in first if r in second], shared=shared)
    return Difference(cell, label, is_effect, one, other, interval)


def _welch(values: list[float], others: list[float]) -> Interval:
    """The difference of two means and its 95 % interval, without equal variances (Welch 1947)."""
    mean = float(np.mean(values) - np.mean(others))
    if min(len(values), len(others)) < 2:
        return Interval(mean, nan, nan)
    low, high = ttest_ind(values, others, equal_var=False).confidence_interval(LEVEL)
    return Interval(mean, mean if isnan(low) else float(low), mean if isnan(high) else float(high))


def compare(folders: Sequence[Path]) -> Iterator[str]:
    """The studies of two folders side by side."""
    if len(folders) != 2:
        raise StudyError(
            f"--compare: expected the folders of two studies, found {len(folders)}; name the first "
            "and the second"
        )
    yield f"First: {folders[0]}; second: {folders[1]}."
    yield ""
    yield from table(*map(read_findings, folders))


def table(first: Findings, second: Findings) -> Iterator[str]:
    """The two studies side by side, in Markdown."""
    found = differences(first, second)
    how = "repetition by repetition" if paired(first, second) else "as independent studies"
    yield f"Compared {how}; in brackets 95 % intervals."
    yield ""
    yield "| m | training data | compared | first | second | change (%) | |"
    yield "| ---: | :--- | :--- | ---: | ---: | ---: | :--- |"
    for one in found:
        values = [
            f"{formats.change(value)} %" if one.is_effect else formats.error(float(np.exp(value)))
            for value in (one.first, one.second)
        ]
        yield (
            f"| {one.cell.m} | {correction_label(one.cell.corrected)} | {one.label} | "
            f"{' | '.join(values)} | {formats.change_interval(one.interval)} | "
            f"{one.verdict} |"
        )
    known = [one for one in found if not isnan(one.interval.low)]
    agreed = sum(one.agrees for one in known)
    yield ""
    yield f"{agreed} of {len(known)} differences are within their 95 % intervals."
