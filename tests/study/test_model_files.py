"""Winners are named as in the exercise."""

from itertools import product

from study.design import Cell
from study.model_files import model_file
from study.presets import load_preset


def test_winners_are_named_as_in_the_exercise():
    design = load_preset("exercise").on({100, 1000})
    names = {model_file(cell) for cell in design.cells()}
    assert names == {
        f"model_{architecture}_{m}{augmented}{corrected}.h5"
        for architecture, m, augmented, corrected in product(
            ("standard", "equivariant"), (100, 1000), ("", "_augmented"), ("", "_corrected")
        )
    }
    assert "model_equivariant_100_augmented_corrected.h5" in names


def test_a_condition_is_told_last():
    cell = Cell(25, True, "equivariant_wide", False, "several_channels")
    assert model_file(cell) == "model_equivariant_wide_25_corrected_several_channels.h5"
