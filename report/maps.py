"""A map of the bag: where answers put the leaks, and how far around them to search."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from report.figures import svg
from study.bag import SQUARE
from study.errors import StudyError
from study.files import write_whole

CIRCLES = 200  # rows at most whose circles can still be told apart
ODD = 1000  # flagged rows at most that are drawn one by one
CELLS = 52  # a side of the density; the bag is 40 of them wide
REACH = 1.3  # units of y from the middle to the map's edge

LEAK, UNLIKE, SENSOR = "#0173b2", "#d55e00", "0.25"
_STYLE: dict[Any, Any] = {
    "axes.edgecolor": "0.6",
    "axes.labelcolor": "0.2",
    "font.family": "sans-serif",
    "font.size": 10,
    "legend.frameon": False,
    "text.color": "0.2",
    "xtick.color": "0.4",
    "ytick.color": "0.4",
}

Floats = NDArray[np.floating]


class Answers(Protocol):
    """Answers for n rows of flows."""

    @property
    def positions(self) -> Floats:
        """(n, 2) in units of y."""

    @property
    def radii(self) -> Floats:
        """(n,) in units of y."""

    @property
    def unlike(self) -> NDArray[np.bool_]:
        """(n,): no single leak makes such flows."""


class Gathered:
    """What a map needs of any number of answers, in bounded memory."""

    def __init__(self) -> None:
        self.rows = 0
        self.unlike = 0
        self.outside = 0  # of the map
        self.first = _nothing()
        self.odd = _nothing()
        self.density = np.zeros((CELLS, CELLS))  # (y1, y2)

    def add(self, answers: Answers) -> None:
        """Count these answers in."""
        table = np.column_stack([answers.positions, answers.radii, answers.unlike])
        self.rows += len(table)
        self.unlike += int(answers.unlike.sum())
        self.outside += int((np.abs(answers.positions) > REACH).any(axis=1).sum())
        self.first = np.concatenate([self.first, table])[:CIRCLES]
        self.odd = np.concatenate([self.odd, table[answers.unlike]])[:ODD]
        y1, y2 = answers.positions.T
        shown = ((-REACH, REACH), (-REACH, REACH))
        self.density += np.histogram2d(y1, y2, bins=CELLS, range=shown)[0]


def _nothing() -> Floats:
    """No rows of y1, y2, radius and whether it is unlike a leak."""
    return np.empty((0, 4))


def write(gathered: Gathered, side_mm: float, path: Path) -> None:
    """Draw the map into an SVG file. Raises StudyError where that cannot be written."""
    try:
        write_whole(path, svg(bag(gathered, side_mm), "map"))
    except OSError as error:
        raise StudyError(
            f"{path}: expected a place to write the map to, found {error.strerror}; name another"
        ) from None


@matplotlib.rc_context(_STYLE)
def bag(gathered: Gathered, side_mm: float) -> Figure:
    """Draw the bag from above, in mm from its middle: sensors, answers and search circles.

    Where there are too many rows to tell their circles apart, their density stands for them.
    """
    few = gathered.rows <= CIRCLES
    figure = Figure(figsize=(6.4, 6.9) if few else (7.6, 7.0), layout="constrained")
    ax = figure.subplots()
    half = side_mm / 2
    _draw_bag(ax, half)
    if few:
        handles = _draw_circles(ax, gathered, half)
    else:
        handles = _draw_density(figure, ax, gathered, half)
    handles.append(Line2D([], [], linestyle="", marker="o", color=SENSOR, label="sensor"))
    ax.set_title(_title(gathered), fontsize="medium", loc="left")
    spacing = {"handletextpad": 0.2, "columnspacing": 1.2}
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), **spacing)
    return figure


def _draw_bag(ax: Axes, half: float) -> None:
    """Draw the square with its sensors."""
    reach = REACH * half
    ax.set(aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))
    ax.set(xlabel="x (mm from the middle)", ylabel="y (mm from the middle)")
    ax.set(xticks=(-half, 0, half), yticks=(-half, 0, half))
    ax.add_patch(_square(half, facecolor="0.975", edgecolor="none"))
    ax.add_patch(_square(half, facecolor="none", edgecolor="0.5", zorder=3))
    for number, corner in enumerate(SQUARE.ports, start=1):
        x, y = 1.1 * half * corner
        ax.text(
            x,
            y,
            str(number),
            ha="center",
            va="center",
            color="white",
            fontweight="bold",
            bbox={"boxstyle": "circle,pad=0.3", "facecolor": SENSOR, "edgecolor": "none"},
            zorder=5,
        )
    for spine in ax.spines.values():
        spine.set_visible(False)


def _square(half: float, **looks: Any) -> Rectangle:
    """The bag."""
    return Rectangle((-half, -half), 2 * half, 2 * half, **looks)


def _draw_circles(ax: Axes, gathered: Gathered, half: float) -> list[Line2D]:
    """Draw each answer as a dot in its search circle; the legend's handles."""
    handles = []
    faint = 0.12 if gathered.rows <= 30 else 0.05
    for colour, unlike, name in (
        (LEAK, 0, "leak; its circle holds it with 90 % probability"),
        (UNLIKE, 1, "unlike a single leak"),
    ):
        rows = half * gathered.first[gathered.first[:, 3] == unlike]
        if not len(rows):
            continue
        for x, y, radius, _ in rows:  # the leak is in the bag: so is what must be searched
            inside = ax.add_patch(Circle((x, y), radius, facecolor=to_rgba(colour, faint)))
            inside.set(edgecolor=to_rgba(colour, 0.6), linewidth=0.7)
            inside.set_clip_path(_square(half, transform=ax.transData))
        (dots,) = ax.plot(*rows[:, :2].T, ".", color=colour, markersize=6, label=name)
        handles.append(dots)
    return handles


def _draw_density(figure: Figure, ax: Axes, gathered: Gathered, half: float) -> list[Line2D]:
    """Draw how many answers lie where, and the odd ones as dots; the legend's handles."""
    reach = REACH * half
    counts = np.ma.masked_equal(gathered.density.T, 0)  # rows of an image are y
    image = ax.imshow(
        counts,
        extent=(-reach, reach, -reach, reach),
        origin="lower",
        cmap="Blues",
        vmin=0,
        interpolation="nearest",
        zorder=2,
    )
    cell = 2 * reach / CELLS
    label = f"answers in a square of {cell:.3g} mm"
    bar = figure.colorbar(image, ax=ax, shrink=0.6, label=label, ticks=MaxNLocator(5, integer=True))
    bar.outline.set_visible(False)
    if not gathered.unlike:
        return []
    name = "unlike a single leak"
    if gathered.unlike > ODD:
        name += f" (the first {ODD} of {gathered.unlike})"
    odd = half * gathered.odd[:, :2]
    return ax.plot(*odd.T, ".", color=UNLIKE, markersize=5, label=name, zorder=4)


def _title(gathered: Gathered) -> str:
    """What the map shows of how many rows."""
    many = gathered.rows > CIRCLES
    parts = [f"{gathered.rows:,} rows"]
    if many:
        parts.append("too many to draw their search circles")
    if gathered.outside:
        parts.append(f"{gathered.outside:,} off the map")
    return "; ".join(parts)
