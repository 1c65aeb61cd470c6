"""What networks answer, and how they learn: figures. Nothing here keeps state or writes files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from report import looks
from report.compute import Curve
from report.looks import INK, LINE, MSE, QUIET, SMALL, styled
from report.networks import BINS, Diagonal, Map
from study.bag import SQUARE
from study.conditions import Model
from study.labels import correction_label, in_order, model_label

HALF = SQUARE.mm  # half a side of the bag
# Maps and their bar are images, which keep their colours on a dark page as well.
IMAGE: dict[str, Any] = {"origin": "lower", "cmap": "cividis_r", "interpolation": "none"}


@styled
def diagonals(found: Sequence[Diagonal]) -> Figure:
    """How far networks' answers are from both diagonals, a panel for each m and correction."""
    panels: dict[str, list[Drawn]] = {}
    for one in sorted(found, key=lambda one: (one.cell.corrected, one.cell.m)):
        title = f"m = {one.cell.m:,}, {correction_label(one.cell.corrected)} data"
        shares = np.linspace(0, 50, one.deviations.shape[1])  # per cent
        curve = one.cell.model, shares, one.deviations.T
        panels.setdefault(title, []).append(curve)
    figure, axes = _small_multiples(panels, 2)
    for ax in axes:
        ax.axhline(0, **LINE)
    axes[0].set_xticks((0, 25, 50))
    figure.supxlabel("share of the flow at one end of the diagonal (%)")
    figure.supylabel("deviation from the diagonal (mm)")
    return figure


@styled
def residuals(maps: Sequence[Map]) -> Figure:
    """Quantiles of the residuals against the true coordinate, a panel for each m; not empty."""
    panels: dict[str, list[Drawn]] = {}
    for one in maps:
        middles = HALF * (np.arange(BINS) * 2 + 1 - BINS) / BINS
        curve = one.cell.model, middles, one.residuals.T
        panels.setdefault(f"m = {one.cell.m:,}", []).append(curve)
    figure, axes = _small_multiples(panels, 2)
    for ax in axes:
        ax.axhline(0, **LINE)
    axes[0].set_xticks((-HALF, 0, HALF))
    figure.supxlabel("true coordinate (mm)")
    figure.supylabel("answer less truth (mm)")
    return figure


@styled
def learning_curves(curves: Sequence[Curve]) -> Figure:
    """Lowest validation error so far against steps, a panel for each m; of one correction."""
    panels: dict[str, list[Drawn]] = {}
    for one in sorted(curves, key=lambda one: one.cell.m):
        curve = one.cell.model, one.steps, one.errors
        panels.setdefault(f"m = {one.cell.m:,}", []).append(curve)
    figure, axes = _small_multiples(panels, 3)
    axes[0].set(xscale="log", yscale="log")
    looks.plain_log(axes[0].xaxis, *axes[0].get_xlim(), most=4)
    looks.plain_log(axes[0].yaxis, *axes[0].get_ylim())
    figure.supxlabel("optimiser steps")
    figure.supylabel(f"validation {MSE}")
    return figure


Drawn = tuple[Model, ArrayLike, ArrayLike]  # a curve


def _small_multiples(
    panels: Mapping[str, Sequence[Drawn]], across: int
) -> tuple[Figure, list[Axes]]:
    """Curves in panels to one scale, by their titles, so many side by side."""
    n, across = len(panels), min(len(panels), across)
    down = ceil(n / across)
    figure = Figure((max(5.6, 0.9 + 2.1 * across), 1.3 + 2 * down), layout="constrained")
    axes = list(figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).flat)
    for ax in axes[n:]:
        ax.set_visible(False)
    for ax, (title, curves) in zip(axes, panels.items(), strict=False):
        ax.set_title(title)
        for model, x, y in curves:
            ax.plot(x, y, **looks.look(model, marker=""))
    models = {model for curves in panels.values() for model, *_ in curves}
    looks.legend(figure, models, marker="")
    return figure, axes[:n]


@styled
def error_maps(maps: Sequence[Map]) -> Figure:
    """Root mean square distances on tiles of the bag; maps is not empty.

    A row for each m and correction, a column for each model, one scale.
    """
    tiles = {(one.cell.corrected, one.cell.m, one.cell.model): one.tiles for one in maps}
    places = sorted({(corrected, m) for corrected, m, _ in tiles})
    models = in_order(one.cell.model for one in maps)
    size = 1.8 + 1.4 * len(models), 1.1 + 1.3 * len(places)
    figure = Figure(size, layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(size[0] - 0.9, 0.9), squeeze=False)[0]
    panels = left.subplots(len(places), len(models), sharex=True, sharey=True, squeeze=False)
    low, high = (float(end([*tiles.values()])) for end in (np.nanmin, np.nanmax))
    for (row, place), (column, model) in product(enumerate(places), enumerate(models)):
        ax = panels[row, column]
        _bag(ax)
        if (*place, model) in tiles:
            extent = (-HALF, HALF, -HALF, HALF)
            ax.imshow(tiles[*place, model], extent=extent, vmin=low, vmax=high, **IMAGE)
        if not row:
            ax.set_title(model_label(model).replace(" ", "\n", 1), fontsize=SMALL)
        if not column:
            ax.set_ylabel(f"m = {place[1]:,}\n{correction_label(place[0])}")
    left.supxlabel("y\N{SUBSCRIPT ONE} (mm)")
    left.supylabel("y\N{SUBSCRIPT TWO} (mm)")
    bar = right.subplots()
    bar.imshow(np.linspace(low, high, 64)[:, None], extent=(0, 1, low, high), **IMAGE)
    bar.set(aspect="auto", xticks=(), ylabel="root mean square distance (mm)")
    return figure


def _bag(ax: Axes) -> None:
    """Draw the outline of the bag, in mm from its middle, and its ports."""
    ax.fill(*SQUARE.mm * SQUARE.outline.T, facecolor="none", edgecolor=QUIET)
    ax.plot(*SQUARE.mm * SQUARE.ports.T, "o", color=INK, markersize=4, clip_on=False)
    ax.set(aspect="equal", xticks=(-HALF, 0, HALF), yticks=(-HALF, 0, HALF))
    ax.spines[:].set_visible(False)
