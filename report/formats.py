"""Numbers and lists as a reader expects them: digits, units, plurals."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from report import statistics

NOTHING = "\N{EN DASH}"
NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
ENDLESS = "\N{INFINITY}"


def bold(text: str, really: bool) -> str:
    """The text in bold, or as it is."""
    return f"**{text}**" if really else text


def decimals(digits: int) -> Callable[[float], str]:
    """Return a format with so many decimals; NaN becomes a dash, infinity its sign."""
    return lambda value: (
        NOTHING if pd.isna(value) else ENDLESS if value == np.inf else f"{value:.{digits}f}"
    )


mse = decimals(4)
millimetres = decimals(0)


def scientific(value: float) -> str:
    """Two digits and a power of ten, such as 2.4e-07."""
    return NOTHING if pd.isna(value) else f"{value:.1e}"


def whole(value: float) -> str:
    """A count, with thousands apart."""
    return NOTHING if pd.isna(value) else f"{value:,.0f}"


def percent(share: float) -> str:
    """A share of one in per cent."""
    return f"{100 * share:.1f} %"


def change(log_ratio: float) -> str:
    """A log ratio as a change in per cent, with its sign and one decimal; no unit."""
    if pd.isna(log_ratio):
        return NOTHING
    text = f"{float(statistics.percent(log_ratio)):+.1f}"
    return "0.0" if text in {"+0.0", "-0.0"} else text.replace("-", MINUS)


def interval(low: float, high: float) -> str:
    """An interval of log ratios in per cent."""
    return NOTHING if pd.isna(low) else f"{change(low)} to {change(high)}"


def p_value(p: float) -> str:
    """Three digits, or that it is below them."""
    if pd.isna(p):
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def duration(seconds: float) -> str:
    """Seconds in the units that a person would use."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def counted(number: int, noun: str) -> str:
    """The number and the noun, in the plural where it belongs."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(items: Iterable[Any]) -> str:
    """The items as in speech: "a, b and c"."""
    *most, last = [str(item) for item in items]
    return f"{', '.join(most)} and {last}" if most else last


def at(sizes: Sequence[int], all_sizes: Sequence[int], every: str = "every") -> str:
    """At which training sizes: "at m = 25 and 50", or "at every m" where that is several."""
    all_of_them = len(all_sizes) > 1 and list(sizes) == list(all_sizes)
    return f"at {every} m" if all_of_them else f"at m = {listed(sizes)}"


def changes(log_ratios: Sequence[float]) -> str:
    """Changes in per cent: each of up to three, else from the lowest to the highest."""
    each = [f"{change(value)}{NO_BREAK}%" for value in log_ratios]
    if len(log_ratios) > 3:
        ends = [each[place] for place in np.argsort(log_ratios)]
        return f"from {ends[0]} to {ends[-1]}"
    return listed(each)
