"""What the networks of a cell are trained on: a draw, a faulty sensor put right where asked."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from study.data import Data, Samples, draw
from study.grid import Cell
from study.sensor import Fault, find_fault, undo


class Shown(NamedTuple):
    """Training samples, and the fault that was looked for in them: None where it was not."""

    samples: Samples
    fault: Fault | None


@cache
def shown(data: Data, cell: Cell, number: int) -> Shown:
    """The draw of this number as a cell's networks see it; the loop makes the copies from it.

    Corrected before augmented: copies would spread the fault of one sensor to all four.
    """
    samples = draw(data, cell.m, number)
    if not cell.corrected:
        return Shown(samples, None)
    fault = drawn_fault(data, cell.m, number)
    return Shown(Samples(undo(samples.X, fault), samples.Y), fault)


@cache
def drawn_fault(data: Data, m: int, number: int) -> Fault:
    """The fault in a draw of m samples."""
    return find_fault(draw(data, m, number))
