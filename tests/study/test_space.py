import pytest

from study.space import HYPERPARAMETERS, SPACE, Choice, Hyperparameters, LogRange


def hyperparameters(batch_size: int) -> Hyperparameters:
    return Hyperparameters(
        depth=2,
        width=16,
        activation="elu",
        batch_size=batch_size,
        optimizer="adam",
        learning_rate=0.01,
        loss="mse",
    )


def test_the_space_names_every_hyperparameter_once():
    assert sorted(hyperparameter.name for hyperparameter in SPACE) == sorted(HYPERPARAMETERS)


def test_the_equivariant_network_is_four_wide_by_construction():
    (width,) = (hyperparameter for hyperparameter in SPACE if hyperparameter.name == "width")
    assert width.equivariant == (4,)


@pytest.mark.parametrize("name", sorted(set(HYPERPARAMETERS) - {"depth", "width"}))
def test_both_networks_choose_from_the_same_but_for_their_size(name):
    (hyperparameter,) = (one for one in SPACE if one.name == name)
    assert hyperparameter.of("standard") == hyperparameter.of("equivariant")


def test_the_wide_network_chooses_as_the_standard_one():
    for hyperparameter in SPACE:
        assert hyperparameter.of("equivariant_wide") == hyperparameter.of("standard")


def test_a_choice_describes_itself():
    choice = Choice("depth", (1, 2), equivariant=(8,))
    assert choice.describe("standard") == "1, 2"
    assert choice.describe("equivariant") == "8"


def test_a_range_describes_itself():
    rates = LogRange("learning_rate", (1e-4, 0.1), equivariant=(0.5, 10.0))
    assert rates.describe("standard") == "0.0001 to 0.1, logarithmic"
    assert rates.describe("equivariant") == "0.5 to 10, logarithmic"
