"""The names of the winners' files."""

from __future__ import annotations

from study.design import Cell


def model_file(cell: Cell) -> str:
    """The name of the .h5 file of a cell's winner in the exercise."""
    words = (
        f"model_{cell.architecture}_{cell.m}",
        "augmented" * cell.augmented,
        "corrected" * cell.corrected,
        cell.condition,
    )
    return "_".join(filter(None, words)) + ".h5"
