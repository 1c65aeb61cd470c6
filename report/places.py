"""Where on the square each winner errs: maps, and what they come to at corners and edges."""

import numpy as np
import pandas as pd

from report import figures, tables
from report.blocks import Block, Paragraph, Picture, Section, Table
from report.columns import TEXT, names
from report.findings import Findings, Part
from report.formats import bold, counted, listed, mse
from report.models import CELL, CORRECTIONS, MODELS

LAST = 7  # columns and rows of the chessboard are numbered from 0
REGIONS = ("corners", "edges", "centre")


def sections(found: Findings) -> list[Section]:
    """The sections on where the winners fail, and on what they make of the diagonals."""
    return [
        Section("places", "Where each fails", _places(found)),
        Section("diagonals", "The diagonal check", _diagonals(found)),
    ]


def region(maps: pd.DataFrame) -> pd.Series:
    """Each field's region: one of the 4 corner fields, the 24 other edge fields, or the centre."""
    on_rim = [maps[side].isin((0, LAST)) for side in ("column", "row")]
    return pd.Series(np.array(REGIONS[::-1])[on_rim[0].astype(int) + on_rim[1]], index=maps.index)


def errors(maps: pd.DataFrame) -> pd.DataFrame:
    """Mean squared error of each winner over the rows of each region.

    Indexed by CELL in the order of the report's models; columns REGIONS, all, and highest: the
    region with the highest error.
    """
    known = maps[maps["n"] > 0]
    sums = known.assign(region=region(known), squares=known["n"] * known["mse"])
    by = sums.groupby([*CELL, "region"])[["squares", "n"]].sum()
    table = (by["squares"] / by["n"]).unstack("region").reindex(columns=list(REGIONS))
    whole = sums.groupby(CELL)[["squares", "n"]].sum()
    highest = table.idxmax(axis=1)
    return table.assign(all=whole["squares"] / whole["n"], highest=highest)


def in_words(errors: pd.DataFrame) -> str:
    """Where most winners err most, and by how much."""
    where = {"corners": "In the corners", "edges": "Along the edges", "centre": "In the centre"}
    count = errors["highest"].value_counts()
    most = count.idxmax()
    said = [f"of the {name} for {number}" for name, number in count.items()]
    ratio = (errors[most] / errors["all"]).median()
    return (
        f"For the {counted(len(errors), 'winner')} of the four models, the highest error is that "
        f"{listed(said)}. {where[most]} it is {ratio:.1f} times that of the whole square (median)."
    )


def _places(found: Findings) -> list[Block]:
    maps = found.maps
    table = errors(maps)
    grid = table[[cell[2:] in MODELS for cell in table.index]]
    if grid.empty:
        return [Paragraph("There is no winner to look at yet.")]
    held_out = tables.sets(found.study)[-1]
    fields = maps.loc[maps["n"] > 0, "n"]
    return [
        Paragraph(
            f"The winners' {found.error} on the fields of an 8 x 8 chessboard over the square "
            f"({held_out} set; {_range(fields)} rows in a field). "
            f"{in_words(grid)}"
        ),
        *(_map(found, part) for part in found.parts if (maps["corrected"] == part.corrected).any()),
        _regions(found, table),
    ]


def _range(numbers: pd.Series) -> str:
    ends = dict.fromkeys((f"{numbers.min():,.0f}", f"{numbers.max():,.0f}"))
    return " to ".join(ends)


def _map(found: Findings, part: Part) -> Picture:
    """The winners' maps with one correction."""
    name = f"places{'_corrected' * part.corrected}"
    grid = _of_grid(found.maps)
    drawn = figures.maps(
        grid[grid["corrected"] == part.corrected],
        found.study["m"],
        figures.colour_scale(grid["mse"]),
        found.study["noise_floor"],
    )
    floor = "" if found.study["noise_floor"] is None else " The line in the scale: the noise floor."
    also = " The scale is the same with and without the correction." * found.several
    return Picture(
        name,
        figures.svg(drawn, name),
        f"{_titled(found, part)}{found.error} of the winners over the square, y1 to the right and "
        f"y2 upwards; blank: no rows.{floor}{also}",
        f"Maps of the error over the square for {_models()}, a line of them for each m"
        f"{_data(found, part)}",
    )


def _models() -> str:
    return listed(model.label for model in MODELS)


def _titled(found: Findings, part: Part) -> str:
    return f"{part.title}: " * found.several


def _data(found: Findings, part: Part) -> str:
    return f", training data {CORRECTIONS[part.corrected]}" * found.several


def _of_grid(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the four models."""
    return pd.concat([tables.of(table, model) for model in MODELS])


def _regions(found: Findings, table: pd.DataFrame) -> Table:
    """Error by region, the region with the highest in bold."""
    order = tables.equivariance(found.runs, found.study).index
    rows = table.reindex([cell for cell in order if cell in table.index]).reset_index()
    columns = {
        name: [
            bold(mse(error), name == highest)
            for error, highest in zip(rows[name], rows["highest"], strict=True)
        ]
        for name in REGIONS
    }
    return Table(
        f"Mean {found.error} of the winners by region. Corners: the 4 fields where both |y1| and "
        "|y2| exceed 0.75; edges: the 24 fields where one of them does; centre: the other 36. In "
        "bold: the highest of the three.",
        {**names(rows, found), **columns, "whole square": rows["all"].map(mse)},
        text=TEXT,
    )


def _diagonals(found: Findings) -> list[Block]:
    """The blocks of the section on the diagonals."""
    blocks: list[Block] = []
    for part in found.parts:
        predictions = found.predictions[found.predictions["corrected"] == part.corrected]
        if predictions.empty:
            continue
        name = f"diagonals{'_corrected' * part.corrected}"
        blocks.append(
            Picture(
                name,
                figures.svg(figures.diagonals(predictions, found.study["m"]), name),
                f"{_titled(found, part)}where the winners put flows that are symmetric about a "
                "diagonal: x1 + x3 = 0.5 with x2 = x4 = 0.25, and x2 + x4 = 0.5 with x1 = x3 = "
                "0.25.",
                "Predictions of the winners beside the two diagonals of the square, one panel for "
                f"each training size and model{_data(found, part)}",
            )
        )
    if not blocks:
        return [Paragraph("There is no winner to check yet.")]
    return [
        Paragraph(
            "Flows that are symmetric about a diagonal come from a leak on it. An equivariant "
            "network must answer on the diagonals (grey); a standard one need not. Each set tests "
            "one reflection only; equivariance errors, above, are over all eight symmetries."
        ),
        *blocks,
    ]
