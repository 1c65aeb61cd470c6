"""Intervals and tests over repetitions. Numbers in, numbers out.

Comparisons are made on logarithms of errors, repetition by repetition: a difference of logarithms
is a ratio of errors, which means the same at every training size, and pairing takes out what a
repetition's samples do to all models alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

LEVEL = 0.95  # of every interval
EXACT_FLIPS = 2**16  # up to so many sign flips, all of them are tried
RANDOM_FLIPS = 99_999


class Interval(NamedTuple):
    """A mean and the ends of its confidence interval; NaN where they are not known."""

    mean: float
    low: float
    high: float


def t_interval(values: Sequence[float]) -> Interval:
    """The mean of values (n,) and its 95 % t-interval, which takes two values or more.

    Student's interval and no bootstrap: log ratios over repetitions are close to normal, it needs
    no seed, and it holds at the three repetitions of a trial run, where resampling does not.
    """
    n = len(values)
    mean = float(np.mean(values)) if n else np.nan
    if n < 2:
        return Interval(mean, np.nan, np.nan)
    error = np.std(values, ddof=1) / np.sqrt(n)
    reach = float(stdtrit(n - 1, (1 + LEVEL) / 2) * error)
    return Interval(mean, mean - reach, mean + reach)


def geometric_interval(values: Sequence[float]) -> Interval:
    """The geometric mean of positive values (n,) and its 95 % t-interval on logarithms."""
    return Interval(*(float(np.exp(part)) for part in t_interval(np.log(values).tolist())))


def sign_flip_p(differences: Sequence[float], rng: np.random.Generator) -> float:
    """Two-sided p-value for "the mean of differences (n,) is zero"; NaN where n < 2.

    Under the null hypothesis a difference is as likely to have the other sign. Exact, with all 2^n
    flips, while these are at most 2^16; beyond, (b + 1) / (k + 1) with k = 99,999 random flips, b
    of them at least as extreme (Phipson and Smyth 2010).
    """
    n = len(differences)
    if n < 2:
        return float("nan")
    exact = 2**n <= EXACT_FLIPS
    if exact:
        flips = np.arange(2**n)[:, None] >> np.arange(n) & 1  # (2^n, n)
    else:
        flips = rng.integers(0, 2, size=(RANDOM_FLIPS, n), dtype=np.int8)
    sums = (1.0 - 2.0 * flips) @ np.asarray(differences)  # (flips,)
    rounding = 1e-12 * np.abs(differences).sum()  # equal sums count as extreme
    extreme = int((np.abs(sums) >= abs(np.sum(differences)) - rounding).sum())
    return extreme / len(flips) if exact else (extreme + 1) / (len(flips) + 1)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment of a family's p-values (c,).

    To reject where the result is below alpha keeps the chance of any false rejection in the family
    below alpha. NaN, what was not tested, stays NaN and does not count.
    """
    adjusted = np.full(len(p), np.nan)
    order = np.argsort(p)[: int(np.isfinite(p).sum())]  # NaN sorts last
    steps = np.asarray(p)[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted.tolist()
