"""The flows of a file: read and checked once as a whole, then answered row by row.

The rows wait in a temporary file of numbers, so that memory does not grow with them. What a verdict
on the file needs is kept beside it: a sample of its distinct rows, and how the rows' sums lie.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from locate import table
from study.bag import SQUARE
from study.errors import StudyError
from study.forward import Floats
from study.tables import SUM_TOLERANCE

AT_ONCE = 8192  # rows
SAMPLE = 10_000  # distinct rows at most that the verdict looks at
PER_OCTAVE = 64  # classes of the rows' sums, in a factor of two
OCTAVES = 1024  # either way of 1: all that a float holds
FACTOR = 2.0  # a sum that is so far from the median is odd


@dataclass
class Readings:
    """Flows (rows, N) as they were read, less the zero offsets."""

    name: str
    spool: IO[bytes]
    rows: int = 0
    raw: int = 0  # rows that did not sum to 1
    below: int = 0  # rows with a flow below its zero offset
    sample: Floats = field(default_factory=lambda: np.empty((0, SQUARE.flows)))
    keys: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    sums: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(2 * OCTAVES * PER_OCTAVE, np.int64)
    )

    def blocks(self) -> Iterator[Floats]:
        """The rows in order, some at a time."""
        self.spool.seek(0)
        while block := self.spool.read(AT_ONCE * SQUARE.flows * 8):
            yield np.frombuffer(block).reshape(-1, SQUARE.flows)

    @cached_property
    def median(self) -> float:
        """The median of the rows' sums, within one per cent. Asked for when all rows are in."""
        middle = int(np.searchsorted(np.cumsum(self.sums), (self.rows + 1) / 2))
        return float(2.0 ** ((middle + 0.5) / PER_OCTAVE - OCTAVES))

    def odd(self, flows: Floats) -> NDArray[np.bool_]:
        """Which of these rows (n, N) have a sum that is far from the median."""
        away = flows.sum(axis=1) / self.median
        return (away > FACTOR) | (away < 1 / FACTOR)

    def add(self, flows: Floats, zero: Floats) -> None:
        """Check these rows and count them in."""
        self._check(flows)
        self.below += int((flows < zero).any(axis=1).sum())
        flows = np.maximum(flows - zero, 0.0) + 0.0  # -0.0 + 0.0 is 0.0
        sums = flows.sum(axis=1)
        if not ((sums > 0) & np.isfinite(sums)).all():
            row = int(np.argmin((sums > 0) & np.isfinite(sums)))
            raise StudyError(
                f"{self.name}, row {self.rows + row + 1}: expected flows with a sum above 0, found "
                f"{sums[row]:g}; remove the row: it does not tell where a leak is"
            )
        self.spool.write(flows.tobytes())
        self.rows += len(flows)
        self.raw += int((np.abs(sums - 1) > SUM_TOLERANCE).sum())
        classes = np.floor((np.log2(sums) + OCTAVES) * PER_OCTAVE).astype(int)
        last = len(self.sums) - 1
        self.sums += np.bincount(np.clip(classes, 0, last), minlength=last + 1)
        self._sample(flows)

    def _check(self, flows: Floats) -> None:
        wrong = ~((flows >= 0) & np.isfinite(flows))
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise StudyError(
                f"{self.name}, row {self.rows + row + 1}, column {SQUARE.sensors[column]}: "
                f"expected a number from 0, found {flows[row, column]:g}; correct the cell or "
                "remove the row"
            )

    def _sample(self, flows: Floats) -> None:
        """Keep the distinct rows with the smallest hashes: as good as drawn by chance."""
        keys = _hashes(flows)
        if len(self.keys) == SAMPLE:
            few = keys < self.keys[-1]
            keys, flows = keys[few], flows[few]
        keys, first = np.unique(np.append(self.keys, keys), return_index=True)
        kept = first[:SAMPLE]
        self.keys, self.sample = keys[:SAMPLE], np.concatenate([self.sample, flows])[kept]


def _hashes(flows: Floats) -> NDArray[np.uint64]:
    """A number (n,) for each row's bits; equal rows have equal ones."""
    found = np.zeros(len(flows), np.uint64)
    for column in np.ascontiguousarray(flows).view(np.uint64).T:
        found = (found ^ column) * np.uint64(0x9E3779B97F4A7C15)
        found ^= found >> np.uint64(29)
    return found


@contextmanager
def read(path: Path, zero: Floats) -> Iterator[Readings]:
    """The flows of a file, checked; zero (N,): what each sensor reads without flow.

    Raises StudyError for what isn't flows.
    """
    with tempfile.TemporaryFile() as spool:
        readings = Readings(table.name_of(path), spool)
        for flows in table.read(path):
            readings.add(flows, zero)
        yield readings
