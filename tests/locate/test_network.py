"""The network's arithmetic is the loop's, to the bit."""

import numpy as np
import pytest

from locate import network
from study import kernel, lanes
from study.architectures import Shape
from study.bag import SQUARE
from study.saved import Saved


def saved(shape, *, averaged=False, scale=0.6):
    rng = np.random.default_rng(4)
    weights = rng.normal(scale=scale, size=shape.parameters).astype(np.float32)
    return Saved(shape, averaged, weights)


@pytest.mark.parametrize(
    "shape",
    [
        Shape("equivariant", 12, 4, "elu"),
        Shape("standard", 3, 16, "tanh"),
        Shape("standard", 2, 7, "elu"),
        Shape("wrong_group", 4, 4, "tanh"),
        Shape("equivariant_wide", 2, 16, "elu"),
    ],
)
def test_answers_are_the_loops_to_the_bit(shape):
    X = np.random.default_rng(5).dirichlet([1] * 4, size=network.AT_ONCE + 3)
    one = saved(shape)
    loop = lanes.predict(shape.ties, shape.activation, one.weights[None], X)[0]
    found = network.network(one)(X)
    assert found.std() > 0
    np.testing.assert_array_equal(found.astype(np.float32), loop)


def test_its_exponential_is_the_loops_wherever_it_is_asked_for():
    x = np.linspace(-20, 20, 100_001, dtype=np.float32)
    loop = np.array([kernel.expm1.py_func(one) for one in x[::1000]])
    np.testing.assert_array_equal(network.expm1(x)[::1000], loop)
    np.testing.assert_allclose(network.expm1(x), np.expm1(x), rtol=3e-6, atol=1e-7)


def test_an_average_over_the_symmetries_is_equivariant():
    shape = Shape("standard", 2, 8, "elu")
    plain, averaged = (network.network(saved(shape, averaged=one)) for one in (False, True))
    X = np.random.default_rng(6).dirichlet([1] * 4, size=9)
    assert np.abs(plain(X) - averaged(X)).max() > 0.01
    for permutation, matrix in zip(SQUARE.group.permutations, SQUARE.group.matrices, strict=True):
        np.testing.assert_allclose(averaged(X[:, permutation]), averaged(X) @ matrix.T, atol=1e-6)


def test_no_rows_have_no_answers():
    assert network.network(saved(Shape("standard", 1, 4, "elu")))(np.empty((0, 4))).shape == (0, 2)
