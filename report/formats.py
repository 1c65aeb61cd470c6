"""Numbers and lists as a reader expects them: digits, units, plurals; a dash for the unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import exp, expm1, floor, isfinite, isinf, isnan, log, log10, sqrt
from typing import Any

from report.statistics import Interval
from study.bag import SQUARE

NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
MANIFOLD = 5  # times: beyond it, per cent say little
ENDLESS = "\N{INFINITY}"


def bold(text: str, really: bool) -> str:
    """The text in bold, or as it is."""
    return f"**{text}**" if really else text


def _known(value: float | None, form: Callable[[float], str]) -> str:
    """A number in its form; a dash where it is not known."""
    if value is None or isnan(value):
        return NOTHING
    return ENDLESS if isinf(value) else form(value)


def interval(found: Interval, form: Callable[[float], str]) -> str:
    """A mean and, where it is known, its interval in brackets, in the form of its numbers."""
    mean, low, high = map(form, found)
    return mean if isnan(found.low) else f"{mean} [{low}, {high}]"


def fixed(value: float | None, decimals: int) -> str:
    """A number with so many decimals."""
    return _known(value, f"{{:,.{decimals}f}}".format)


def error(value: float | None) -> str:
    """An error, with four decimals."""
    return _known(value, "{:.4f}".format)


def millimetres(mse: float | None) -> str:
    """The root mean square distance of an MSE over both coordinates, in whole mm; no unit."""
    return _known(mse, lambda mse: f"{SQUARE.mm * sqrt(2 * mse):.0f}")


def short(value: float) -> str:
    """Two digits, whatever the size: 0.012, 3.4, 120."""
    if value == 0 or not isfinite(value):
        return "0" if value == 0 else _known(value, str)
    digits = max(0, 1 - floor(log10(abs(value))))
    return f"{value:.{digits}f}" if digits < 5 else f"{value:.1e}"


def ratio(log_ratio: float) -> str:
    """A log ratio as a ratio: three decimals, or two digits where it is small."""
    value = exp(log_ratio)
    return f"{value:.3f}" if 0.1 <= value < 1000 else short(value)


def scientific(value: float | None) -> str:
    """Two digits and a power of ten, such as 2.4e-07."""
    return _known(value, "{:.1e}".format)


def percent(share: float) -> str:
    """A share of one in whole per cent; what is less than one is not told as none."""
    return "< 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def change(log_ratio: float) -> str:
    """A log ratio as a change in per cent, with its sign and one decimal; no unit."""
    if isnan(log_ratio):
        return NOTHING
    if log_ratio > log(MANIFOLD):
        return f"{exp(log_ratio):.0f}-fold"
    return signed(100 * expm1(log_ratio), 1)


def signed(value: float, decimals: int) -> str:
    """A number with its sign, and nothing as such."""
    text = f"{value:+.{decimals}f}"
    return text.replace("-", MINUS) if float(text) else text[1:]


def change_interval(log_ratio: Interval) -> str:
    """A mean log ratio and its interval, as changes in per cent."""
    return interval(log_ratio, change)


def p_value(p: float) -> str:
    """Three digits, or that it is below them."""
    return _known(p, lambda p: "< 0.001" if p < 0.001 else f"{p:.3f}")


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
