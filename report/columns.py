"""Tables -> the texts of their columns, as several sections of a grid's report show them."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from report.blocks import Table
from report.findings import Findings
from report.formats import bold, change, interval, p_value, whole
from report.models import MODEL, Model

TEXT = ("training data", "model", "effect")  # columns that are no numbers, in any of these tables


def labels(rows: pd.DataFrame) -> list[str]:
    """The names of the rows' models."""
    return [Model(*row).label for row in rows[MODEL].itertuples(index=False)]


def names(rows: pd.DataFrame, found: Findings) -> dict[str, Iterable[Any]]:
    """The columns that name the cells of a table's lines."""
    return {"m": rows["m"], **found.data(rows["corrected"]), "model": labels(rows)}


def lines(found: Findings) -> dict[str, Iterable[Any]]:
    """The columns that name the lines of a table with a column for each model."""
    corrected = (part.corrected for _, part in found.lines)
    return {"m": [m for m, _ in found.lines], **found.data(corrected)}


def effect_cells(rows: pd.DataFrame) -> list[str]:
    """Effects as "change [interval]", the clear ones in bold."""
    cells = []
    for row in rows.itertuples():
        ends = "" if pd.isna(row.low) else f" [{interval(row.low, row.high)}]"
        cells.append(bold(change(row.log_ratio) + ends, row.clear))
    return cells


def effects_table(caption: str, rows: pd.DataFrame) -> Table:
    """A family of effects with intervals and p-values, the clear ones in bold."""
    return Table(
        f"{caption} Holm's adjustment is over {rows['p'].notna().sum()} p-values. In bold: clear.",
        {
            "effect": rows["effect"],
            "m": rows["m"],
            "draws": rows["draws"].map(whole),
            "change (%)": [bold(change(row.log_ratio), row.clear) for row in rows.itertuples()],
            "95 % interval (%)": [
                interval(*ends) for ends in zip(rows["low"], rows["high"], strict=True)
            ],
            "p": rows["p"].map(p_value),
            "p (Holm)": [bold(p_value(row.p_holm), row.clear) for row in rows.itertuples()],
        },
        text=TEXT,
    )
