"""What a parameter buys: the best error by number of parameters; and who is equivariant."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from report import figures, models, tables
from report.blocks import Block, Paragraph, Picture, Section, Table
from report.columns import TEXT, names
from report.findings import Findings
from report.formats import NOTHING, bold, counted, listed, mse, scientific, whole
from report.models import EQUIVARIANT_RAW, STANDARD_RAW, WIDE, Model

COMPARED = (STANDARD_RAW, EQUIVARIANT_RAW, WIDE)
EDGES = (0, 16, 64, 256, 1024, np.inf)  # of the bands: above each, up to the next


def sections(found: Findings) -> list[Section]:
    """The section on equal numbers of parameters; none where there are no trials to compare."""
    return [Section("parameters", "At equal numbers of parameters", _equal(found))]


def networks(study: Mapping[str, Any]) -> list[Model]:
    """The networks whose sizes are compared: trained on raw data, tuned on their own."""
    return [one for one in COMPARED if one != WIDE or WIDE in models.controls(study)]


def sizes(study: Mapping[str, Any]) -> list[int]:
    """The training sizes at which they are compared: all of them where there are no controls."""
    return list(study["control_sizes"] if study["controls"] else study["m"])


def best(runs: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Each network's best validation error on draw 0 by its number of parameters.

    Over all trials and starts that did not fail. Columns CELL, parameters, mse.
    """
    kept = (runs["draw"] == 0) & (runs["status"] == "ok") & runs["m"].isin(sizes(study))
    rows = pd.concat([tables.of(runs[kept], network) for network in networks(study)])
    lowest = rows.groupby([*models.CELL, "parameters"])["validation_mse"].min()
    return lowest.rename("mse").reset_index()


def bands(best: pd.DataFrame) -> pd.DataFrame:
    """The lowest error of each network within each band of parameters, a column for each network.

    Indexed by m, corrected and band (its place in EDGES); bands without any network are left out.
    """
    band = np.searchsorted(EDGES, best["parameters"]) - 1
    groups = best.assign(band=band).groupby(["m", "corrected", "band", *models.MODEL])
    return groups["mse"].min().unstack(models.MODEL)


def band_name(band: int) -> str:
    """A band in words, such as "17 to 64"."""
    low, high = list(pairwise(EDGES))[band]
    return f"more than {low:,}" if high == np.inf else f"{low + 1:,} to {high:,.0f}"


def in_words(bands: pd.DataFrame, one: Model, other: Model) -> str:
    """How often one network beats the other with as many parameters; "" where they never meet."""
    both = bands.reindex(columns=pd.MultiIndex.from_tuples([one, other])).dropna()
    if both.empty:
        return ""
    better = int((both[tuple(one)] < both[tuple(other)]).sum())
    lines = counted(len(both), "line")
    return f"{one.label} beats {other.label} in {better} of {lines} with both"


def _equal(found: Findings) -> list[Block]:
    lowest = best(found.runs, found.study)
    if lowest.empty:
        return [Paragraph("There is no finished trial to compare yet.")]
    compared = networks(found.study)
    table = bands(lowest)
    rivals = [(EQUIVARIANT_RAW, STANDARD_RAW), (WIDE, STANDARD_RAW), (WIDE, EQUIVARIANT_RAW)]
    said = [in_words(table, *pair) for pair in rivals if {*pair} <= {*compared}]
    said = [text for text in said if text]
    labels = listed(network.label for network in compared)
    drawn = figures.by_parameters(lowest, compared, found.study["noise_floor"])
    return [
        Paragraph(
            "A network with the symmetry built in has far fewer parameters than a standard one of "
            "the same depth. Here they are held against each other by their number of parameters: "
            "the best validation MSE of all their tuning trials and starts on draw 0. The best of "
            "many is somewhat too low, and there are no intervals."
            + (f" By the table: {'; '.join(said)}." if said else "")
        ),
        Picture(
            "parameters",
            figures.svg(drawn, "parameters"),
            "Best validation MSE by number of parameters, on raw training data. Points: networks "
            "of that size. Lines: the best with at most so many parameters.",
            f"Best validation error against number of parameters for {labels}",
        ),
        _bands(found, table, compared),
    ]


def _bands(found: Findings, table: pd.DataFrame, compared: Sequence[Model]) -> Table:
    """The bands as a table, the lowest error of each line in bold."""
    table = table.reindex(columns=pd.MultiIndex.from_tuples(compared))
    cells = table.index.to_frame(index=False)
    shown = table.map(mse).to_numpy()
    lowest = table.min(axis=1).map(mse).to_numpy()[:, None]
    text = np.where((shown == lowest) & (shown != NOTHING), "**" + shown + "**", shown)
    return Table(
        "The lowest validation MSE within each range of parameters; in bold: the lowest of its "
        "line.",
        {
            "m": cells["m"],
            **found.data(cells["corrected"]),
            "parameters": [band_name(band) for band in cells["band"]],
            **{one.label: list(text[:, place]) for place, one in enumerate(compared)},
        },
        text=TEXT,
    )


def equivariance(found: Findings) -> list[Block]:
    """The blocks of the section on parameters and equivariance."""
    rows = tables.equivariance(found.runs, found.study).reset_index()
    return [
        Paragraph(
            "How far f(gx) is from g f(x), over all eight symmetries g and all validation rows, in "
            "units of half the side of the square. Rounding leaves about 1e-6; an equivariant "
            "network far above that is broken. Dead networks answer almost the same everywhere and "
            "would pass any such check: they are counted, not measured."
        ),
        Table(
            "Parameters, and equivariance errors over all runs of a cell (draws and starts).",
            {
                **names(rows, found),
                "parameters": rows["parameters"].map(whole),
                "runs": rows["runs"].map(whole),
                "max": rows["worst"].map(scientific),
                "rms": rows["rms"].map(scientific),
                "dead": [bold(whole(dead), dead > 0) for dead in rows["dead"]],
            },
            text=TEXT,
        ),
    ]
