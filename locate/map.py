"""A map of the bag: sensors, answers and search circles, with scales in mm."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from locate.leak import Leak
from locate.readings import Readings
from study.bag import SQUARE
from study.files import write_whole
from study.forward import normalised

MOST = 200  # rows whose circles can still be told apart
REACH = 1.3  # units of y from the middle to the map's edge
KINDS = (("#0173b2", "leak, in a circle that holds it with 90 % probability"),
         ("#d55e00", "unlike a single leak"))  # fmt: skip
SENSOR, INK, QUIET = "#404040", "#333333", "#666666"
STYLE: dict[Any, Any] = {
    **dict.fromkeys(("xtick.color", "ytick.color"), QUIET),
    **dict.fromkeys(("axes.labelcolor", "text.color"), INK),
    "svg.fonttype": "none",
    "svg.hashsalt": "locate",  # the bytes depend on the content only
}


def write(leak: Leak, given: Readings, path: Path) -> None:
    """Draw the answers to a file's first rows into a file."""
    first = next(given.blocks())[:MOST]
    picture = io.BytesIO()
    with mpl.rc_context(STYLE):
        form, undated = path.suffix[1:], {"svg": "Date", "pdf": "CreationDate"}
        metadata = {undated[form]: None} if form in undated else {}
        draw(leak, first, given.rows).savefig(picture, format=form, metadata=metadata, dpi=150)
    write_whole(path, picture.getvalue())


def draw(leak: Leak, flows: np.ndarray, rows: int) -> Figure:
    """The map of the first rows, flows (n, N), of so many."""
    answers = leak.answer(normalised(flows))
    figure = Figure(figsize=(6.4, 6.9), layout="constrained")
    ax = figure.subplots()
    half, reach = SQUARE.mm, REACH * SQUARE.mm
    ax.set(aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))
    ax.set(xlabel="x (mm from the middle)", ylabel="y (mm from the middle)")
    ax.set(xticks=(-half, 0, half), yticks=(-half, 0, half), frame_on=False)
    bag = ax.add_patch(Rectangle((-half, -half), 2 * half, 2 * half, fc="#f8f8f8", ec=QUIET))
    for number, port in enumerate(1.1 * half * SQUARE.ports, start=1):
        box = {"boxstyle": "circle,pad=0.3", "facecolor": SENSOR, "edgecolor": "none"}
        ax.text(port[0], port[1], str(number), ha="center", va="center", color="white", bbox=box)
    faint = 0.12 if len(flows) <= 30 else 0.05
    for (colour, label), chosen in zip(KINDS, (~answers.unlike, answers.unlike), strict=True):
        for centre, radius in zip(answers.mm[chosen], answers.radii_mm[chosen], strict=True):
            if np.isfinite(radius):  # the leak is in the bag: so is what must be searched
                looks = {"fc": to_rgba(colour, faint), "ec": to_rgba(colour, 0.6), "lw": 0.7}
                ax.add_patch(Circle(tuple(centre), radius, **looks)).set_clip_path(bag)
        if chosen.any():
            ax.plot(*answers.mm[chosen].T, ".", color=colour, label=label)
    ax.plot([], [], "o", color=SENSOR, label="sensor")
    more = f"the first {len(flows):,} of " if rows > len(flows) else ""
    ax.set_title(f"{more}{rows:,} row{'s' * (rows != 1)}", fontsize="medium", loc="left")
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize="small")
    return figure
