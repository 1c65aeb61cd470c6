"""The forward model: its flows and their slopes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from study import forward
from study.bag import SQUARE
from study.forward import FITTED, ForwardModel, normalised

OTHER = ForwardModel(scale=1.1, softening=0.5, decay=1.2, background=0.1)


def positions(n: int = 200, seed: int = 1, reach: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-reach, reach, (n, 2))


# The model


def test_the_flows_by_hand():
    """Ports at the corners of the square of side 2, w = 1 / (d^2 + 1): 1/3, 1/3, 1/3, 1/3 ..."""
    model = ForwardModel(scale=1.0, softening=1.0, decay=1.0, background=0.0)
    assert_allclose(model.flows(np.zeros(2)), [0.25] * 4)
    # From the corner (1, 1), squared distances are 4, 0, 4, 8: w = 1/5, 1, 1/5, 1/9.
    w = np.array([1 / 5, 1, 1 / 5, 1 / 9])
    assert_allclose(model.flows(np.array([1.0, 1.0])), w / w.sum())


def test_moved_leaks_have_moved_flows():
    Y = positions()
    flows, moved = SQUARE.group.copies(FITTED.flows(Y), Y)
    assert_allclose(FITTED.flows(moved), flows, rtol=0, atol=1e-15)


@pytest.mark.parametrize("model", [FITTED, OTHER], ids=["bag", "other"])
def test_slopes_are_derivatives(model):
    Y, h = positions(20), 1e-6
    flows, slopes = model.flows_and_slopes(Y)
    assert_allclose(flows.T, model.flows(Y), rtol=1e-12)
    for slope, step in zip(slopes, h * np.eye(2), strict=True):
        difference = (model.flows(Y + step) - model.flows(Y - step)) / (2 * h)
        assert_allclose(slope.T, difference, atol=1e-8)


@pytest.mark.parametrize("model", [FITTED, OTHER], ids=["bag", "other"])
def test_parameter_slopes_are_derivatives_by_logarithms(model):
    Y, h, logs = positions(20), 1e-6, np.log(model.parameters)

    def flows(step: np.ndarray) -> np.ndarray:
        return ForwardModel(*np.exp(logs + step)).flows(Y)

    for slope, step in zip(model.parameter_slopes(Y), h * np.eye(4), strict=True):
        assert_allclose(slope, (flows(step) - flows(-step)) / (2 * h), atol=1e-8)


def test_an_offset_by_hand():
    assert_allclose(
        forward.offset(np.array([0.1, 0.2, 0.3, 0.4]), 3, 0.25), [0.08, 0.16, 0.24, 0.52]
    )


@pytest.mark.parametrize(
    "layout", [np.ascontiguousarray, np.asfortranarray], ids=["rows", "columns"]
)
def test_flows_are_normalised_by_a_sum_from_left_to_right(layout):
    """Any other order, as a vector unit's, gives other last bits to a quarter of these rows."""
    flows = np.random.default_rng(3).random((500, 4))
    expected = [
        [x / (((row[0] + row[1]) + row[2]) + row[3]) for x in row] for row in flows.tolist()
    ]
    assert normalised(layout(flows)).tolist() == expected
    assert [normalised(row).tolist() for row in flows] == expected
