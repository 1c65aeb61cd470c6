"""What the networks of a cell are shown: a draw, a faulty sensor put right, then all copies."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from study.data import Data, Samples, draw
from study.grid import Cell
from study.sensor import Fault, find_fault, undo
from study.symmetry import augment


class Shown(NamedTuple):
    """Training samples, and the fault that was looked for in them: None where it was not."""

    samples: Samples
    fault: Fault | None


def shown(data: Data, cell: Cell, number: int) -> Shown:
    """What the networks of a cell are trained on, on the draw of this number.

    Corrected before augmented: copies would spread the fault of one sensor to all four.
    """
    samples, fault = draw(data, cell.m, number), None
    if cell.corrected:
        fault = drawn_fault(data, cell.m, number)
        samples = Samples(undo(samples.X, fault), samples.Y)
    return Shown(Samples(*augment(*samples)) if cell.augmented else samples, fault)


@cache
def drawn_fault(data: Data, m: int, number: int) -> Fault:
    """The fault in a draw of m samples."""
    return find_fault(draw(data, m, number))
