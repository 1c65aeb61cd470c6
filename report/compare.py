"""Two studies compared, cell by cell: did more steps or a wider space change the errors?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from study.contrasts import Errors, log_ratios
from study.statistics import Interval, t_interval

from report.formats import change_interval
from study.design import Cell
from study.labels import correction_label, model_label


@dataclass(frozen=True)
class Change:
    """How a cell's error changes from one study to another, over the repetitions of both."""

    cell: Cell
    pairs: int
    log_ratio: Interval


def changes(first: Errors, second: Errors) -> list[Change]:
    """The changes of the cells of the grid that both studies have, repetition by repetition.

    Repetitions of one root seed have the same samples and streams in both.
    """
    found = []
    for cell in sorted(cell for cell in set(first) & set(second) if not cell.condition):
        ratios = list(log_ratios(second[cell], first[cell]).values())
        found.append(Change(cell, len(ratios), t_interval(ratios)))
    return found


def table(found: Sequence[Change]) -> Iterator[str]:
    """The changes as a table in Markdown."""
    yield "| m | training data | model | repetitions | change of the error (%) |"
    yield "| ---: | :--- | :--- | ---: | ---: |"
    for one in found:
        cell = one.cell
        model = model_label((cell.architecture, cell.augmented))
        yield (
            f"| {cell.m} | {correction_label(cell.corrected)} | {model} | {one.pairs} | "
            f"{change_interval(one.log_ratio)} |"
        )
