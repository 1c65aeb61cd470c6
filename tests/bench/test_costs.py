"""What trainings cost, roughly: by hand, and the mean over a space."""

from dataclasses import replace

import pytest

from bench.costs import SECONDS_PER_FIT, SECONDS_PER_PRODUCT, SECONDS_PER_UNIT, cost, mean_cost
from study.design import Cell, Protocol, Request, Training
from study.space import NONE, Hyperparameters, Space

REQUEST = Request(Cell(20, False, "standard", False), 1, "full", 0)
CHOSEN = Hyperparameters(2, 16, "elu", 16, "adam", 0.01, "mse")
PROTOCOL = Protocol(steps=100, gap=50, validation_rows=1000)
TRAINING = Training(REQUEST, CHOSEN, 0, PROTOCOL)


def test_a_training_by_hand():
    """16 (16 + 6) products and 32 units a row; 3 passes of 16 rows a step, and 1000 rows in 50."""
    row = 352 * SECONDS_PER_PRODUCT + 32 * SECONDS_PER_UNIT
    assert cost(TRAINING) == pytest.approx(100 * (48 + 20) * row)


@pytest.mark.parametrize("larger", [{"depth": 3}, {"width": 32}, {"batch_size": 64}])
def test_larger_networks_and_batches_take_longer(larger):
    assert cost(replace(TRAINING, hyperparameters=replace(CHOSEN, **larger))) > cost(TRAINING)


def test_a_fit_has_a_price_of_its_own():
    fit = Training(replace(REQUEST, stage="fitted"), NONE, 0, Protocol(0))
    assert cost(fit) == SECONDS_PER_FIT


def test_the_mean_is_over_all_points_of_a_space():
    space = Space(depth=(2, 3), width=(16, 32), batch_size=(16,))
    found = [
        cost(replace(TRAINING, hyperparameters=replace(CHOSEN, depth=depth, width=width)))
        for depth in (2, 3)
        for width in (16, 32)
    ]
    assert mean_cost(space, PROTOCOL) == pytest.approx(sum(found) / 4)
