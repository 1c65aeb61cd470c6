"""Intervals, verdicts and tests over complete repetitions. Numbers in, numbers out.

Comparisons are made on logarithms of errors, repetition by repetition: a difference of logarithms
is a ratio of errors, which means the same at every training size, and pairing takes out what a
repetition's samples do to all models alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import inf, isnan, log1p, sqrt
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import nctdtrinc, stdtrit

from study.seeds import seed

LEVEL = 0.95  # of an interval; what all intervals of a family attain together
# The nominal level of a family. Log ratios have heavy tails, at which t-intervals hold less often
# than they should: at this level all of a family hold in more than 95 % of simulated studies
# (docs/coverage.csv). With a nominal 95 % they all hold in 90 %.
FAMILY = 0.99
POWER = 0.8
FEWEST = 6  # repetitions: with fewer, no sign-flip test can reach 5 %
MANY = 100_000  # repetitions: more than that is no advice
EXACT_FLIPS = 2**16  # up to so many sign flips, all of them are tried
RANDOM_FLIPS = 99_999

Verdict = Literal["lower", "higher", "equal", "open", "too few"]


class Interval(NamedTuple):
    """A mean and the ends of its confidence interval; NaN where they are not known."""

    mean: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether the value lies between the ends; where these are not known, none does."""
        return self.low <= value <= self.high


def t_interval(values: Sequence[float], level: float = LEVEL, shared: float = 0.0) -> Interval:
    """The mean of values (n,) and its t-interval, which takes two values or more.

    shared: the correlation of two values, as repetitions that draw from one small pool have it (at
    most the share of rows that they have in common). The variance of the mean is then
    1 / n + shared / (1 - shared) of the values' variance (Nadeau and Bengio 2003); where all rows
    are shared there is no interval.

    Student's interval and no bootstrap: log ratios over repetitions are close to normal, it needs
    no seed, and it holds at few repetitions, where resampling does not.
    """
    n = len(values)
    mean = float(np.mean(values)) if n else np.nan
    if n < 2 or shared >= 1:
        return Interval(mean, np.nan, np.nan)
    error = np.std(values, ddof=1) * sqrt(1 / n + shared / (1 - shared))
    reach = float(stdtrit(n - 1, (1 + level) / 2) * error)
    return Interval(mean, mean - reach, mean + reach)


def geometric_interval(values: Sequence[float], shared: float) -> Interval:
    """The geometric mean of positive values (n,) and its 95 % t-interval on logarithms."""
    interval = t_interval(np.log(values).tolist(), shared=shared)
    return Interval(*(float(np.exp(part)) for part in interval))


def bonferroni(level: float, size: int) -> float:
    """The level of each of `size` intervals that are to hold together at this level."""
    return 1 - (1 - level) / max(1, size)


def verdict(interval: Interval, n: int, margin: float) -> Verdict:
    """What an interval of n log ratios shows; margin: the change in per cent that counts as none.

    Read off the interval alone: "lower" or "higher" where it excludes zero, else "equal" where it
    lies within the margin (the test of equivalence by inclusion), else "open".
    """
    if n < FEWEST or isnan(interval.low):
        return "too few"
    if interval.high < 0 or interval.low > 0:
        return "lower" if interval.high < 0 else "higher"
    return "equal" if within(interval, margin) else "open"


def within(interval: Interval, margin: float) -> bool:
    """Whether an interval of log ratios lies within so many per cent, up or down."""
    return max(-interval.low, interval.high) < log1p(margin / 100)


def detectable(deviation: float, n: int, level: float = LEVEL) -> float:
    """The log ratio that n pairs find with 80 % power; deviation: that of their log ratios."""
    if n < 2:
        return inf
    away = nctdtrinc(n - 1, 1 - POWER, stdtrit(n - 1, (1 + level) / 2))  # in standard errors
    return float(deviation / sqrt(n) * away)


def needed(deviation: float, effect: float, level: float = LEVEL) -> float:
    """How many pairs find a log ratio of this size with 80 % power; FEWEST or more.

    Infinite beyond MANY.
    """

    def excess(n: float) -> float:
        return detectable(deviation, n, level) - effect  # type: ignore[arg-type]

    if excess(MANY) > 0:
        return inf
    return float(np.ceil(brentq(excess, FEWEST, MANY))) if excess(FEWEST) > 0 else float(FEWEST)


def sign_flip_p(differences: Sequence[float]) -> float:
    """Two-sided p-value for "the mean of differences (n,) is zero"; NaN where n < 2.

    Under the null hypothesis a difference is as likely to have the other sign. Exact, with all 2^n
    flips, while these are at most 2^16; beyond, (b + 1) / (k + 1) with k = 99,999 random flips, b
    of them at least as extreme (Phipson and Smyth 2010).
    """
    n = len(differences)
    if n < 2:
        return float("nan")
    signs = _signs(n)
    rounding = 1e-12 * np.abs(differences).sum()  # equal sums count as extreme
    least = abs(np.sum(differences)) - rounding
    extreme = int((np.abs(signs @ np.asarray(differences)) >= least).sum())
    return extreme / len(signs) if 2**n == len(signs) else (extreme + 1) / (len(signs) + 1)


@lru_cache(2)
def _signs(n: int) -> NDArray[np.floating]:
    """Flips (k, n) as signs: all, or random ones, which are the same for all tests of so many."""
    if 2**n <= EXACT_FLIPS:
        flips = np.arange(2**n)[:, None] >> np.arange(n) & 1
    else:
        rng = np.random.default_rng(seed("sign flips", n))
        flips = rng.integers(0, 2, size=(RANDOM_FLIPS, n), dtype=np.int8)
    return 1.0 - 2.0 * flips


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
