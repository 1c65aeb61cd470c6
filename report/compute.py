"""Error against computing: how a network's validation error falls with its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from report.contrasts import Contrast, contrast
from report.findings import Findings
from study.comparisons import STANDARD_AUGMENTED
from study.conditions import EQUIVARIANT
from study.design import GAP, Cell
from study.records import Record


@dataclass(frozen=True)
class Curve:
    """The lowest validation error so far, after each of k validations of the winners' training."""

    cell: Cell
    n: int  # repetitions
    steps: NDArray[np.floating]  # (k,)
    errors: NDArray[np.floating]  # (k,), geometric means over repetitions
    seconds: float  # of one step, on one core


def curves(found: Findings) -> list[Curve]:
    """A curve for each cell of the grid; of corrected data, where there are any."""
    told = [_curve(cell, list(found.finals[cell].values())) for cell in found.grid]
    known = [one for one in told if one is not None]
    return [one for one in known if one.cell.corrected] or known


def _curve(cell: Cell, records: Sequence[Record]) -> Curve | None:
    kept = [one for one in records if one.curve and one.last_step]
    falling = [np.minimum.accumulate(np.frombuffer(one.curve or b"", "<f4")) for one in kept]
    if not falling or {len(one) for one in falling} != {max(2, len(falling[0]))}:
        return None  # some ended early, or there is one validation alone
    return Curve(
        cell,
        len(kept),
        steps=GAP * np.arange(1.0, 1 + len(falling[0])),
        errors=np.exp(np.mean(np.log(falling), axis=0)),
        seconds=float(np.mean([one.seconds / one.last_step for one in kept])),
    )


def budgets_matched(found: Findings) -> list[tuple[Contrast, Contrast]]:
    """Equivariant raw against standard augmented with as many steps, and with as many epochs.

    The second lets the standard network see each of its copies as often as the equivariant one
    sees its samples, which takes as many times the steps as there are symmetries. Both over the
    repetitions that have both.
    """
    pairs = []
    for cell in (one for one in found.grid if one.model == EQUIVARIANT):
        steps = cell.of(STANDARD_AUGMENTED)
        epochs = replace(steps, condition="matched_epochs")
        three = {one: found.errors.get(one, {}) for one in (cell, steps, epochs)}
        if common := sorted(set.intersection(*map(set, three.values()))):
            errors = {one: {r: known[r] for r in common} for one, known in three.items()}
            one, other = (contrast(errors, cell, each, found.about) for each in (steps, epochs))
            pairs.append((one, other))
    return pairs
