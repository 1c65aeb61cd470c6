"""Names of models and files, and which cells are planned."""

import pytest

from report import models
from report.models import (
    BASELINES,
    CONTROLS,
    EQUIVARIANT_AUGMENTED,
    IDENTITY_CHECK,
    MODELS,
    ORBIT_AVERAGE,
    REFERENCES,
    STANDARD_MATCHED,
    STANDARD_RAW,
    WIDE,
    WRONG_GROUP,
)
from tests.report.made_up import make_study


def test_models_are_labelled_by_network_and_data():
    assert [model.label for model in MODELS] == [
        "standard raw",
        "standard augmented",
        "equivariant raw",
        "equivariant augmented",
    ]


def test_controls_and_baselines_are_labelled_by_what_they_do_otherwise():
    assert [model.label for model in CONTROLS] == [
        "standard raw, orbit-averaged",
        "wrong group raw",
        "equivariant_wide raw",
        "standard augmented, matched epochs",
        "equivariant augmented, matched epochs",
        "equivariant augmented, identity check",
        "zero",
        "least squares",
        "linear equivariant",
        "inverse model",
        "Gaussian process",
        "Gaussian process augmented",
    ]
    assert [model.baseline for model in CONTROLS] == [False] * 6 + [True] * 6


def test_winners_are_saved_as_the_exercise_wants():
    assert STANDARD_RAW.file_name(100, False) == "model_standard_100.h5"
    assert EQUIVARIANT_AUGMENTED.file_name(1000, False) == "model_equivariant_1000_augmented.h5"
    assert STANDARD_RAW.file_name(100, True) == "model_standard_100_corrected.h5"
    averaged = "model_standard_100_corrected_orbit_average.h5"
    assert ORBIT_AVERAGE.file_name(100, True) == averaged


def test_every_control_has_a_reference():
    assert {model for model, _ in REFERENCES} == {*CONTROLS}
    assert {reference for _, reference in REFERENCES} <= {*MODELS}


def test_cells_stand_by_m_then_correction_then_model():
    cells = models.cells(make_study(controls=["matched_epochs", "wrong_group"]))
    assert len(cells) == 2 * 2 * (4 + 3)
    first = [(100, False, *model) for model in (*MODELS, WRONG_GROUP, STANDARD_MATCHED)]
    assert list(cells.index[:6]) == first
    assert cells.loc[(1000, True, *WRONG_GROUP)].tolist() == [0, 14]  # it is not tuned


@pytest.mark.parametrize(
    ("names", "planned"),
    [
        ([], []),
        (["orbit_average"], [ORBIT_AVERAGE]),
        (["identity_check", "equivariant_wide"], [WIDE, IDENTITY_CHECK]),
        (["baselines"], list(BASELINES)),
    ],
)
def test_planned_controls(names, planned):
    assert models.controls(make_study(controls=names)) == planned


def test_corrections_are_none_then_fitted():
    assert models.corrections({"corrections": ["fitted", "none"]}) == [False, True]
    assert models.corrections({"corrections": ["fitted"]}) == [True]
    assert models.corrections({"corrections": ["none"]}) == [False]
