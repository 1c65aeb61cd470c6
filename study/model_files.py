"""The names of the networks that are saved: the exercise's, one for each cell."""

from __future__ import annotations

from study.design import Cell


def model_file(cell: Cell) -> str:
    """The file of a cell's winner, such as model_equivariant_100_augmented_corrected.h5."""
    endings = "_augmented" * cell.augmented + "_corrected" * cell.corrected
    return f"model_{cell.architecture}_{cell.m}{endings}.h5"
