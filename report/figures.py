"""Tables -> Matplotlib figures. Nothing here keeps state or writes files."""

import io
import re
from collections.abc import Sequence

import matplotlib
import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from report import trainings
from report.tables import MODELS, Model

_PALETTE = seaborn.color_palette("colorblind").as_hex()
COLOURS = {"standard": _PALETTE[3], "equivariant": _PALETTE[0]}  # vermilion, blue
DIAGONAL_COLOURS = {"x1 + x3 = 0.5": _PALETTE[4], "x2 + x4 = 0.5": _PALETTE[2]}  # purple, green
_STYLE = {
    **seaborn.axes_style("whitegrid"),
    "axes.edgecolor": "0.6",
    "axes.labelcolor": "0.2",
    "axes.titlesize": "medium",
    "font.family": "sans-serif",
    "font.size": 10,
    "grid.color": "0.92",
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: small, searchable, read by screen readers
    "svg.hashsalt": "report",  # ids, and so the bytes, depend on the content only
    "text.color": "0.2",
}


@matplotlib.rc_context(_STYLE)
def error_curves(curves: pd.DataFrame) -> Figure:
    """Draw error against m, log-log, one panel per set: architecture by colour, data by line.

    curves: as `tables.curves` gives it, not empty. Intervals are drawn where there are any.
    """
    sets = curves["set"].unique()
    figure = Figure(figsize=(1.6 + 3.1 * len(sets), 4.2), layout="constrained")
    panels = figure.subplots(1, len(sets), sharex=True, sharey=True, squeeze=False)[0]
    for ax, name in zip(panels, sets, strict=True):
        _error_panel(ax, curves[curves["set"] == name])
        ax.set(title=f"{name} set", xlabel="training samples m")
    panels[0].set_ylabel("mean squared error")
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2 * len(sets)
    )
    return figure


def _error_panel(ax: Axes, curves: pd.DataFrame) -> None:
    """Draw one set's four curves."""
    ax.set(xscale="log", yscale="log")
    width = max(curves["m"].max() / curves["m"].min(), 2) ** 0.015
    for place, model in enumerate(MODELS):
        rows = _of(curves, model)
        apart = width ** (place - (len(MODELS) - 1) / 2)  # bars at one m don't hide each other
        reach = np.array([rows["mean"] - rows["low"], rows["high"] - rows["mean"]])
        ax.errorbar(
            rows["m"] * apart,
            rows["mean"],
            yerr=np.nan_to_num(reach),
            label=model.label,
            color=COLOURS[model.architecture],
            linestyle="--" if model.augmented else "-",
            marker="s" if model.augmented else "o",
            markerfacecolor="white" if model.augmented else COLOURS[model.architecture],
            markersize=5,
            capsize=2.5,
            linewidth=1.5,
        )
    ax.xaxis.set(major_locator=FixedLocator(sorted(set(curves["m"]))), minor_locator=NullLocator())
    ax.yaxis.set(
        major_locator=LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 6, 8)), minor_locator=NullLocator()
    )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    seaborn.despine(ax=ax)


@matplotlib.rc_context(_STYLE)
def diagonals(predictions: pd.DataFrame, sizes: Sequence[int]) -> Figure:
    """Draw where the winners put leaks that lie on a diagonal: rows m, columns models.

    predictions: columns architecture, augmented, m, diagonal, y1, y2, not empty. The wide grey
    lines underneath are the square's diagonals.
    """
    figure = Figure(figsize=(7.2, 1.8 * len(sizes) + 0.6), layout="constrained")
    grid = figure.subplots(len(sizes), len(MODELS), sharex=True, sharey=True, squeeze=False)
    for axes, m in zip(grid, sizes, strict=True):
        for ax, model in zip(axes, MODELS, strict=True):
            _diagonal_panel(ax, _of(predictions[predictions["m"] == m], model))
        axes[0].set_ylabel(f"m = {m}")
    for ax, model in zip(grid[0], MODELS, strict=True):
        ax.set_title(model.label, fontsize="small")
    lines = {
        line.get_label(): line for ax in grid.flat for line in ax.get_legend_handles_labels()[0]
    }
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=len(lines))
    return figure


def _diagonal_panel(ax: Axes, predictions: pd.DataFrame) -> None:
    """Draw one winner's predictions over the square's diagonals."""
    ax.set(aspect="equal", xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    ax.grid(visible=False)
    for slope in (1, -1):
        ax.plot([-1, 1], [-slope, slope], color="0.88", linewidth=5, solid_capstyle="round")
    if predictions.empty:
        ax.text(0, 0, "no winner", ha="center", va="center", style="italic")
    for name, line in predictions.groupby("diagonal"):
        ax.plot(
            line["y1"],
            line["y2"],
            label=name,
            color=DIAGONAL_COLOURS[name],
            linewidth=1.2,
            marker=".",
            markersize=3,
        )


@matplotlib.rc_context(_STYLE)
def sweep(settings: pd.DataFrame, models: Sequence[trainings.Model], error: str) -> Figure:
    """Draw error and share of failed trainings against depth, a pair of panels for each model.

    settings: as `trainings.settings` gives it, of one m and without its index; error: the score
    that is drawn, such as "test_mse". Columns of panels: networks; rows: raw, augmented.
    """
    networks = len({model.network for model in models})
    figure = Figure(figsize=(3.1 * networks + 0.6, 7.6), layout="constrained")
    grid = figure.subplots(
        4, networks, sharex=True, sharey="row", squeeze=False, height_ratios=(4, 1, 4, 1)
    )
    name = error.removesuffix("_mse")
    errors = settings[[f"{name}_{part}" for part in trainings.QUARTILES]].to_numpy()
    finite = errors[np.isfinite(errors)]
    least, most = (finite.min(), finite.max()) if finite.size else (0.001, 1)
    drawn = settings.replace(np.inf, 3 * most)  # leaves the panel at its top
    for place, model in enumerate(models):
        column, augmented = divmod(place, 2)
        above, below = grid[2 * augmented : 2 * augmented + 2, column]
        rows = drawn[(drawn[trainings.MODEL] == list(model)).all(axis=1)]
        _setting_panels(above, below, rows, name)
        above.set_title(model.label)
        above.set_ylim(0.8 * least, 1.25 * most)
    for above, below in (grid[:2, 0], grid[2:, 0]):
        above.set_ylabel(f"{name} MSE")
        below.set_ylabel("failed (%)")
    for ax in grid[-1]:
        ax.set_xlabel("depth (hidden layers)")
    figure.legend(
        *grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=networks
    )
    return figure


def _setting_panels(above: Axes, below: Axes, rows: pd.DataFrame, name: str) -> None:
    """Draw one model's medians with quartiles above, and its shares of failed trainings below."""
    rates = rows["learning_rate"].unique()
    palette = seaborn.color_palette("viridis", len(rates))
    apart = 0.6 / len(rates)  # depths are whole numbers
    for place, (rate, line) in enumerate(rows.groupby("learning_rate")):
        x = line["depth"] + apart * (place - (len(rates) - 1) / 2)
        median = line[f"{name}_median"]
        reach = np.array([median - line[f"{name}_low"], line[f"{name}_high"] - median])
        above.errorbar(
            x,
            median,
            yerr=np.nan_to_num(reach),
            label=f"learning rate {rate:g}",
            color=palette[place],
            marker="os^Dv"[place % 5],
            markersize=4,
            linewidth=1,
        )
        below.bar(x, 100 * line["failed"], width=apart, color=palette[place])
    above.set(yscale="log")
    above.yaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), minor_locator=NullLocator())
    above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    below.set(ylim=(0, 100), yticks=(0, 50, 100))
    below.xaxis.set_major_locator(FixedLocator(sorted(set(rows["depth"]))))
    for ax in (above, below):
        seaborn.despine(ax=ax)


def _of(table: pd.DataFrame, model: Model) -> pd.DataFrame:
    """The table's rows of one model."""
    return table[
        (table["architecture"] == model.architecture) & (table["augmented"] == model.augmented)
    ]


def svg(figure: Figure, name: str) -> str:
    """Return the figure as an SVG element; equal figures give equal text.

    Ids start with the name, so that several figures can stand in one page.
    """
    buffer = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    element = buffer.getvalue()[buffer.getvalue().index("<svg") :]
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", element)
