"""Findings -> Matplotlib figures -> SVG. Nothing here keeps state or writes files."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from math import expm1, isnan
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, Locator, LogLocator, NullLocator
from study.statistics import Interval

from report.findings import Budget, Line
from study.architectures import ARCHITECTURES
from study.conditions import CONDITIONS, Model
from study.labels import correction_label, in_order, model_label

_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "0.55",
    "axes.grid": True,
    "axes.labelcolor": "0.2",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "font.family": "sans-serif",
    "font.size": 10,
    "grid.color": "0.92",
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: small, searchable, read by screen readers
    "svg.hashsalt": "report",  # ids, and so the bytes, depend on the content only
    "text.color": "0.2",
    "xtick.color": "0.4",
    "ytick.color": "0.4",
}
FLOOR = "noise floor"
_UNKNOWN = "#555555"  # colour of an architecture that is not registered
_LOOKS: Mapping[bool, Mapping[str, Any]] = {  # by whether data are augmented
    False: {"linestyle": "-", "marker": "o"},
    True: {"linestyle": "--", "marker": "s", "markerfacecolor": "white"},
}
_BUDGET_COLOURS = ("#009e73", "#0072b2")  # against augmented, against raw


@matplotlib.rc_context(_STYLE)
def error_curves(lines: Sequence[Line], floor: float | None, rows: str) -> Figure:
    """Draw error against m, log-log, a panel for each correction; lines is not empty.

    Architecture by colour, raw or augmented by line and marker; geometric means with their 95 %
    intervals; the noise floor dotted.
    """
    corrections = sorted({line.corrected for line in lines})
    figure = Figure(figsize=(1.2 + 3.4 * len(corrections), 4.2), layout="constrained")
    panels = figure.subplots(1, len(corrections), sharex=True, sharey=True, squeeze=False)[0]
    panels[0].set(xscale="log", yscale="log", ylim=_limits(lines, floor))
    for ax, corrected in zip(panels, corrections, strict=True):
        mine = [line for line in lines if line.corrected == corrected]
        _error_panel(ax, mine)
        if floor is not None:
            ax.axhline(floor, color="0.35", linewidth=1.2, linestyle=":", label=FLOOR)
        ax.set(title=f"{correction_label(corrected)} data", xlabel="training samples m")
    panels[0].set_ylabel(f"{rows} MSE")
    _legend(figure, panels, columns=2 if len(corrections) == 1 else 3)
    return figure


def _limits(lines: Sequence[Line], floor: float | None) -> tuple[float, float]:
    """Limits of the error, a little beyond all that is drawn."""
    intervals = [one.interval for line in lines for one in line.estimates.values()]
    ends = [end for one in intervals for end in one if not isnan(end)]
    ends += [] if floor is None else [floor]
    return 0.8 * min(ends), 1.25 * max(ends)


def _error_panel(ax: Axes, lines: Sequence[Line]) -> None:
    """Draw the models of one correction, each a little aside of the others."""
    models = in_order(model for line in lines for model in line.estimates)
    for place, model in enumerate(models):
        mine = [line for line in lines if model in line.estimates]
        aside = 1.03 ** (place - (len(models) - 1) / 2)
        intervals = [line.estimates[model].interval for line in mine]
        _curve(
            ax,
            [line.m * aside for line in mine],
            intervals,
            label=model_label(model),
            color=_colour(model),
            **_LOOKS[model[1]],
        )
    sizes = sorted({line.m for line in lines})
    ax.set_xlim(sizes[0] / 1.25, sizes[-1] * 1.25)
    _plain_ticks(ax, FixedLocator(sizes))


def _curve(ax: Axes, x: Sequence[float], intervals: Sequence[Interval], **looks: Any) -> None:
    """Draw means with the reach of their intervals, where these are known."""
    reach = [
        [0.0 if isnan(one.low) else max(0.0, one.mean - one.low) for one in intervals],
        [0.0 if isnan(one.high) else max(0.0, one.high - one.mean) for one in intervals],
    ]
    means = [one.mean for one in intervals]
    ax.errorbar(x, means, yerr=reach, linewidth=1.3, markersize=4.5, capsize=2, **looks)


def _colour(model: Model) -> str:
    return ARCHITECTURES[model[0]].colour if model[0] in ARCHITECTURES else _UNKNOWN


def _plain_ticks(ax: Axes, places: Locator) -> None:
    """Tick the x axis at these places, and both axes with plain numbers."""
    ax.xaxis.set(major_locator=places, minor_locator=NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if ax.get_yscale() == "log":
        low, high = ax.get_ylim()
        finer = (1, 2, 3, 4, 6, 8) if high / low < 10 else (1, 2, 5)
        ax.yaxis.set(major_locator=LogLocator(subs=finer), minor_locator=NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _legend(figure: Figure, panels: Sequence[Axes], columns: int) -> None:
    """Put what the panels show below them, each label once."""
    shown: dict[str, Artist] = {}
    for ax in panels:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            shown.setdefault(label, handle)
    if FLOOR in shown:
        shown[FLOOR] = shown.pop(FLOOR)  # behind the models
    figure.legend(list(shown.values()), list(shown), loc="outside lower center", ncols=columns)


@matplotlib.rc_context(_STYLE)
def budget_curves(budgets: Sequence[Budget]) -> Figure:
    """Draw contrasts in per cent against the tuning budget, a panel for each size and correction.

    budgets: not empty. Contrast by colour; by line and marker, whether proposals or steps vary.
    """
    families = sorted({(one.contrast.m, one.contrast.corrected) for one in budgets})
    figure = Figure(figsize=(max(5.6, 1.2 + 3.4 * len(families)), 4.6), layout="constrained")
    panels = figure.subplots(1, len(families), sharex=True, sharey=True, squeeze=False)[0]
    labels = list(dict.fromkeys(one.contrast.label for one in budgets))
    for ax, family in zip(panels, families, strict=True):
        ax.axhline(0, color="0.55", linewidth=1)
        ax.set(xscale="log", xlabel="steps of a repetition's tuning")
        for label, colour in zip(labels, _BUDGET_COLOURS, strict=False):
            mine = [
                one
                for one in budgets
                if (one.contrast.m, one.contrast.corrected) == family
                and one.contrast.label == label
            ]
            _budget_lines(ax, mine, colour)
        ax.set_title(f"m = {family[0]}, {correction_label(family[1])} data")
        _plain_ticks(ax, LogLocator(subs=(1, 3)))
    panels[0].set_ylabel("change of error (%)")
    _legend(figure, panels, columns=1)
    return figure


def _budget_lines(ax: Axes, budgets: Sequence[Budget], colour: str) -> None:
    """Draw one contrast, with other numbers of proposals and with other numbers of steps."""
    ways = {False: ("proposals", "-", "o"), True: ("steps", "--", "s")}
    for by_steps, (varies, line, marker) in ways.items():
        mine = [one for one in budgets if (CONDITIONS[one.condition].times != 1) == by_steps]
        if not mine:
            continue
        changes = [[100 * expm1(end) for end in one.contrast.interval] for one in mine]
        _curve(
            ax,
            [one.total for one in mine],
            [Interval(*one) for one in changes],
            label=f"{mine[0].contrast.label}; {varies} vary",
            color=colour,
            linestyle=line,
            marker=marker,
        )


def svg(figure: Figure, name: str) -> str:
    """The figure as an SVG element; equal figures give equal text.

    Ids start with the name, so that several figures can stand in one page.
    """
    buffer = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    element = buffer.getvalue()[buffer.getvalue().index("<svg") :]
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", element)
