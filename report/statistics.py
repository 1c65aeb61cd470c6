"""What the draws say: arrays in, numbers out.

All comparisons are made on logarithms of errors, draw by draw: a difference of logs is a ratio of
errors, which means the same at every training size, and pairing takes out what a draw does to all
models alike.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

LEVEL = 0.95  # of every interval
ALPHA = 0.05  # of every test
EXACT_FLIPS = 2**16  # up to so many sign flips, all of them are tried
RANDOM_FLIPS = 99_999

# Weights on the log errors of (standard raw, standard augmented, equivariant raw, equivariant
# augmented). The interaction is the difference between augmentation's two effects, not half of it:
# as a ratio, it says by what factor augmentation's effect differs between the architectures.
FACTORIAL = {
    "architecture": (-0.5, -0.5, 0.5, 0.5),
    "augmentation": (-0.5, 0.5, -0.5, 0.5),
    "interaction": (1.0, -1.0, -1.0, 1.0),
}


class Interval(NamedTuple):
    """Means and the ends of their confidence intervals, each of shape (c,)."""

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def t_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """Return the mean over draws of values (S, c) and its t-interval.

    Student's interval rather than a bootstrap: log ratios over draws are close to normal, it needs
    no seed, and it stays honest at the three draws of a trial run, where resampling three values
    cannot. The ends are NaN where S < 2, and the mean too where S = 0.
    """
    values = np.asarray(values, dtype=float)
    draws = len(values)
    unknown = np.full(values.shape[1:], np.nan)
    mean = values.mean(axis=0) if draws else unknown
    if draws < 2:
        return Interval(mean, unknown, unknown)
    error = values.std(axis=0, ddof=1) / np.sqrt(draws)
    reach = stdtrit(draws - 1, (1 + level) / 2) * error
    return Interval(mean, mean - reach, mean + reach)


def geometric_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """Return the geometric mean over draws of positive values (S, c) and its t-interval."""
    return Interval(*(np.exp(part) for part in t_interval(np.log(values), level)))


def quartiles(values: ArrayLike) -> tuple[float, float, float]:
    """Return the lower quartile, the median and the upper quartile of values (n,), n > 0.

    Where a quartile falls between two values, it is midway. Values may be infinite.
    """
    shares = (0.25, 0.5, 0.75)
    values = np.asarray(values, dtype=float)
    below, above = (np.quantile(values, shares, method=side) for side in ("lower", "higher"))
    low, median, high = (below + above) / 2
    return float(low), float(median), float(high)


def sign_flip_p(differences: ArrayLike, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return two-sided p-values (c,) for "the mean of differences (S, c) is zero".

    Under the null hypothesis a draw's difference is as likely to have the other sign. Exact (all
    2^S flips) while 2^S <= 2^16; beyond, (b + 1) / (n + 1) with n = 99,999 random flips, b of them
    at least as extreme (Phipson and Smyth 2010). NaN where S < 2: one draw tests nothing.
    """
    differences = np.asarray(differences, dtype=float)
    draws = len(differences)
    if draws < 2:
        return np.full(differences.shape[1:], np.nan)
    exact = 2**draws <= EXACT_FLIPS
    if exact:
        flips = np.arange(2**draws)[:, None] >> np.arange(draws) & 1  # (2^S, S)
    else:
        flips = rng.integers(0, 2, size=(RANDOM_FLIPS, draws), dtype=np.int8)
    sums = (1.0 - 2.0 * flips) @ differences  # (flips, c)
    rounding = 1e-12 * np.abs(differences).sum(axis=0)  # equal sums count as extreme
    extreme = (np.abs(sums) >= np.abs(differences.sum(axis=0)) - rounding).sum(axis=0)
    return extreme / len(flips) if exact else (extreme + 1) / (len(flips) + 1)


def smallest_p(draws: int) -> float:
    """Return the smallest p-value that `sign_flip_p` can give with this many draws."""
    flips = 2**draws
    return 2 / flips if flips <= EXACT_FLIPS else 1 / (RANDOM_FLIPS + 1)


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Return Holm's step-down adjustment of a family's p-values (c,).

    Rejecting where the result is below alpha keeps the chance of any false rejection in the family
    below alpha. NaN (not tested) stays NaN and does not count.
    """
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    order = np.argsort(p)[: np.isfinite(p).sum()]  # NaN sorts last
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def percent(log_ratio: ArrayLike) -> NDArray[np.float64]:
    """Return the change in per cent that a log ratio stands for: log(1/2) is -50."""
    return 100 * np.expm1(np.asarray(log_ratio, dtype=float))
