"""Declared comparisons: which cells each of them pairs."""

from dataclasses import replace

from study.architectures import ARCHITECTURES
from study.comparisons import COMPARISONS
from study.design import Cell

STANDARD = Cell(25, True, "standard", False)
EQUIVARIANT = replace(STANDARD, architecture="equivariant")
PROCESS = replace(STANDARD, architecture="gaussian_process", condition="baselines")


def pairs(name, *cells, errors=None):
    told = {cell: {1: 0.01, 2: 0.01} for cell in cells}
    return list(COMPARISONS[name]({**told, **(errors or {})}))


def test_two_models_are_paired_at_each_size_that_has_both():
    large = [replace(one, m=100) for one in (STANDARD, EQUIVARIANT)]
    alone = replace(EQUIVARIANT, m=1000)
    assert pairs("symmetry", STANDARD, EQUIVARIANT, *large, alone) == [
        (EQUIVARIANT, STANDARD),
        (large[1], large[0]),
    ]


def test_conditions_are_no_part_of_it():
    assert pairs("symmetry", replace(STANDARD, condition="first_3"), EQUIVARIANT) == []


def test_a_correction_needs_the_same_cell_uncorrected():
    faulty = replace(STANDARD, corrected=False)
    assert pairs("correction", STANDARD, faulty, EQUIVARIANT) == [(STANDARD, faulty)]


def test_one_size_is_no_smallest_and_largest():
    assert pairs("few_samples", STANDARD, EQUIVARIANT) == []
    large = replace(STANDARD, m=1000)
    assert pairs("few_samples", STANDARD, EQUIVARIANT, large) == [(EQUIVARIANT, large)]


def test_the_best_are_those_with_the_lowest_geometric_mean_on_the_data_that_chose():
    """Geometric means: standard 0.02, equivariant 0.01 with the larger arithmetic mean."""
    errors = {STANDARD: {1: 0.02, 2: 0.02}, EQUIVARIANT: {1: 0.001, 2: 0.1}, PROCESS: {1: 0.3}}
    zero = replace(PROCESS, architecture="zero")
    assert pairs("baselines", errors={**errors, zero: {1: 0.4}}) == [(EQUIVARIANT, PROCESS)]


def test_without_a_network_at_its_size_a_baseline_is_not_compared():
    assert pairs("baselines", PROCESS, replace(EQUIVARIANT, m=100)) == []


def test_an_architecture_of_ones_own_is_compared_with_what_its_entry_names(monkeypatch):
    mine = replace(ARCHITECTURES["equivariant"], name="mine", symmetric=False)
    monkeypatch.setitem(ARCHITECTURES, "mine", mine)
    cells = [
        replace(STANDARD, architecture=name, augmented=augmented)
        for name in ("standard", "mine")
        for augmented in (False, True)
    ]
    standard, augmented, own, own_augmented = cells
    assert pairs("built_in", *cells) == [(own, augmented)]
    assert pairs("symmetry", *cells) == [(own, standard)]
    assert set(pairs("copies", *cells)) == {(own_augmented, own), (augmented, standard)}
    assert pairs("both", *cells) == []


def test_a_cell_without_errors_is_compared_but_never_the_best():
    failed, better = replace(STANDARD, augmented=True), replace(PROCESS, augmented=True)
    errors = {failed: {}, better: {}, STANDARD: {1: 0.02}, PROCESS: {1: 0.03}}
    assert pairs("copies", errors=errors) == [(failed, STANDARD)]
    assert pairs("baselines", errors=errors) == [(STANDARD, PROCESS)]
