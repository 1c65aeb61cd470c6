"""Labels are words, whatever the identifier."""

import pytest

from study.architectures import ARCHITECTURES
from study.conditions import BASELINES, CONDITIONS
from study.labels import correction_label, in_order, model_label


@pytest.mark.parametrize(
    ("model", "label"),
    [
        (("standard", False), "standard raw"),
        (("equivariant", True), "equivariant augmented"),
        (("equivariant_wide", False), "equivariant with several channels, raw"),
        (("zero", False), "the middle of the bag"),
        (("gaussian_process", True), "Gaussian process, augmented"),
        (("a_users_own", False), "a users own, raw"),
    ],
)
def test_a_model_has_a_label(model, label):
    assert model_label(model) == label


def test_no_label_is_an_identifier():
    models = [(name, augmented) for name in ARCHITECTURES for augmented in (False, True)]
    labels = [model_label(model) for model in (*models, *BASELINES)]
    labels += [condition.label for condition in CONDITIONS.values()]
    assert not [label for label in labels if "_" in label]
    assert correction_label(True) == "corrected"
    assert correction_label(False) == "uncorrected"


def test_models_stand_as_architectures_are_registered():
    mixed = [("zero", False), ("equivariant", True), ("standard", True), ("equivariant", False)]
    assert in_order([*mixed, ("mine", False), ("equivariant", True)]) == [
        ("standard", True),
        ("equivariant", False),
        ("equivariant", True),
        ("zero", False),
        ("mine", False),
    ]
