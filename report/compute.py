"""Error against computing: how a network's validation error falls with its steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from report.contrasts import Contrast, contrast
from report.findings import Findings
from study.comparisons import STANDARD_AUGMENTED
from study.conditions import EQUIVARIANT
from study.design import GAP, Cell


@dataclass(frozen=True)
class Curve:
    """The lowest validation error so far, after each of k validations of the winners' training."""

    cell: Cell
    n: int  # repetitions
    steps: NDArray[np.floating]  # (k,)
    errors: NDArray[np.floating]  # (k,), geometric means over repetitions
    seconds: float  # of one step, on one core


def curves(found: Findings) -> list[Curve]:
    """A curve for each cell of the grid; of corrected data, where there are any.

    None where some trainings ended early, or had one validation alone.
    """
    told = []
    for cell in found.grid:
        kept = [one for one in found.finals[cell].values() if one.curve and one.last_step]
        falling = [np.minimum.accumulate(np.frombuffer(one.curve or b"", "<f4")) for one in kept]
        lengths = {len(one) for one in falling}
        if len(lengths) == 1 and min(lengths) > 1:
            steps = GAP * np.arange(1.0, 1 + min(lengths))
            errors = np.exp(np.mean(np.log(falling), axis=0))
            seconds = float(np.mean([one.seconds / one.last_step for one in kept]))
            told.append(Curve(cell, len(kept), steps, errors, seconds))
    return [one for one in told if one.cell.corrected] or told


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
