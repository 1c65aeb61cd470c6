"""The search spaces: what each architecture may be tuned to."""

from dataclasses import FrozenInstanceError, fields

import pytest

from study.architectures import ARCHITECTURES
from study.lanes import ACTIVATIONS, LOSSES, OPTIMIZERS
from study.space import HYPERPARAMETERS, NONE, Hyperparameters, Space

SPACES = {name: entry.space for name, entry in ARCHITECTURES.items()}
by_name = pytest.mark.parametrize("name", SPACES)


def test_a_space_names_every_hyperparameter_once():
    assert sorted(field.name for field in fields(Space)) == sorted(HYPERPARAMETERS)
    assert [field.name for field in fields(Hyperparameters)] == list(HYPERPARAMETERS)


@pytest.mark.parametrize("name", ["equivariant", "wrong_group"])
def test_the_equivariant_network_is_four_wide_by_construction(name):
    assert SPACES[name].width == (4,)


def test_the_wide_network_chooses_as_the_standard_one():
    assert SPACES["equivariant_wide"] == SPACES["standard"]


def test_the_wrong_symmetry_chooses_as_the_right_one():
    assert SPACES["wrong_group"] == SPACES["equivariant"]


@by_name
@pytest.mark.parametrize("hyperparameter", sorted(set(HYPERPARAMETERS) - {"depth", "width"}))
def test_all_networks_choose_from_the_same_but_for_their_size(name, hyperparameter):
    assert getattr(SPACES[name], hyperparameter) == getattr(SPACES["standard"], hyperparameter)


@by_name
def test_the_loop_can_train_every_point(name):
    space = SPACES[name]
    assert set(space.activation) <= set(ACTIVATIONS)
    assert set(space.optimizer) <= set(OPTIMIZERS)
    assert set(space.loss) <= set(LOSSES)
    assert 0 < space.learning_rate[0] < space.learning_rate[1]
    for values in (space.depth, space.width, space.batch_size):
        assert values == tuple(sorted(set(values)))
        assert min(values) >= 1


@by_name
def test_relu_is_not_offered(name):
    """Deep equivariant networks of relu are dead at the start."""
    assert "relu" not in SPACES[name].activation


def test_values_can_be_changed_and_the_space_itself_cannot():
    space = Space(depth=(1, 2), width=(8,))
    other = space.with_values({"depth": [3], "learning_rate": [0.5, 10.0]})
    assert (other.depth, other.learning_rate, other.width) == ((3,), (0.5, 10.0), (8,))
    assert space == Space(depth=(1, 2), width=(8,))
    with pytest.raises(FrozenInstanceError):
        space.depth = (3,)


def test_a_baseline_has_no_hyperparameters():
    assert not any(vars(NONE).values())
