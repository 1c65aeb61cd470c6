"""The winners' files have the exercise's names."""

import pytest

from study.design import Cell
from study.model_files import model_file


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        (Cell(100, False, "standard", False), "model_standard_100.h5"),
        (Cell(1000, False, "standard", True), "model_standard_1000_augmented.h5"),
        (Cell(100, True, "equivariant", False), "model_equivariant_100_corrected.h5"),
        (Cell(1000, True, "equivariant", True), "model_equivariant_1000_augmented_corrected.h5"),
    ],
)
def test_a_cells_winner_has_a_file_of_its_name(cell, name):
    assert model_file(cell) == name
