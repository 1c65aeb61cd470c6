"""The winners: their errors, their networks and their hyperparameters."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from report.blocks import Block, Heading, Paragraph, Table
from report.columns import TEXT, labels
from report.findings import Findings
from report.formats import NOTHING, bold, decimals, millimetres, mse, scientific, whole
from report.models import CELL, Model


def winners(found: Findings) -> list[Block]:
    """The section's blocks."""
    blocks: list[Block] = [
        Paragraph(
            "A cell's winner is its best run on draw 0 by validation MSE, with the hyperparameters "
            "that the tuner chose; it is saved as a model file. In bold: the lowest value at that "
            "m among the four winners."
        )
    ]
    for part in found.parts:
        rows = found.winners.reset_index()
        blocks += [Heading(part.title)] * found.several
        blocks += _winners(rows[rows["corrected"] == part.corrected], found.study)
    return blocks


def _winners(rows: pd.DataFrame, study: Mapping[str, Any]) -> list[Block]:
    """The tables of one correction."""
    cells = {"m": rows["m"], "model": labels(rows)}
    files = [Model(*model).file_name(m, corrected) for m, corrected, *model in rows[CELL].values]
    return [
        Table(
            "Errors of the winners. MSE and MAE are per coordinate, in units of half the side of "
            "the square; distances are on the bag. Orbit MSE: validation MSE of the network "
            "averaged over the eight symmetries. Unless named test, scores are of the validation "
            "set.",
            cells | _errors(rows, with_test=bool(study["test_rows"])),
            text=TEXT,
        ),
        Table(
            "The winning networks. Equivariance error: the largest over all symmetries and "
            "validation rows. Spread: of the outputs; a dead network has almost none.",
            cells
            | {
                "parameters": rows["parameters"].map(whole),
                "equivariance error": [
                    "**dead**" if row.status == "dead" else scientific(row.equivariance_error)
                    for row in rows.itertuples()
                ],
                "spread": rows["output_spread"].map(decimals(2)),
                "file": [f"`{file}`" for file in files],
            },
            text=(*TEXT, "file"),
        ),
        Table(
            "The winners' hyperparameters. Layers are hidden ones; steps: that of the best "
            "validation, whose weights were kept, of those trained.",
            cells | _hyperparameters(rows),
            text=(*TEXT, "activation", "optimiser", "loss"),
        ),
    ]


def _errors(rows: pd.DataFrame, with_test: bool) -> dict[str, list[str]]:
    """The winners' scores by header; a winner that failed or is missing says so."""
    scores = {
        "validation MSE": ("validation_mse", mse),
        "MAE": ("validation_mae", mse),
        "mean distance (mm)": ("validation_distance_mm", millimetres),
        "95 % within (mm)": ("validation_p95_mm", millimetres),
        "orbit MSE": ("orbit_mse", mse),
    }
    if with_test:
        scores |= {
            "test MSE": ("test_mse", mse),
            "test MAE": ("test_mae", mse),
            "test distance (mm)": ("test_distance_mm", millimetres),
        }
    columns = {}
    for header, (name, digits) in scores.items():
        values = rows[name].where(rows["status"] == "ok")
        text = values.map(digits)
        best = text == values.groupby(rows["m"]).transform("min").map(digits)
        columns[header] = [bold(*cell) for cell in zip(text, best & values.notna(), strict=True)]
    columns["validation MSE"] = [
        cell if status == "ok" else f"**{status}**"
        for cell, status in zip(columns["validation MSE"], rows["status"], strict=True)
    ]
    return columns


def _hyperparameters(rows: pd.DataFrame) -> dict[str, Iterable[str]]:
    """The winners' hyperparameters by header."""
    best, planned = rows["best_step"].map(whole), rows["steps"].map(whole)
    return {
        "layers": rows["depth"].map(whole),
        "width": rows["width"].map(whole),
        "activation": rows["activation"].fillna(NOTHING),
        "loss": rows["loss"].fillna(NOTHING),
        "optimiser": rows["optimizer"].fillna(NOTHING),
        "learning rate": rows["learning_rate"].map(decimals(4)),
        "batch": rows["batch_size"].map(whole),
        "steps": best + " of " + planned,
    }
