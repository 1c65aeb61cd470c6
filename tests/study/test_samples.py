"""What a repetition sees: its own rows, the same for all cells; put right where it is corrected."""

from dataclasses import replace
from itertools import combinations, pairwise, product
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study import samples as shown_samples
from study.data import Data, Samples, assemble
from study.design import Cell, Protocol, Request, Training
from study.samples import STRIDE, corrected, fault, shared, shown, train, validation_and_test
from study.sensor import find_fault
from study.simulate import FAULT, simulate
from study.space import Hyperparameters

CHOSEN = Hyperparameters(2, 16, "elu", 16, "adam", 0.01, "mse")
CELL = Cell(m=100, corrected=False, architecture="standard", augmented=False)
SEED = 1


def numbered(rows: int, first: int = 0) -> Samples:
    """Rows that tell their numbers: flows (k, -k, k, -k) and positions (k, -k)."""
    k = np.arange(first, first + rows, dtype=float)
    return Samples(np.stack([k, -k, k, -k], axis=1), np.stack([k, -k], axis=1))


def made(train=(30000,), validation=(30000,), test: int = 0) -> Data:
    """Data with files of so many numbered rows; validation rows from 100 000, test from 200 000."""
    parts = {
        "train": [numbered(rows) for rows in train],
        "validation": [numbered(rows, 100_000) for rows in validation],
        "test": [numbered(test, 200_000)] if test else [],
    }
    return assemble(Path("made up"), parts)


def numbers(samples: Samples) -> list[int]:
    """The numbers of rows, whose flows and positions must have stayed together."""
    k = samples.Y[:, 0]
    assert_array_equal(samples.Y, np.stack([k, -k], axis=1))
    assert_array_equal(samples.X, np.stack([k, -k, k, -k], axis=1))
    return k.astype(int).tolist()


def same(some: Samples, others: Samples) -> bool:
    """Whether samples are equal to the bit."""
    return all(a.tobytes() == b.tobytes() for a, b in zip(some, others, strict=True))


def trained(cell: Cell = CELL, repetition: int = 1, stage="full", rows: int = 1000) -> Training:
    protocol = Protocol(steps=900, validation_rows=rows)
    return Training(Request(cell, repetition, stage, 0), CHOSEN, 0, protocol)


LARGE = made()


# Training samples


def test_repetitions_share_no_row_while_the_pool_lasts():
    """30 repetitions of 1000 rows take each of 30 000 rows once."""
    taken = [row for r in range(1, 31) for row in numbers(train(LARGE, 1000, SEED, r))]
    assert sorted(taken) == list(range(30000))


def test_samples_are_nested_in_m():
    for repetition in (1, 2, 30, 31):
        whole = numbers(train(LARGE, 1000, SEED, repetition))
        for m in (1, 25, 100, 999):
            assert numbers(train(LARGE, m, SEED, repetition)) == whole[:m]


def test_rows_are_not_taken_in_their_order():
    whole = numbers(train(LARGE, 1000, SEED, 1))
    assert max(whole) > 29_000
    steps = [second - first for first, second in pairwise(whole)]
    assert 400 < sum(step > 0 for step in steps) < 600


def test_the_next_lap_goes_through_another_permutation():
    """Repetition 31 is the first of it, and shares few rows with any of those before."""
    laps = [[numbers(train(LARGE, 1000, SEED, first + r)) for r in range(30)] for first in (1, 31)]
    again = laps[1]
    assert sorted(row for part in again for row in part) == list(range(30000))
    for mine, other in product(again, laps[0]):
        assert len(set(mine) & set(other)) < 100  # 33 by chance
    assert not any(mine == other for mine, other in product(again, laps[0]))


@pytest.mark.parametrize("pool", [1000, 1300, 2500, 130, 100])
def test_a_smaller_pool_is_gone_through_again_without_a_row_twice_in_a_repetition(pool):
    data, m = made(train=(pool,)), min(pool, 1000)
    taken = [numbers(train(data, m, SEED, repetition)) for repetition in range(1, 9)]
    for mine in taken:
        assert len(set(mine)) == m
        assert set(mine) <= set(range(pool))
    assert len({tuple(mine) for mine in taken}) == len(taken)
    laps = max(1, pool // STRIDE)
    for first, second in combinations(range(laps), 2):
        assert set(taken[first]).isdisjoint(taken[second])


def test_the_whole_pool_may_be_taken():
    data = made(train=(50, 2500))
    for repetition in (1, 2, 3):
        assert sorted(numbers(train(data, 2500, SEED, repetition))) == list(range(2500))


def test_a_small_pool_gives_each_row_equally_often():
    data = made(train=(50,))
    taken = [row for r in range(1, 401) for row in numbers(train(data, 25, SEED, r))]
    counts = np.bincount(taken, minlength=50)
    assert counts.min() > 160  # 200 expected, standard deviation 10
    assert counts.max() < 240


def test_rows_come_from_the_largest_file_alone():
    data = made(train=(100, 2000))
    data = replace(data, train={**data.train, 100: numbered(100, 50_000)})
    for repetition in (1, 2, 3):
        assert max(numbers(train(data, 100, SEED, repetition))) < 2000
    alone = made(train=(2000,))
    assert numbers(train(alone, 100, SEED, 1)) == numbers(train(data, 100, SEED, 1))


@pytest.mark.parametrize("m", [4, 100, 2000])
def test_repetition_0_takes_the_files_themselves(m):
    data = made(train=(4, 100, 2000))
    for root_seed in (1, 2):
        assert train(data, m, root_seed, 0) is data.train[m]


def test_rows_depend_on_root_seed_repetition_and_draw():
    known = {
        names: tuple(numbers(train(LARGE, 100, *names)))
        for names in product((1, 2), (1, 2), (0, 1, 2))
    }
    assert len(set(known.values())) == len(known)
    again = made()
    for names, rows in known.items():
        assert tuple(numbers(train(again, 100, *names))) == rows


def test_rows_stay_what_they_are():
    """Golden: whoever changes these changes every result of every study."""
    assert numbers(train(LARGE, 3, 1, 1)) == [8143, 11670, 28903]
    assert numbers(validation_and_test(LARGE, 3, 1, 2)[0]) == [127048, 122230, 109355]


def test_a_draw_anew_is_disjoint_from_other_draws_of_its_own():
    """Draw 1 of all repetitions is a permutation, too."""
    taken = [row for r in range(1, 31) for row in numbers(train(LARGE, 1000, SEED, r, 1))]
    assert sorted(taken) == list(range(30000))


# Validation and test


def test_without_a_test_file_one_half_chooses_and_the_other_scores():
    rows = []
    for repetition in range(1, 31):
        validation, test = map(numbers, validation_and_test(LARGE, 1000, SEED, repetition))
        assert (len(validation), len(test)) == (500, 500)
        rows += validation + test
    assert sorted(rows) == list(range(100_000, 130_000))  # each once


@pytest.mark.parametrize(
    ("rows", "choosing"), [(1, 1), (25, 25), (499, 499), (501, 500), (800, 500)]
)
def test_fewer_rows_choose_and_the_same_score(rows, choosing):
    validation, test = map(numbers, validation_and_test(LARGE, rows, SEED, 3))
    whole, scoring = map(numbers, validation_and_test(LARGE, 1000, SEED, 3))
    assert validation == whole[:choosing]
    assert test == scoring


def test_more_rows_than_a_stride_may_choose():
    validation, test = map(numbers, validation_and_test(LARGE, 5000, SEED, 3))
    assert (len(validation), len(test)) == (2500, 2500)
    assert len({*validation, *test}) == 5000


@pytest.mark.parametrize(("pool", "half"), [(20, 10), (21, 10), (999, 499)])
def test_a_small_pool_is_halved(pool, half):
    data = made(validation=(pool,))
    for repetition in (1, 2, 5):
        validation, test = map(numbers, validation_and_test(data, 1000, SEED, repetition))
        assert (len(validation), len(test)) == (half, pool - half)
        assert sorted(validation + test) == list(range(100_000, 100_000 + pool))
    parts = {tuple(numbers(validation_and_test(data, 1000, SEED, r)[0])) for r in range(1, 9)}
    assert len(parts) == 8


def test_a_test_file_scores_where_there_is_one():
    data = made(validation=(1000, 30000), test=10)
    rows = []
    for repetition in range(1, 31):
        validation, test = validation_and_test(data, 1000, SEED, repetition)
        assert test is data.test
        rows += numbers(validation)
    assert sorted(rows) == list(range(100_000, 130_000))
    fewer, _ = validation_and_test(data, 25, SEED, 7)
    whole, _ = validation_and_test(data, 1000, SEED, 7)
    assert numbers(fewer) == numbers(whole)[:25]


@pytest.mark.parametrize("test", [0, 10])
def test_repetition_0_is_validated_by_the_smallest_file_as_in_the_exercise(test):
    data = made(validation=(40, 3000), test=test)
    validation, scored = validation_and_test(data, 7, SEED, 0)
    assert validation is data.validations[40]
    assert scored is data.test


def test_validation_rows_depend_on_root_seed_repetition_and_draw():
    known = {
        names: tuple(numbers(validation_and_test(LARGE, 10, *names)[0]))
        for names in product((1, 2), (1, 2), (0, 1))
    }
    assert len(set(known.values())) == len(known)


def test_training_and_validation_go_through_permutations_of_their_own():
    first = numbers(train(LARGE, 1000, SEED, 1))
    validation, test = map(numbers, validation_and_test(LARGE, 1000, SEED, 1))
    assert first != [row - 100_000 for row in validation + test]


# What trainings see


def test_all_cells_and_stages_of_a_repetition_see_the_same():
    usual = shown(LARGE, trained(), SEED)
    for architecture, augmented, stage in product(
        ("standard", "equivariant"), (False, True), ("proposal", "full", "start")
    ):
        cell = replace(CELL, architecture=architecture, augmented=augmented)
        seen = shown(LARGE, trained(cell, stage=stage), SEED)
        assert all(mine is theirs for mine, theirs in zip(seen, usual, strict=True))
    larger = shown(LARGE, trained(replace(CELL, m=1000)), SEED)
    assert numbers(larger.train)[:100] == numbers(usual.train)
    assert larger.validation is usual.validation
    assert usual.fault is None


def test_a_condition_that_draws_samples_anew_sees_others_and_no_other_condition_does():
    usual = shown(LARGE, trained(), SEED)
    others = [
        shown(LARGE, trained(replace(CELL, condition=f"samples_{draw}")), SEED) for draw in (1, 2)
    ]
    for part in ("train", "validation", "test"):
        rows = {tuple(numbers(getattr(seen, part))) for seen in (usual, *others)}
        assert len(rows) == 3
    for name in ("proposals_1", "weights_1", "orders_2", "identity", "matched_epochs"):
        seen = shown(LARGE, trained(replace(CELL, condition=name)), SEED)
        assert seen.train is usual.train
        assert seen.validation is usual.validation


def test_another_root_seed_and_another_repetition_see_others():
    parts = {
        tuple(numbers(shown(LARGE, trained(repetition=r), root_seed).train))
        for r, root_seed in product((1, 2), (1, 2))
    }
    assert len(parts) == 4


def test_the_protocol_tells_how_many_rows_choose():
    assert len(shown(LARGE, trained(rows=25), SEED).validation.X) == 25
    assert len(shown(LARGE, trained(rows=1000), SEED).validation.X) == 500


def test_all_trainings_of_a_sweep_see_the_same():
    first, ninth = (shown(LARGE, trained(repetition=r, stage="sweep"), SEED) for r in (1, 9))
    assert first.train is ninth.train
    assert first.validation is ninth.validation


# The correction


@pytest.fixture(scope="module")
def faulty() -> Data:
    """A pool of 2000 rows and a file of 100 whose sensor 4 reads 0.05 high; clean validation."""
    rng = np.random.default_rng(1)
    parts = {
        "train": [simulate(m, rng, offset=FAULT) for m in (100, 2000)],
        "validation": [simulate(20, rng)],
        "test": [],
    }
    return assemble(Path("faulty"), parts)


CORRECTED = replace(CELL, corrected=True)


@pytest.mark.parametrize("repetition", [0, 1, 7])
def test_a_cell_that_is_not_corrected_sees_the_samples_themselves(faulty, repetition):
    seen = shown(faulty, trained(repetition=repetition), SEED)
    assert same(seen.train, train(faulty, 100, SEED, repetition))
    assert seen.fault is None


@pytest.mark.parametrize("repetition", [0, 1])
def test_a_corrected_cell_sees_the_samples_without_their_fault(faulty, repetition):
    seen = shown(faulty, trained(CORRECTED, repetition), SEED)
    samples = train(faulty, 100, SEED, repetition)
    assert (seen.fault.sensor, seen.fault.found) == (3, True)
    d = seen.fault.offset
    by_hand = (1 + d) * samples.X - d * np.array([0, 0, 0, 1])
    kept = (by_hand >= 0).all(axis=1)
    assert kept.mean() > 0.9
    assert_allclose(seen.train.X[kept], by_hand[kept], rtol=1e-12)
    assert_array_equal(seen.train.Y, samples.Y)


def test_validation_and_test_are_never_corrected(faulty):
    raw, right = (shown(faulty, trained(cell), SEED) for cell in (CELL, CORRECTED))
    assert right.validation is raw.validation
    assert right.test is raw.test


def test_the_fault_is_looked_for_in_the_training_samples_alone_and_before_copies(
    faulty, monkeypatch
):
    """Of all that a training could see, the search gets its m rows, once each."""
    asked = []

    def noted(samples):
        asked.append(samples)
        return find_fault(samples)

    monkeypatch.setattr(shown_samples, "find_fault", noted)
    for augmented in (False, True):
        cell = replace(CORRECTED, augmented=augmented, m=60)
        shown(faulty, trained(cell, repetition=3), SEED)
    (samples,) = asked
    assert same(samples, train(faulty, 60, SEED, 3))
    assert samples.X.shape == (60, 4)


def test_the_loop_makes_the_copies_of_what_is_put_right(faulty):
    raw, augmented = (
        shown(faulty, trained(replace(CORRECTED, augmented=augmented)), SEED)
        for augmented in (False, True)
    )
    assert augmented.train is raw.train
    assert augmented.fault == raw.fault
    assert len(augmented.train.X) == 100


def test_the_fault_of_m_samples_is_found_in_those_m(faulty):
    few, many = (shown(faulty, trained(replace(CORRECTED, m=m)), SEED) for m in (50, 1000))
    assert few.fault == find_fault(train(faulty, 50, SEED, 1))
    assert few.fault.offset != many.fault.offset
    assert few.fault.error > many.fault.error


def test_every_repetition_has_its_own_estimate_which_is_made_once(faulty, monkeypatch):
    first, second = (shown(faulty, trained(CORRECTED, r), SEED).fault for r in (1, 2))
    assert first.offset != second.offset
    monkeypatch.setattr(shown_samples, "find_fault", None)
    again = replace(faulty, folder=Path("elsewhere"))  # equal data, as another process has them
    assert shown(again, trained(replace(CORRECTED, augmented=True), 1), SEED).fault == first


def test_samples_drawn_anew_have_an_estimate_of_their_own(faulty):
    anew = shown(faulty, trained(replace(CORRECTED, condition="samples_1")), SEED)
    assert (
        anew.fault == find_fault(train(faulty, 100, SEED, 1, 1)) == fault(faulty, 100, SEED, 1, 1)
    )
    assert anew.fault != shown(faulty, trained(CORRECTED), SEED).fault
    assert same(anew.train, corrected(faulty, 100, SEED, 1, 1))


def test_clean_samples_are_left_as_they_are():
    rng = np.random.default_rng(2)
    parts = {"train": [simulate(200, rng)], "validation": [simulate(20, rng)], "test": []}
    data = assemble(Path("clean"), parts)
    seen = shown(data, trained(CORRECTED), SEED)
    assert not seen.fault.found
    assert_array_equal(seen.train.X, train(data, 100, SEED, 1).X)


@pytest.mark.parametrize(
    ("pool", "m", "repetitions", "share"),
    [
        (30_000, 1000, 30, 0.0),  # thirty times a thousand rows
        (30_000, 1000, 31, 30 / (31 * 30 / 2) / 30),  # the last meets each with a thirtieth
        (1000, 25, 30, 0.025),  # each repetition has an order of its own
        (100, 100, 30, 1.0),
        (100, 100, 1, 0.0),
    ],
)
def test_the_share_of_rows_that_two_repetitions_have_in_common(pool, m, repetitions, share):
    assert shared(pool, m, repetitions) == pytest.approx(share)


def test_repetitions_share_as_many_rows_as_they_are_said_to():
    data = made(train=(400,))
    rows = [set(numbers(train(data, 100, SEED, one))) for one in range(1, 41)]
    common = [len(one & other) / 100 for one, other in combinations(rows, 2)]
    assert np.mean(common) == pytest.approx(shared(400, 100, 40), abs=0.005)
