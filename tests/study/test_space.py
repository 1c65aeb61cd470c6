import numpy as np
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


@pytest.mark.parametrize(
    ("m", "batch_size", "steps"), [(64, 16, 4), (65, 16, 5), (15, 16, 1), (16, 16, 1), (1, 64, 1)]
)
def test_an_epoch_has_as_many_steps_as_batches_cover_m(m, batch_size, steps):
    assert hyperparameters(batch_size).steps_per_epoch(m) == steps


@pytest.mark.parametrize(
    ("m", "budget", "epochs"), [(64, 40, 10), (64, 43, 10), (65, 40, 8), (1000, 10, 1)]
)
def test_a_budget_pays_for_whole_epochs_and_at_least_one(m, budget, epochs):
    assert hyperparameters(16).epochs(m, budget) == epochs


@pytest.mark.parametrize("m", [25, 100, 1000])
def test_no_batch_size_gets_more_steps_than_the_budget(m):
    for batch_size in np.arange(1, 65):
        chosen = hyperparameters(int(batch_size))
        steps = chosen.epochs(m, 5400) * chosen.steps_per_epoch(m)
        assert 5400 - chosen.steps_per_epoch(m) < steps <= 5400
