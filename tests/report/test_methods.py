"""All methods side by side, on errors that can be checked by hand."""

from dataclasses import replace
from math import exp

import pytest

from report.findings import gather
from report.methods import exploratory, interactions, methods
from tests.report.made_up import (
    ABOUT,
    EQUIVARIANT_AUGMENTED,
    EQUIVARIANT_RAW,
    STANDARD_AUGMENTED,
    STANDARD_RAW,
    full,
    grid,
    with_conditions,
)

FOUND = gather(with_conditions(), ABOUT)


def test_methods_stand_where_there_are_conditions_the_best_first():
    assert list(methods(FOUND)) == [(25, False)]
    listed = methods(FOUND)[25, False]
    errors = [one.estimate.interval.mean for one in listed]
    assert errors == sorted(errors)
    assert [one.cell.architecture for one in listed] == [
        "gaussian_process",  # 0.006
        "equivariant",  # half of 0.016
        "equivariant",
        "standard",  # augmented
        "standard",
        "wrong_group",
        "zero",
    ]


def test_a_control_is_held_against_the_cell_that_it_varies_and_a_baseline_against_nothing():
    by_name = {one.cell.architecture: one for one in methods(FOUND)[25, False]}
    against = by_name["wrong_group"].against
    assert against.reference.model == EQUIVARIANT_RAW
    assert exp(against.interval.mean) == pytest.approx(2)
    assert by_name["zero"].against is None
    assert by_name["zero"].parameters is None


@pytest.mark.parametrize(
    ("condition", "model", "reference"),
    [
        ("identity", EQUIVARIANT_AUGMENTED, EQUIVARIANT_RAW),
        ("matched_epochs", STANDARD_AUGMENTED, STANDARD_AUGMENTED),
        ("several_channels", ("equivariant_wide", False), EQUIVARIANT_RAW),
        ("small_validation", STANDARD_RAW, STANDARD_RAW),
        ("first_3", EQUIVARIANT_RAW, EQUIVARIANT_RAW),
    ],
)
def test_which_cell_a_condition_varies(condition, model, reference):
    listed = methods(gather([*grid(), full(model, condition=condition)], ABOUT))[25, False]
    (one,) = [method for method in listed if method.cell.condition]
    assert one.against.reference.model == reference


def test_a_condition_without_its_reference_is_held_against_nothing():
    ((one,),) = methods(gather([full(EQUIVARIANT_RAW, condition="first_3")], ABOUT)).values()
    assert one.against is None


def test_a_standard_network_stands_there_averaged_too():
    averaged = [
        replace(one, orbit_mse=0.001) if one.stage == "full" else one for one in with_conditions()
    ]
    best, second, *_ = methods(gather(averaged, ABOUT))[25, False]
    assert best.averaged
    assert second.averaged
    assert best.estimate.interval.mean == pytest.approx(0.001)
    assert {best.cell.architecture, second.cell.architecture} == {"standard"}


def test_what_was_declared_is_not_exploratory():
    found = exploratory(gather(grid(), ABOUT))
    assert len(found) == 8  # the uncorrected ones
    assert {one.cell.corrected for one in found} == {False}
    whole = exploratory(gather(grid(), replace(ABOUT, primary=())))
    assert len(whole) == 16


def test_copies_that_help_one_network_alone_are_an_interaction():
    """Copies leave the equivariant network as it is, and take a quarter off the standard one."""
    found = interactions(gather(grid(), ABOUT))
    assert len(found) == 4
    assert [exp(interval.mean) for _, interval in found] == pytest.approx([4 / 3] * 4)
    alone = [full(EQUIVARIANT_AUGMENTED), full(STANDARD_RAW)]
    assert interactions(gather(alone, ABOUT)) == []
