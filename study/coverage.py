"""Do a study's intervals hold what other root seeds find? A table over repeated studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from study.contrasts import Contrast


@dataclass(frozen=True)
class Coverage:
    """One contrast over S studies: its effects, and how often an interval holds the others' mean.

    Effects are logarithms of ratios of errors. spread is their standard deviation over studies;
    error is the mean of the standard errors that the studies tell for themselves.
    """

    m: int
    corrected: bool
    label: str
    effects: tuple[float, ...]  # (S,)
    spread: float
    error: float
    held: int

    @property
    def studies(self) -> int:
        """How many studies there are."""
        return len(self.effects)


def coverage(studies: Sequence[Sequence[Contrast]]) -> list[Coverage]:
    """The coverage of each contrast; all studies have the same contrasts, in one order."""
    return [_coverage(list(contrasts)) for contrasts in zip(*studies, strict=True)]


def _coverage(contrasts: Sequence[Contrast]) -> Coverage:
    first = contrasts[0]
    effects = np.array([float(one.interval.mean) for one in contrasts])
    others = (effects.sum() - effects) / (len(effects) - 1)
    held = [
        one.interval.low <= mean <= one.interval.high
        for one, mean in zip(contrasts, others, strict=True)
    ]
    errors = [np.std(one.log_ratios, ddof=1) / np.sqrt(len(one.log_ratios)) for one in contrasts]
    return Coverage(
        m=first.m,
        corrected=first.corrected,
        label=first.label,
        effects=tuple(effects.tolist()),
        spread=float(effects.std(ddof=1)),
        error=float(np.mean(errors)),
        held=int(np.sum(held)),
    )
