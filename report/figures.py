"""Tables -> Matplotlib figures. Nothing here keeps state or writes files."""

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import seaborn
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from report import tables, trainings
from report.models import CORRECTIONS, MODELS, Model

Floor = Mapping[str, Any] | None  # the noise floor: mse, error (standard), set

Z = 1.96  # standard errors that a normal 95 % interval reaches to either side
_PALETTE = seaborn.color_palette("colorblind").as_hex()
COLOURS = {  # vermilion, blue, green
    "standard": _PALETTE[3],
    "equivariant": _PALETTE[0],
    "equivariant_wide": _PALETTE[2],
}
DIAGONAL_COLOURS = {"x1 + x3 = 0.5": _PALETTE[4], "x2 + x4 = 0.5": _PALETTE[2]}  # purple, green
WHEN = {"before": -0.18, "after": 0.18}  # where its boxes stand beside a sensor's place
WHEN_COLOURS = {"before": _PALETTE[1], "after": _PALETTE[9]}  # orange, light blue
# So few colours that Matplotlib draws their scale as paths, not as an image.
COLOUR_MAP = seaborn.color_palette("rocket_r", as_cmap=True).resampled(40)
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
def error_curves(curves: pd.DataFrame, floor: Floor) -> Figure:
    """Draw error against m, log-log: architecture by colour, data by line and marker.

    curves: as `tables.curves` gives it, not empty. A column of panels for each set, a row for each
    correction. Intervals are drawn where there are any; so is the noise floor, in its set's panels.
    """

    def panel(ax: Axes, curves: pd.DataFrame, name: str) -> None:
        _error_panel(ax, curves)
        _noise_floor(ax, floor, name)
        ax.set(title=f"{name} set", xlabel="training samples m", ylabel="mean squared error")

    return _by_correction(curves, "set", panel)


def _by_correction(
    table: pd.DataFrame, column: str, panel: Callable[[Axes, pd.DataFrame, Any], None]
) -> Figure:
    """Panels side by side by their value of `column`, and a row of panels for each correction.

    `panel` draws one from its rows of the table. All share their axes, and the legend below.
    """
    values, corrections = table[column].unique(), sorted(table["corrected"].unique())
    rows, columns = len(corrections), len(values)
    figure = Figure(figsize=(1.6 + 3.1 * columns, 1.1 + 2.9 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for (row, place), ax in np.ndenumerate(grid):
        corrected, value = corrections[row], values[place]
        panel(ax, table[(table[column] == value) & (table["corrected"] == corrected)], value)
        if rows > 1:
            ax.set_title(f"{ax.get_title()}, training data {CORRECTIONS[corrected]}")
        ax.label_outer()
    lines = _legend(grid.flat)
    places = min(1 + columns, 3)  # more would not fit beside one another
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=places)
    return figure


def _legend(panels: Iterable[Axes]) -> dict[str, Artist]:
    """What the panels show by label, each once."""
    shown = [ax.get_legend_handles_labels() for ax in panels]
    pairs = (pair for handles, names in shown for pair in zip(names, handles, strict=True))
    found: dict[str, Artist] = {}
    for name, handle in pairs:
        found.setdefault(name, handle)
    return found


def _noise_floor(ax: Axes, floor: Floor, name: str) -> None:
    """Draw the noise floor with its 95 % interval, if it is that of this set."""
    if floor is None or floor["set"] != name:
        return
    reach = Z * floor["error"]
    ax.axhspan(floor["mse"] - reach, floor["mse"] + reach, color="0.5", alpha=0.25, linewidth=0)
    ax.axhline(floor["mse"], color="0.35", linewidth=1, linestyle=":", label="noise floor")


def _error_panel(ax: Axes, curves: pd.DataFrame) -> None:
    """Draw the four curves of one set and correction."""
    ax.set(xscale="log", yscale="log")
    width = max(curves["m"].max() / curves["m"].min(), 2) ** 0.015
    for place, model in enumerate(MODELS):
        rows = tables.of(curves, model)
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
    _plain_ticks(ax)
    seaborn.despine(ax=ax)


def _plain_ticks(ax: Axes) -> None:
    """Write the numbers of logarithmic axes out."""
    ax.yaxis.set(
        major_locator=LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 6, 8)), minor_locator=NullLocator()
    )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


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
            _diagonal_panel(ax, tables.of(predictions[predictions["m"] == m], model))
        axes[0].set_ylabel(f"m = {m}")
    for ax, model in zip(grid[0], MODELS, strict=True):
        ax.set_title(model.label, fontsize="small")
    lines = _legend(grid.flat)
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


@matplotlib.rc_context(_STYLE)
def by_parameters(best: pd.DataFrame, networks: Sequence[Model], floor: Floor) -> Figure:
    """Draw the best validation error against the number of parameters, log-log.

    best: as `parameters.best` gives it, not empty. A row of panels for each correction, a column
    for each m.
    """

    def panel(ax: Axes, best: pd.DataFrame, m: int) -> None:
        _parameters_panel(ax, best, networks)
        _noise_floor(ax, floor, "validation")
        ax.set(title=f"m = {m}", xlabel="parameters", ylabel="best validation MSE")

    return _by_correction(best.sort_values("m"), "m", panel)


def _parameters_panel(ax: Axes, best: pd.DataFrame, networks: Sequence[Model]) -> None:
    """Draw each network's points, and the staircase of the best with at most so many parameters."""
    ax.set(xscale="log", yscale="log")
    for network, marker in zip(networks, "osD", strict=False):
        rows = tables.of(best, network).sort_values("parameters")
        colour = COLOURS[network.architecture]
        ax.step(rows["parameters"], rows["mse"].cummin(), where="post", color=colour, linewidth=1.2)
        ax.plot(
            rows["parameters"],
            rows["mse"],
            label=network.label,
            color=colour,
            linestyle="",
            marker=marker,
            markersize=4,
        )
    _plain_ticks(ax)
    seaborn.despine(ax=ax)


@matplotlib.rc_context(_STYLE)
def residuals(faults: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the residuals of the flows by sensor, before and after the correction, a panel per m.

    faults: as the study tells them, not empty: m, residuals (sensor, when, low, q1, median, q3,
    high).
    """
    columns = min(len(faults), 3)
    rows = -(-len(faults) // columns)
    figure = Figure(figsize=(1.2 + 2.3 * columns, 0.9 + 2.1 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for ax, fault in zip_longest(grid.flat, faults):
        if fault is None:
            ax.set_visible(False)
            continue
        ax.axhline(0, color="0.6", linewidth=0.8)
        for when, aside in WHEN.items():
            _boxes(ax, [one for one in fault["residuals"] if one["when"] == when], aside, when)
        ax.set_title(f"m = {fault['m']}")
        ax.set_xticks(range(1, 5), [f"x{sensor}" for sensor in range(1, 5)])
        ax.grid(visible=False, axis="x")
        seaborn.despine(ax=ax)
    for ax in grid[:, 0]:
        ax.set_ylabel("residual (share of flow)")
    patches = [Patch(color=WHEN_COLOURS[when], label=f"{when} the correction") for when in WHEN]
    figure.legend(handles=patches, loc="outside lower center", ncols=2)
    return figure


def _boxes(ax: Axes, boxes: Sequence[Mapping[str, Any]], aside: float, when: str) -> None:
    """Draw one box for each sensor, a little aside of its place."""
    names = {"med": "median", "q1": "q1", "q3": "q3", "whislo": "low", "whishi": "high"}
    ax.bxp(
        [{name: box[quantile] for name, quantile in names.items()} for box in boxes],
        positions=[box["sensor"] + aside for box in boxes],
        widths=0.3,
        showfliers=False,
        manage_ticks=False,
        patch_artist=True,
        boxprops={"facecolor": WHEN_COLOURS[when], "edgecolor": "0.3", "linewidth": 0.8},
        medianprops={"color": "0.1", "linewidth": 1.2},
        whiskerprops={"color": "0.3", "linewidth": 0.8},
        capprops={"color": "0.3", "linewidth": 0.8},
    )


def colour_scale(errors: pd.Series) -> LogNorm:
    """The scale of colours that holds all these errors."""
    return LogNorm(errors.min(), errors.max())


@matplotlib.rc_context(_STYLE)
def maps(errors: pd.DataFrame, sizes: Sequence[int], scale: LogNorm, floor: Floor) -> Figure:
    """Draw the winners' errors over the square: rows m, columns models.

    errors: columns architecture, augmented, control, m, column, row, mse, not empty.
    """
    figure = Figure(figsize=(7.6, 1.5 * len(sizes) + 0.35), layout="constrained")
    grid = figure.subplots(len(sizes), len(MODELS), sharex=True, sharey=True, squeeze=False)
    for axes, m in zip(grid, sizes, strict=True):
        for ax, model in zip(axes, MODELS, strict=True):
            _map_panel(ax, tables.of(errors[errors["m"] == m], model), scale)
        axes[0].set_ylabel(f"m = {m}")
    for ax, model in zip(grid[0], MODELS, strict=True):
        ax.set_title(model.label, fontsize="small")
    bar = figure.colorbar(ScalarMappable(scale, COLOUR_MAP), ax=grid, label="MSE", aspect=30)
    bar.ax.yaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), minor_locator=NullLocator())
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if floor is not None and scale.vmin <= floor["mse"] <= scale.vmax:
        bar.ax.axhline(floor["mse"], color="white", linewidth=3)
        bar.ax.axhline(floor["mse"], color="black", linewidth=1)
    return figure


def _map_panel(ax: Axes, errors: pd.DataFrame, scale: LogNorm) -> None:
    """Draw one winner's map."""
    ax.set(aspect="equal", xlim=(-1, 1), ylim=(-1, 1), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    ax.grid(visible=False)
    if errors.empty:
        ax.text(0, 0, "no winner", ha="center", va="center", style="italic")
        return
    fields = errors.pivot(index="row", columns="column", values="mse").to_numpy(float)
    edges = np.linspace(-1, 1, len(fields) + 1)
    ax.pcolormesh(edges, edges, fields, norm=scale, cmap=COLOUR_MAP)


def svg(figure: Figure, name: str) -> str:
    """Return the figure as an SVG element; equal figures give equal text.

    Ids start with the name, so that several figures can stand in one page.
    """
    buffer = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    element = buffer.getvalue()[buffer.getvalue().index("<svg") :]
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", element)
