from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study import lanes, networks
from study.architectures import MISTAKEN_SENSORS, Shape, initial_weights

# Widths that are no multiples of four are padded in the loop; an equivariant network's width is
# four times its channels.
WIDTHS = {
    "standard": (5, 6, 16, 18),
    "equivariant": (4,),
    "equivariant_wide": (4, 8, 20),
    "wrong_group": (4, 8),
}
SHAPES = [
    Shape(architecture, depth, width, activation)
    for architecture, widths in WIDTHS.items()
    for width, depth, activation in product(widths, (1, 3), ("elu", "tanh"))
]


def name(shape: Shape) -> str:
    return f"{shape.architecture}-{shape.depth}x{shape.width}-{shape.activation}"


by_shape = pytest.mark.parametrize("shape", SHAPES, ids=name)


def flows(n: int = 50) -> np.ndarray:
    return np.random.default_rng(1).dirichlet([4, 4, 4, 4], n)


def weights(shape: Shape, seed: int = 2) -> np.ndarray:
    """Weights of which none is 0, as the biases of a network at its start would be."""
    channels = shape.width // 4 if shape.equivariant else shape.width
    return np.random.default_rng(seed).normal(0, 1 / np.sqrt(channels), shape.parameters)


# Ties and Keras


@by_shape
def test_the_ties_are_the_network_that_keras_builds(shape):
    theta, X = weights(shape), flows().astype(np.float32)
    model = networks.with_weights(shape, theta)
    assert shape.parameters == shape.ties.parameters == model.count_params()
    expected = model(X).numpy()
    (found,) = lanes.predict(shape.ties, shape.activation, theta[None], X)
    assert expected.std(axis=0).min() > 1e-3
    assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("architecture", "depth", "width", "parameters"),
    [
        ("standard", 1, 5, 4 * 5 + 5 + 5 * 2 + 2),
        ("standard", 2, 6, 4 * 6 + 6 + 6 * 6 + 6 + 6 * 2 + 2),
        ("equivariant", 1, 4, 4),
        ("equivariant", 8, 4, 25),
        ("equivariant_wide", 1, 20, 5 * 3 + 5),
        ("equivariant_wide", 3, 8, 2 * 3 + 2 * (2 * 2 * 3) + 2),
        ("wrong_group", 2, 4, 7),
    ],
)
def test_parameters_are_counted_by_hand(architecture, depth, width, parameters):
    assert Shape(architecture, depth, width, "elu").ties.parameters == parameters


@by_shape
def test_the_layers_have_the_sizes_that_the_shape_tells(shape):
    assert shape.ties.sizes == (4, *[shape.width] * shape.depth, 2)


def test_only_standard_networks_have_biases():
    for shape in SHAPES:
        biases = shape.ties.bias
        assert len(biases) == shape.depth * shape.width + 2
        if shape.architecture == "standard":
            assert len(set(biases.tolist())) == len(biases)
            assert biases.min() >= 0
        else:
            assert_array_equal(biases, np.full(len(biases), -1))


def test_the_wrong_group_is_the_right_one_of_a_bag_with_two_sensors_swapped():
    """They share all weights, and differ in what they make of the same flows."""
    right, wrong = Shape("equivariant", 3, 4, "elu"), Shape("wrong_group", 3, 4, "elu")
    theta, X = weights(right)[None], flows()
    swapped = lanes.predict(right.ties, "elu", theta, X[:, [0, 1, 3, 2]])
    assert_allclose(lanes.predict(wrong.ties, "elu", theta, X), swapped, rtol=0, atol=1e-6)
    assert np.abs(lanes.predict(right.ties, "elu", theta, X) - swapped).max() > 0.01
    assert_array_equal(X @ MISTAKEN_SENSORS.T, X[:, [0, 1, 3, 2]])


def test_with_one_channel_the_wide_networks_ties_are_the_narrow_ones():
    narrow, wide = (Shape(name, 3, 4, "elu").ties for name in ("equivariant", "equivariant_wide"))
    for part in ("entry", "parameter", "coefficient", "bias"):
        assert_array_equal(getattr(wide, part), getattr(narrow, part))


# Starting weights


@pytest.mark.parametrize("architecture", WIDTHS)
def test_starting_weights_are_rounded_to_6_decimals(architecture):
    """Their last bits would differ between machines, and steer a training."""
    shape = Shape(architecture, 3, WIDTHS[architecture][-1], "elu")
    drawn = initial_weights(shape, np.random.default_rng(1), 0.6)
    assert drawn.tolist() == [float(f"{one:.6f}") for one in drawn]
    assert drawn.tolist() != [float(f"{one:.5f}") for one in drawn]
    assert drawn.shape == (shape.parameters,)
