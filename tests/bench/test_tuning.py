"""KerasTuner's proposals: a function of a space and a seed."""

import numpy as np
import pytest

from bench.tuning import propose
from study.architectures import ARCHITECTURES
from study.errors import StudyError
from study.lanes import LOSSES, OPTIMIZERS
from study.space import HYPERPARAMETERS, Space

SPACE = ARCHITECTURES["standard"].space
# By hand: 2 activations, and else one value each, a rate included: 2 points.
NARROW = Space(
    depth=(2,), width=(4,), activation=("elu", "tanh"), batch_size=(16,), optimizer=("adam",),
    learning_rate=(1e-3, 1e-3), loss=("mse",),
)  # fmt: skip


def test_equal_calls_propose_the_same():
    assert propose(SPACE, 5, 9) == propose(SPACE, 5, 9)


def test_two_seeds_differ():
    assert not set(propose(SPACE, 5, 9)) & set(propose(SPACE, 6, 9))


def test_what_was_proposed_before_makes_no_difference():
    first = propose(SPACE, 5, 4)
    np.random.default_rng(0).normal()
    propose(SPACE, 6, 4)
    assert propose(SPACE, 5, 4) == first


@pytest.mark.parametrize("n", [1, 3, 8])
def test_the_first_of_a_longer_list_are_the_same(n):
    assert propose(SPACE, 5, 9)[:n] == propose(SPACE, 5, n)


@pytest.mark.parametrize("seed", [0, 2**31 - 1, 2**63 - 1])
def test_any_seed_is_one_and_none_is_random(seed):
    """KerasTuner takes 0 for no seed."""
    assert propose(SPACE, seed, 3) == propose(SPACE, seed, 3)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_proposals_are_points_of_the_space(name):
    space = ARCHITECTURES[name].space
    found = propose(space, 7, 81)
    assert len(set(found)) == 81
    for one in HYPERPARAMETERS:
        values, offered = [getattr(point, one) for point in found], getattr(space, one)
        if one != "learning_rate":
            assert set(values) == set(offered)
            continue
        low, high = offered
        assert low <= min(values) < 2 * low
        assert high / 2 < max(values) <= high
        assert np.median(values) == pytest.approx(np.sqrt(low * high), rel=0.8)


def test_learning_rates_have_four_digits():
    """A power's last bits differ between machines."""
    rates = [one.learning_rate for one in propose(SPACE, 5, 27)]
    assert rates == [float(f"{rate:.4g}") for rate in rates]
    assert len(set(rates)) > 20


def test_a_space_of_two_points_is_proposed_in_full_and_no_further():
    assert {one.activation for one in propose(NARROW, 1, 2)} == {"elu", "tanh"}
    with pytest.raises(StudyError) as told:
        propose(NARROW, 1, 3)
    assert str(told.value) == (
        "search space: expected at least 3 points to propose, found 2; ask for fewer proposals, or "
        "widen the space"
    )


def test_a_search_leaves_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    propose(SPACE, 5, 3)
    assert list(tmp_path.iterdir()) == []


def test_what_spaces_offer_can_be_trained():
    for one in ARCHITECTURES.values():
        assert set(one.space.optimizer) <= set(OPTIMIZERS)
        assert set(one.space.loss) <= set(LOSSES)
