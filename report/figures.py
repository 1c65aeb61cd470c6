"""Findings -> the main figures. Nothing here keeps state or writes files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isinf, log1p, sqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.lines import Line2D

from report import looks
from report.compute import Curve
from report.contrasts import Contrast
from report.exchange import Exchange, worth
from report.findings import Estimate
from report.looks import CHANGE, FAINT, INK, LINE, MSE, PAPER, SMALL, WIDE, End, styled
from report.methods import Method
from report.statistics import FEWEST, Interval
from report.tuning import Lead
from study.bag import SQUARE
from study.comparisons import STANDARD
from study.conditions import CONDITIONS, EQUIVARIANT, Model
from study.design import Cell
from study.labels import correction_label, in_order, model_label

NEAR: dict[str, Any] = {"textcoords": "offset points", "fontsize": SMALL}  # a label beside a mark


@styled
def error_curves(estimates: Mapping[Cell, Estimate], floor: Interval | None, rows: str) -> Figure:
    """Error against m, a panel for each correction; estimates is not empty.

    Geometric means with their intervals, and the noise floor as the band of its 95 % interval.
    """
    figure, first, panels = looks.size_panels(estimates, 4.2)
    drawn = [*(one.interval for one in estimates.values()), *([floor] if floor else [])]
    limits = 0.9 * float(np.nanmin(drawn)), 1.1 * float(np.nanmax(drawn))
    for corrected, ax in panels.items():
        mine = {cell: one for cell, one in estimates.items() if cell.corrected == corrected}
        ends = _models(ax, mine)
        if floor:
            across, (_, low, high) = ax.spines.bottom.get_bounds(), floor
            ax.fill_between(across, low, high, facecolor=PAPER, edgecolor=FAINT, zorder=0)
            ax.annotate("noise floor", (across[0], low), (4, -2), va="top", **NEAR)
    first.set(ylim=limits, ylabel=f"{rows} {MSE}")
    looks.plain_log(first.yaxis, *limits)
    _millimetres(ax, *limits)
    _arrow(ax, mine)
    looks.label_ends(ax, ends)
    return figure


def _models(ax: Axes, estimates: Mapping[Cell, Estimate]) -> list[End]:
    """Draw the models of one correction, each a little aside of the others; where they end."""
    ends = []
    models = in_order(cell.model for cell in estimates)
    for place, model in enumerate(models):
        mine = sorted(cell for cell in estimates if cell.model == model)
        x = [cell.m * 1.03 ** (place - (len(models) - 1) / 2) for cell in mine]
        ends.append(looks.curve(ax, x, [estimates[cell].interval for cell in mine], model))
    return ends


def _millimetres(ax: Axes, low: float, high: float) -> None:
    """Give an axis of MSE from low to high another one at the right, of distances."""
    limits = SQUARE.mm * sqrt(2 * low), SQUARE.mm * sqrt(2 * high)
    right = ax.twinx()
    right.set(yscale="log", ylim=limits, ylabel="root mean square distance (mm)")
    right.spines.right.set_visible(True)
    right.spines.bottom.set_visible(False)
    looks.plain_log(right.yaxis, *limits)


def _arrow(ax: Axes, estimates: Mapping[Cell, Estimate]) -> None:
    """Draw how far the standard network's curve is from equivariant raw at the smallest m."""
    mine, other = (
        {cell.m: one.interval.mean for cell, one in estimates.items() if cell.model == model}
        for model in (EQUIVARIANT, STANDARD)
    )
    if not mine or len(other) < 2 or min(one.n for one in estimates.values()) < FEWEST:
        return
    m, sizes = min(mine), sorted(other)
    errors = [mine[m]] * len(sizes) + [other[one] for one in sizes]
    samples = float(worth(np.log(errors), np.log(sizes))[0])
    if samples <= m:
        return
    about = float(f"{samples:.2g}")
    words, head, end = f"level with standard raw\nat about m = {about:,.0f}", "-|>", samples
    if isinf(samples):
        words, head, end = "below standard raw\nat every m", "->", 1.25 * sizes[-1]
    text = f"equivariant with m = {m:,}:\n{words}"
    ax.annotate("", (end, mine[m]), (m, mine[m]), arrowprops={"arrowstyle": head, "color": INK})
    leader = {"arrowstyle": "-", **LINE}
    right = [e for cell, e in estimates.items() if cell.m**2 >= sizes[0] * sizes[-1]]
    place = 0.36, 1.15 * max(one.interval.mean for one in right)
    style: dict[str, Any] = {"textcoords": ("axes fraction", "data"), "fontsize": SMALL}
    ax.annotate(text, (m**0.2 * end**0.8, mine[m]), place, arrowprops=leader, **style)


@styled
def exchange_rates(rates: Sequence[Exchange]) -> Figure:
    """How many samples of a standard network one of equivariant raw is worth, against its m.

    A panel for each correction; rates is not empty. What the study's sizes can't tell is an open
    arrow at the last value that they can.
    """
    sizes = sorted({one.cell.m for one in rates})
    figure, first, panels = looks.size_panels([one.cell for one in rates], 3.8)
    for corrected, ax in panels.items():
        across, largest = ax.spines.bottom.get_bounds(), sizes[-1]
        guides = (1, SQUARE.group.order)
        ends = [(across[1], float(n), f"{n} for one", INK) for n in guides]
        for _, n, *_ in ends:
            ax.plot(across, (n, n), linestyle=":", **LINE)
        ax.plot(sizes, largest / np.array(sizes), **LINE)
        ax.annotate(f"{largest:,} samples in all", (sizes[0], largest / sizes[0]), (14, 0), **NEAR)
        mine = [one for one in rates if one.cell.corrected == corrected]
        models = in_order(one.reference.model for one in mine)
        ends += [_worth(ax, [r for r in mine if r.reference.model == model]) for model in models]
    first.set_ylabel("standard samples per equivariant sample")
    looks.plain_log(first.yaxis, *first.get_ylim())
    looks.label_ends(ax, ends)
    return figure


def _worth(ax: Axes, rates: Sequence[Exchange]) -> End:
    """Draw the rates against one reference, cut off at the study's sizes; where they end."""
    mine = sorted(rates, key=lambda one: one.cell.m)
    model = mine[0].reference.model
    m = np.array([one.cell.m for one in mine])
    told = np.array([(one.samples, one.low, one.high) for one in mine]).T
    shown = told.clip(m[0], m[-1]) / m
    x = m * (1.07 if model[1] else 1)
    beyond = {"^": np.isinf(told), "v": told == 0}
    middle = np.where(beyond["^"][0] | beyond["v"][0], np.nan, shown[0])
    ax.vlines(x, *shown[1:], color=looks.colour(model[0]))
    ax.plot(x, middle, **looks.look(model))
    for marker, chosen in beyond.items():
        look = looks.look(model, linestyle="", marker=marker, markerfacecolor=PAPER)
        ax.plot(np.tile(x, (3, 1))[chosen], shown[chosen], **look)
    return x[-1], shown[0, -1], f"in {model_label(model)}", looks.colour(model[0])


Row = tuple[str, Contrast | None]  # a contrast and its label, or a heading


@styled
def forest(contrasts: Sequence[Contrast]) -> Figure:
    """Contrasts under a heading for each comparison, a row for each m; contrasts is not empty.

    Changes between the dotted lines count as none.
    """
    groups: dict[str, list[Row]] = {}
    mixed = len({one.cell.corrected for one in contrasts}) > 1
    for one in contrasts:
        cell, rows = one.cell, groups.setdefault(one.label, [(one.label, None)])
        label = f"m = {cell.m:,}" + f", {correction_label(cell.corrected)}" * mixed
        rows.append((label if cell.m == one.reference.m else "", one))
    listed = [row for rows in groups.values() for row in rows]
    figure = Figure((6, 0.9 + 0.19 * len(listed)), layout="constrained")
    ax = figure.subplots()
    _rows(ax, listed)
    margin = contrasts[0].margin
    for edge in (log1p(margin / 100), -log1p(margin / 100)):
        ax.axvline(edge, linestyle=":", **LINE)
    ax.set_title(f"dotted: \N{PLUS-MINUS SIGN}{margin:g} %, which counts as none")
    return figure


def _rows(ax: Axes, rows: Sequence[Row]) -> None:
    """Draw contrasts below one another: repetitions behind, means with intervals, zero."""
    low, high = _reach([one for _, one in rows if one])
    for y, (text, one) in enumerate(rows):
        if one is None:
            heading: dict[str, Any] = {"va": "center", "fontsize": SMALL, "backgroundcolor": PAPER}
            ax.text(0, y, text, transform=ax.get_yaxis_transform(), **heading)
            continue
        each = np.array(list(one.log_ratios.values()))
        marks = np.select([each < low, each > high], ["<", ">"], "|")
        for marker in np.unique(marks):
            x = each[marks == marker].clip(low, high)
            ax.plot(x, np.full(len(x), y), marker, color=FAINT, markersize=4.5, clip_on=False)
        ax.errorbar(one.interval.mean, y, xerr=looks.reach([one.interval]), fmt="o", color=INK)
    ax.axvline(0, **LINE)
    named = [y for y, (_, one) in enumerate(rows) if one]
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(low, high), xlabel=CHANGE)
    ax.set_yticks(named, [rows[y][0] for y in named])
    ax.tick_params(axis="y", length=0)
    ax.spines.left.set_visible(False)
    looks.percent_axis(ax.xaxis, low, high)


def _reach(contrasts: Sequence[Contrast]) -> tuple[float, float]:
    """Limits that hold zero, all intervals, and nine in ten of each contrast's repetitions."""
    ends = [0.0, *np.ravel([one.interval for one in contrasts])]
    for one in contrasts:
        ends += np.quantile(list(one.log_ratios.values()), (0.05, 0.95)).tolist() if one.n else []
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


Part = tuple[float, Callable[[FigureBase, Any], None], Any]  # inches, what draws, what is drawn


@styled
def compute(
    curves: Sequence[Curve],
    matched: Sequence[tuple[Contrast, Contrast]],
    leads: Sequence[Lead],
) -> Figure:
    """Error against steps and against seconds; below, what equal epochs and other budgets change.

    curves: of one m, not empty. matched: with equal steps and with equal epochs.
    """
    rows = [(0.9 + 0.4 * len(matched), _matched, matched)] if matched else []
    return _stacked([(3.2, _training, curves), *rows], leads)


@styled
def budget_curves(leads: Sequence[Lead]) -> Figure:
    """The lead of equivariant raw against the tuning budget, by m; leads is not empty."""
    return _stacked([], leads)


def _stacked(parts: Sequence[Part], leads: Sequence[Lead]) -> Figure:
    """The parts below one another, below them the leads by m."""
    sizes = sorted({one.contrast.cell.m for one in leads})
    by_size = ([one for one in leads if one.contrast.cell.m == m] for m in sizes)
    parts = [*parts, *((2.6, _leads, mine) for mine in by_size)]
    inches = [part[0] for part in parts]
    figure = Figure((WIDE, sum(inches)), layout="constrained")
    places = figure.subfigures(len(parts), 1, squeeze=False, height_ratios=inches)[:, 0]
    for place, (_, draw, values) in zip(places, parts, strict=True):
        draw(place, values)
    return figure


def _training(place: FigureBase, curves: Sequence[Curve]) -> None:
    """Draw validation error against steps, and against seconds, to one scale."""
    times = {
        "optimiser steps": [one.steps for one in curves],
        "seconds of training on one core": [one.seconds * one.steps for one in curves],
    }
    ranges = [(name, float(np.min(x)), float(np.max(x))) for name, x in times.items()]
    panels = looks.curve_panels(place, ranges)
    for ax, x in zip(panels, times.values(), strict=True):
        ends = []
        for one, mine in zip(curves, x, strict=True):
            ax.plot(mine, one.errors, **looks.look(one.cell.model, marker=""))
            ends.append(looks.end(float(mine[-1]), float(one.errors[-1]), one.cell.model))
    panels[0].set(yscale="log", ylabel=f"validation {MSE}")
    cell = curves[0].cell
    panels[0].set_title(f"m = {cell.m:,}, {correction_label(cell.corrected)} data")
    looks.plain_log(panels[0].yaxis, *panels[0].get_ylim())
    looks.label_ends(panels[-1], ends)


def _matched(place: FigureBase, pairs: Sequence[tuple[Contrast, Contrast]]) -> None:
    """Draw contrasts with a model that was trained for as many steps, and for as many epochs."""
    ax = place.subplots()
    rows: list[Row] = [
        (f"m = {one.cell.m:,}, {correction_label(one.cell.corrected)}, as many {kind}", one)
        for pair in pairs
        for one, kind in zip(pair, ("steps", "epochs"), strict=True)
    ]
    _rows(ax, rows)
    ax.set_title(pairs[0][0].label)


def _leads(place: FigureBase, leads: Sequence[Lead]) -> None:
    """Draw the lead over each reference, as the number of proposals varies, and that of steps.

    The budget that both start from is in either panel.
    """
    steps = [one for one in leads if CONDITIONS[one.contrast.cell.condition].times != 1]
    ways = {"proposals": [one for one in leads if one not in steps]}
    if steps:
        ways["steps"] = [one for one in leads if one.proposals == steps[0].proposals]
    totals = [one.total / 1000 for one in leads]
    ends = min(totals) / 1.2, max(totals) * 1.2
    panels = looks.curve_panels(place, [(f"thousand steps; {way} vary", *ends) for way in ways])
    for ax, mine in zip(panels, ways.values(), strict=True):
        ax.plot(ends, (0, 0), **LINE)
        models = in_order(one.contrast.reference.model for one in mine)
        drawn = [_lead(ax, mine, model) for model in models]
    panels[0].set(ylabel=CHANGE)
    panels[0].set_title(f"m = {leads[0].contrast.cell.m:,}, equivariant raw against")
    looks.percent_axis(panels[0].yaxis, *panels[0].get_ylim())
    looks.label_ends(panels[-1], drawn)


def _lead(ax: Axes, leads: Sequence[Lead], model: Model) -> End:
    """Draw the lead over a model against the budget; where it ends."""
    mine = [one for one in leads if one.contrast.reference.model == model]
    mine.sort(key=lambda one: one.total)
    x, intervals = [one.total / 1000 for one in mine], [one.contrast.interval for one in mine]
    return looks.curve(ax, x, intervals, model)


BEYOND = 4.0  # times the lowest error: what errs more is told at the edge
KINDS = {"network": "o", "averaged over the symmetries": "D", "control": "^", "no network": "*"}


@styled
def methods(panels: Mapping[tuple[int, bool], Sequence[Method]], floor: Interval | None) -> Figure:
    """All methods by size and correction, in the order given; not empty."""
    counts = [len(mine) for mine in panels.values()]
    figure = Figure((7, 1 + 0.17 * sum(counts) + 0.3 * len(counts)), layout="constrained")
    axes = figure.subplots(len(counts), 1, squeeze=False, sharex=True, height_ratios=counts)[:, 0]
    drawn = [one.estimate.interval for mine in panels.values() for one in mine]
    drawn += [floor] if floor else []
    ends = np.ravel(drawn)[np.ravel(drawn) < BEYOND * np.nanmin(drawn)]
    limits = 0.97 * float(ends.min()), 1.05 * float(ends.max())
    for ax, ((m, corrected), mine) in zip(axes, panels.items(), strict=True):
        if floor:
            ax.axvspan(floor.low, floor.high, facecolor=PAPER, edgecolor=FAINT, zorder=0)
            ax.annotate("noise floor", (floor.high, len(mine) - 1), (3, 0), va="center", **NEAR)
        ax.set(xscale="log", xlim=limits, title=f"m = {m:,}, {correction_label(corrected)} data")
        _methods(ax, mine)
    axes[-1].set_xlabel(MSE)
    looks.plain_log(axes[-1].xaxis, *limits)
    style: dict[str, Any] = {"linestyle": "", "color": INK}
    handles = [Line2D([], [], marker=KINDS[kind], label=kind, **style) for kind in KINDS]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure


def _methods(ax: Axes, listed: Sequence[Method]) -> None:
    """Draw a row for each method, its parameters at the right."""
    edge = ax.get_xlim()[1]
    style: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": SMALL}
    right = {"transform": ax.get_yaxis_transform(), **style}
    ax.text(1.1, -1, "parameters", **right)
    names = []
    for y, one in enumerate(listed):
        kind, model, name = _kind(one)
        names.append(name)
        look = looks.look(model, linestyle="", markersize=6)
        look |= {"marker": KINDS[kind]} if kind != "network" else {}
        interval = one.estimate.interval
        if interval.mean > edge:
            ax.text(edge, y, f"{interval.mean:.2g} \N{RIGHTWARDS ARROW}", **style)
        else:
            ax.errorbar(interval.mean, y, xerr=looks.reach([interval]), **look)
        ax.text(1.1, y, "" if one.parameters is None else f"{one.parameters:,.0f}", **right)
    ax.set(ylim=(len(listed) - 0.5, -0.5))
    ax.set_yticks(range(len(listed)), names)
    ax.tick_params(axis="y", length=0)


def _kind(one: Method) -> tuple[str, Model, str]:
    """Which of KINDS a method is, its model, and its name."""
    model, condition = one.cell.model, CONDITIONS[one.cell.condition]
    name = model_label(model)
    if condition.way == "fitted":
        return "no network", model, name
    if one.averaged:
        return "averaged over the symmetries", model, f"{name}, averaged"
    if not one.cell.condition:
        return "network", model, name
    return "control", model, name if condition.label in name else f"{name}; {condition.label}"
