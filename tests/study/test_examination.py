"""Data that lie are refused before anything is trained; what else is odd about them is told."""

import re
from pathlib import Path

import numpy as np
import pytest

from study.about import Remark
from study.bag import SQUARE
from study.data import ROLES, Data, Samples, assemble
from study.errors import StudyError
from study.examination import examine
from study.forward import offset
from study.simulate import NOISE, simulate

FOLDER = Path("mine")


def drawn(n: int, draw: int = 0, noise: float = NOISE) -> Samples:
    return simulate(n, np.random.default_rng([n, draw]), noise=noise)


def data(**files: Samples) -> Data:
    """Training samples of 100 and validation samples of 120 rows, but for those that are given."""
    files = {"train": drawn(100), "validation": drawn(120), **files}
    return assemble(FOLDER, {role: [files[role]] if role in files else [] for role in ROLES})


def refusal(found: Data) -> str:
    with pytest.raises(StudyError) as told:
        examine(found)
    assert "\n" not in str(told.value)
    return str(told.value)


def down(samples: Samples) -> Samples:
    return Samples(samples.X, samples.Y * [1, -1])


# Conventions


def test_sound_data_need_no_remark():
    assert examine(data(test=drawn(200))) == ()


def test_faulty_training_data_need_none_either():
    X, Y = drawn(100)
    assert examine(data(train=Samples(offset(X, 3, 0.05), Y))) == ()


def test_the_exercises_data_need_none(real: Data):
    assert examine(real) == ()


@pytest.mark.parametrize("role", ROLES)
def test_each_file_is_judged_alone(role):
    found = refusal(data(**{role: down(drawn(70))}))
    before, after = re.split(r"0\.1\d\d of a flow, but 0\.01\d", found)
    assert before == (
        f"mine/leakage_dataset_{role}_70.csv: expected y1 to the right, y2 upwards and the sensors "
        "mfc1, mfc2, mfc3, mfc4 at (-1, 1), (1, 1), (1, -1), (-1, -1), found that the forward "
        "model leaves "
    )
    assert after == (
        " with y2 counted downwards (or sensors in the order mfc4, mfc3, mfc2, mfc1, which is the "
        "same); mend the file, or go on all the same with --trust-data"
    )


def test_what_fits_in_no_way_is_told():
    X, Y = drawn(100)
    found = refusal(data(train=Samples(X, np.random.default_rng(1).permutation(Y))))
    assert found.endswith(
        "of a flow and explains 0 % of the variance, and that no other order of the sensors or "
        "direction of the positions fits (do the position and the flows of a row belong "
        "together?); mend the file, or go on all the same with --trust-data"
    )


def test_trusted_data_are_taken_and_the_doubt_is_told_loudly():
    (remark,) = examine(data(train=down(drawn(100))), trust=True)
    assert remark.loud
    assert remark.text.startswith(
        "leakage_dataset_train_100.csv seems to be in another convention: the forward model leaves "
    )
    assert remark.text.endswith("which is the same). It was trusted.")


def test_noise_is_told():
    (remark,) = examine(data(train=drawn(100, noise=5 * NOISE)))
    assert not remark.loud
    assert remark.text.startswith(
        "The flows of leakage_dataset_train_100.csv are noisy: the forward model leaves 0.05"
    )


def test_short_files_cannot_be_checked_and_that_is_told():
    found = examine(data(train=down(drawn(49)), test=drawn(20)))
    assert found == (
        Remark(
            "Too short to check whether positions and sensors are in the right convention, which "
            "takes 50 rows: leakage_dataset_train_49.csv, leakage_dataset_test_20.csv."
        ),
    )


def test_a_narrow_coordinate_is_told():
    X, Y = drawn(100)
    found = examine(data(train=Samples(X, Y * 0.7)))
    assert [one.text for one in found] == [
        f"{name} of leakage_dataset_train_100.csv covers [{0.7 * low:.3g}, {0.7 * high:.3g}] only, "
        "of [-1, 1]: is it in another unit?"
        for name, low, high in zip(("y1", "y2"), Y.min(axis=0), Y.max(axis=0), strict=True)
    ]


# Files in which nothing can be found


def same(values: np.ndarray, different: int) -> np.ndarray:
    return values[np.arange(len(values)) % different]


@pytest.mark.parametrize("different", [1, 4])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("n", [5, 100])
def test_singular_fits_are_refused(different, role, n):
    X, Y = drawn(n)
    for what, samples in (
        ("positions", Samples(same(X, different), same(Y, different))),
        ("positions", Samples(X, same(Y, different))),
        ("flows", Samples(same(X, different), Y)),
    ):
        assert refusal(data(**{role: samples})) == (
            f"mine/leakage_dataset_{role}_{n}.csv: expected 5 different {what} at least, without "
            "which the fit of the forward model, and so of a sensor's offset, is singular, found "
            f"{different} in {n} rows; restore the file"
        )


def test_singular_fits_are_not_trusted_either():
    X, Y = drawn(100)
    with pytest.raises(StudyError, match="singular"):
        examine(data(train=Samples(same(X, 1), same(Y, 1))), trust=True)


# Samples that are there more than once


def copied(samples: Samples, symmetry: int = 3) -> Samples:
    X, Y = SQUARE.group.copies(*samples)
    return Samples(X[:, symmetry], Y[:, symmetry])


def joined(*several: Samples) -> Samples:
    return Samples(*map(np.concatenate, zip(*several, strict=True)))


def first(n: int, samples: Samples) -> Samples:
    return Samples(samples.X[:n], samples.Y[:n])


@pytest.mark.parametrize(("count", "loud"), [(1, False), (3, True)])
def test_copies_among_what_scores_are_counted(count, loud):
    train = drawn(200)
    held_out = joined(drawn(200, 1), first(count, copied(train)))
    rows = len(held_out.X)
    assert examine(data(train=train, validation=held_out)) == (
        Remark(
            f"{count} of the {rows} rows of leakage_dataset_validation_{rows}.csv are in "
            "leakage_dataset_train_200.csv as well, up to a symmetry and to 0.0006.",
            loud=loud,
        ),
    )


def test_a_small_training_file_within_a_large_validation_file_is_loud_as_well():
    held_out = drawn(3000)
    (remark,) = examine(data(train=first(20, copied(held_out)), validation=held_out))[1:]
    assert remark.loud
    assert remark.text.startswith("20 of the 3,000 rows of leakage_dataset_validation_3000.csv")


def test_copies_within_a_file_are_counted():
    train = drawn(300)
    found = examine(data(train=joined(train, first(1, copied(train)))))
    assert found == (
        Remark(
            "2 of the 301 rows of leakage_dataset_train_301.csv are in it more than once, up to a "
            "symmetry and to 0.0006."
        ),
    )


def test_training_files_may_share_samples():
    """The smaller one is often the first part of the larger one."""
    train = drawn(200)
    found = assemble(
        FOLDER, {"train": [first(100, train), train], "validation": [drawn(120)], "test": []}
    )
    assert examine(found) == ()
