"""What all figures share: colours, lines and markers, axes, labels, and the way to SVG.

Every colour is a plain #rrggbb that reaches 3:1 against white, and 4.5:1 where it colours text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable, Sequence
from math import ceil, expm1, floor, log1p, log10
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure, FigureBase
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from report.blocks import Picture
from report.formats import signed
from report.statistics import Interval
from study.architectures import ARCHITECTURES
from study.bag import SQUARE
from study.conditions import Model
from study.design import Cell
from study.labels import correction_label, in_order, model_label

INK, QUIET, FAINT = "#333333", "#595959", "#8f8f8f"  # words and means; ticks; repetitions
PAPER, WITHOUT_NETWORK = "#ffffff", "#00795a"
WIDE, LABELS, AROUND = 7.2, 1.7, 1.5  # inches: a figure, labels of curves, those of the axes
SMALL = 9  # points, of labels among the marks
LINE: dict[str, Any] = {"color": QUIET, "linewidth": 0.8, "zorder": 0}  # zero, or another guide
MSE = f"MSE in ({SQUARE.mm:g} mm)\N{SUPERSCRIPT TWO}"
CHANGE = "change of the error (%)"
STYLE: dict[Any, Any] = {
    **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), QUIET),
    **dict.fromkeys(("axes.labelcolor", "axes.titlecolor", "text.color"), INK),
    **dict.fromkeys(("legend.fontsize", "xtick.labelsize", "ytick.labelsize"), SMALL),
    **dict.fromkeys(("axes.titlesize", "figure.labelsize", "font.size"), 10),
    **dict.fromkeys(("axes.spines.right", "axes.spines.top", "legend.frameon"), False),
    "axes.titlelocation": "left",
    "font.family": "sans-serif",
    "lines.linewidth": 1.4,
    "lines.markersize": 5,
    "svg.fonttype": "none",  # text stays text: small, searchable, read by screen readers
    "svg.hashsalt": "report",  # ids, and so the bytes, depend on the content only
}
styled = mpl.rc_context(STYLE)  # decorates what draws
End = tuple[float, float, str, str]  # of a curve: x, y, label, colour
_DIGITS = (
    *((1, 1.2, 1.5, 2, 3, 4, 5, 6, 7, 8, 9), (1, 1.5, 2, 3, 4, 5, 6, 8), (1, 1.5, 2, 3, 4, 6, 8)),
    *((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)),
)
_PERCENTS = (0, -50, 100, 50, -20, 20, -10, 10, -75, 300, -40, -30, -5, 5, -90, 900, -2, 2, -1, 1)


def colour(name: str) -> str:
    """An architecture's colour; what is not registered is no network."""
    return ARCHITECTURES[name].colour if name in ARCHITECTURES else WITHOUT_NETWORK


def look(model: Model, **others: Any) -> dict[str, Any]:
    """A model's line and marker: raw solid and filled, augmented dashed and open."""
    one = colour(model[0])
    line, marker, face = ("--", "s", PAPER) if model[1] else ("-", "o", one)
    looks = {"color": one, "linestyle": line, "marker": marker, "markerfacecolor": face}
    return {**looks, **others}


def reach(intervals: Sequence[Interval]) -> NDArray[np.floating]:
    """How far intervals reach below and above their means, (2, n); 0 where they are not known."""
    return np.nan_to_num([[one.mean - one.low, one.high - one.mean] for one in intervals]).T


def legend(figure: Figure, models: Iterable[Model], **others: Any) -> None:
    """Name models above the panels that they are in."""
    handles = [
        Line2D([], [], **look(model, **others), label=model_label(model))
        for model in in_order(models)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2)


def plain_log(axis: Axis, low: float, high: float, most: int = 6) -> None:
    """Tick a logarithmic axis from low to high with plain numbers."""
    powers = [10.0**power for power in range(floor(log10(low)), ceil(log10(high)) + 1)]
    for digits in _DIGITS:
        ticks = [digit * power for power in powers for digit in digits]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= most:
            break
    axis.set(major_locator=FixedLocator(ticks), minor_locator=NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def percent_axis(axis: Axis, low: float, high: float) -> None:
    """Tick an axis of log ratios from low to high in per cent, the plainest changes first."""
    ticks: list[float] = []
    for tick in (log1p(percent / 100) for percent in _PERCENTS):
        if low <= tick <= high and all(abs(tick - one) > (high - low) / 11.5 for one in ticks):
            ticks.append(tick)
    axis.set(major_locator=FixedLocator(ticks), minor_locator=NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: signed(100 * expm1(value), 0)))


def curve_panels(place: FigureBase, ranges: Sequence[tuple[str, float, float]]) -> list[Axes]:
    """Panels side by side over logarithmic x, named and with limits; y is shared.

    The last has room for labels at the right of its curves.
    """
    width = place.get_figure(root=True).get_figwidth() - AROUND - LABELS
    ratios = [1.0] * (len(ranges) - 1) + [1 + LABELS * len(ranges) / width]
    panels = place.subplots(1, len(ranges), sharey=True, squeeze=False, width_ratios=ratios)[0]
    for ax, (name, low, high), ratio in zip(panels, ranges, ratios, strict=True):
        ax.set(xscale="log", xlim=(low, low * (high / low) ** ratio))
        ax.set_xlabel(name, x=0.5 / ratio)
        ax.spines.bottom.set_bounds(low, high)
        plain_log(ax.xaxis, low, high, most=4)
    return list(panels)


def size_panels(cells: Collection[Cell], height: float) -> tuple[Figure, Axes, dict[bool, Axes]]:
    """A figure of such panels over training samples m, the first, and all by correction."""
    titles, ticks = sorted({cell.corrected for cell in cells}), sorted({cell.m for cell in cells})
    figure = Figure((WIDE - 1.8 * (len(titles) < 2), height), layout="constrained")
    ranges = [("training samples m", ticks[0] / 1.3, ticks[-1] * 1.3)] * len(titles)
    first, *others = curve_panels(figure, ranges)
    panels = dict(zip(titles, (first, *others), strict=True))
    for corrected, ax in panels.items():
        ax.xaxis.set_major_locator(FixedLocator(ticks))
        ax.set(yscale="log", title=f"{correction_label(corrected)} data")
    return figure, first, panels


def curve(ax: Axes, x: Sequence[float], intervals: Sequence[Interval], model: Model) -> End:
    """Draw a model's means with their intervals; where the curve ends."""
    y = [one.mean for one in intervals]
    ax.errorbar(x, y, yerr=reach(intervals), **look(model))
    return end(x[-1], y[-1], model)


def end(x: float, y: float, model: Model) -> End:
    """The end of a model's curve."""
    return x, y, model_label(model), colour(model[0])


def apart(places: Sequence[float], gap: float) -> NDArray[np.floating]:
    """Places (n,) within 0 to 1, moved as little as it takes to be a gap apart, in their order."""
    order, steps = np.argsort(places, kind="stable"), gap * np.arange(len(places))
    near = isotonic_regression(np.asarray(places)[order] - steps).x
    moved = np.empty(len(places))
    moved[order] = near.clip(0, max(0.0, 1 - steps[-1])) + steps
    return moved


def label_ends(ax: Axes, ends: Sequence[End]) -> None:
    """Write texts right of the ends of curves, none over another."""
    figure = ax.get_figure(root=True)
    figure.draw_without_rendering()  # type: ignore[union-attr]  # now the axes have their height
    gap = 1.25 * SMALL / 72 * ax.figure.dpi / ax.bbox.height
    to_axes = ax.transData + ax.transAxes.inverted()
    places = apart([to_axes.transform((x, y))[1] for x, y, *_ in ends], gap)
    right = ax.spines.bottom.get_bounds()[1] * 1.1
    for (x, y, text, paint), place in zip(ends, places, strict=True):
        line = {"arrowstyle": "-", "color": paint, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 4}
        line["relpos"] = (0, 0.5)
        style: dict[str, Any] = {"color": paint, "fontsize": SMALL, "va": "center"}
        style |= {"textcoords": ("data", "axes fraction"), "in_layout": False}
        ax.annotate(text, (x, y), (right, place), arrowprops=line, **style)


def svg(figure: Figure, name: str) -> str:
    """The figure as an SVG element; equal figures give equal text.

    Ids start with the name, so that several figures can stand in one page.
    """
    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    element = buffer.getvalue()[buffer.getvalue().index("<svg") :]
    # Matplotlib's ids hash floats whose last bits depend on what was laid out before.
    hashes = dict.fromkeys(re.findall(r'\bid="([a-z][0-9a-f]{10})"', element))
    for number, hashed in enumerate(hashes):
        element = element.replace(hashed, f"{hashed[0]}{number}")
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", element)


def picture(name: str, figure: Figure, alt: str, caption: str) -> Picture:
    """The figure as a block of the page."""
    return Picture(name, alt, caption, svg(figure, name))
