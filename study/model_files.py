"""The names of the networks that are saved: the exercise's, one for each cell."""

from __future__ import annotations

from study.architectures import architecture
from study.design import Cell

AVERAGED = "orbit_average"  # behind the name of a network that is averaged over the symmetries


def saved_files(cell: Cell) -> list[str]:
    """The files of a cell's winner: its own, and one that is not equivariant averaged, too."""
    name = model_file(cell)
    averaged = not (cell.augmented or architecture(cell.architecture).symmetric)
    return [name, *[f"{name.removesuffix('.h5')}_{AVERAGED}.h5"] * averaged]


def model_file(cell: Cell) -> str:
    """The file of a cell's winner, such as model_equivariant_100_augmented_corrected.h5."""
    endings = "_augmented" * cell.augmented + "_corrected" * cell.corrected
    return f"model_{cell.architecture}_{cell.m}{endings}.h5"
