"""Figures in which each repetition is a dot. Nothing here keeps state or writes files.

Dots stand in swarms and are not jittered: where one is depends on the values alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle

from report import looks
from report.contrasts import Contrast
from report.findings import Estimate, Offset
from report.looks import CHANGE, FAINT, INK, LINE, MSE, PAPER, SMALL, WIDE, styled
from study.design import Cell
from study.labels import correction_label, in_order

# A dot that finds no place stays on the edge of its swarm, without a warning.
SWARM: dict[str, Any] = {"native_scale": True, "warn_thresh": 1.0, "linewidth": 0.7}
FOUND = {"right sensor": FAINT, "wrong sensor": INK, "no sensor found": PAPER}


@styled
def null_check(contrasts: Sequence[Contrast]) -> Figure:
    """Contrasts that must be zero but for luck, one for each m, with means and intervals."""
    mine = sorted(contrasts, key=lambda one: one.cell.m)
    figure, ax = _by_size([one.cell.m for one in mine])
    dots = [(place, y) for place, one in enumerate(mine) for y in one.log_ratios.values()]
    x, y = zip(*dots, strict=True)
    seaborn.swarmplot(x=x, y=y, ax=ax, size=3, color=FAINT, edgecolor=FAINT, **SWARM)
    intervals = [one.interval for one in mine]
    means = [one.mean for one in intervals]
    ax.errorbar(np.arange(len(mine)) + 0.35, means, yerr=looks.reach(intervals), fmt="o", color=INK)
    ax.axhline(0, **LINE)
    ax.set_ylabel(CHANGE)
    looks.percent_axis(ax.yaxis, *ax.get_ylim())
    return figure


def _by_size(sizes: Sequence[int]) -> tuple[Figure, Axes]:
    """A figure with a place for each m."""
    figure = Figure((5.6, 3.8), layout="constrained")
    ax = figure.subplots()
    ax.set(xlim=(-0.6, len(sizes) - 0.4), xlabel="training samples m")
    ax.set_xticks(range(len(sizes)), [f"{m:,}" for m in sizes])
    return figure, ax


@styled
def offsets(estimates: Sequence[Offset], truth: tuple[int, float] | None) -> Figure:
    """The repetitions' estimates of the sensor's offset by m; estimates is not empty.

    truth: the sensor, counted from 1, and its offset; without it, no estimate is right or wrong.
    """
    sizes = sorted({one.m for one in estimates})
    figure, ax = _by_size(sizes)
    x, y = [sizes.index(one.m) for one in estimates], [one.offset for one in estimates]
    hue = [_found(one, truth) for one in estimates]
    style = {"palette": FOUND, "edgecolor": FAINT, "legend": False, "size": 3, **SWARM}
    seaborn.swarmplot(x=x, y=y, hue=hue, ax=ax, **style)
    ax.set_ylabel("estimated offset (share of the total flow)")
    if truth:
        ax.axhline(truth[1], linestyle=":", **LINE)
        ax.text(1.01, truth[1], f"truth\n{truth[1]:g}", transform=ax.get_yaxis_transform(),
                va="center", fontsize=SMALL)  # fmt: skip
        dot: dict[str, Any] = {"linestyle": "", "marker": "o", "markeredgecolor": FAINT}
        named = [one for one in FOUND if one in hue]
        handles = [Line2D([], [], markerfacecolor=FOUND[one], label=one, **dot) for one in named]
        figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def _found(one: Offset, truth: tuple[int, float] | None) -> str:
    """Whether an estimate is of the right sensor."""
    if one.sensor is None:
        return "no sensor found"
    return "right sensor" if truth is None or one.sensor == truth[0] else "wrong sensor"


@styled
def spread(estimates: Mapping[Cell, Estimate]) -> Figure:
    """Each repetition's error, by m and model, a panel for each correction; not empty."""
    corrections = sorted({cell.corrected for cell in estimates})
    sizes = sorted({cell.m for cell in estimates})
    models = in_order(cell.model for cell in estimates)
    figure = Figure((WIDE, 0.9 + 3.2 * len(corrections)), layout="constrained")
    panels = figure.subplots(len(corrections), 1, sharex=True, squeeze=False)[:, 0]
    step = len(models) + 1  # from one m to the next
    for ax, corrected in zip(panels, corrections, strict=True):
        swarms = {
            step * sizes.index(cell.m) + models.index(cell.model): (cell.model, one.errors)
            for cell, one in estimates.items()
            if cell.corrected == corrected
        }
        x, y = zip(*((x, y) for x, (_, errors) in swarms.items() for y in errors), strict=True)
        ax.set(yscale="log", title=f"{correction_label(corrected)} data", ylabel=MSE)
        seaborn.swarmplot(x=x, y=y, ax=ax, size=2, **SWARM)
        for points, place in zip(ax.collections, sorted(swarms), strict=True):
            look = looks.look(swarms[place][0])
            marker = MarkerStyle(look["marker"])
            points.set_paths([marker.get_path().transformed(marker.get_transform())])
            points.set(facecolor=look["markerfacecolor"], edgecolor=look["color"])
        looks.plain_log(ax.yaxis, *ax.get_ylim())
    places = [step * place + (len(models) - 1) / 2 for place in range(len(sizes))]
    panels[-1].set(xlim=(-1, step * len(sizes) - 1), xlabel="training samples m")
    panels[-1].set_xticks(places, [f"{m:,}" for m in sizes])
    looks.legend(figure, models, linestyle="")
    return figure
