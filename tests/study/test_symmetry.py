"""The symmetries of the square by hand, those of other bags, and what a group does with samples."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study.bag import SQUARE
from study.forward import FITTED
from study.symmetry import symmetries
from tests.study.bags import OTHERS, RECTANGLE, SCATTERED, TRAPEZOID, regular

GROUP = SQUARE.group
PORTS = {
    "square": SQUARE.ports,
    "pentagon": regular(5),
    **{name: bag.ports for name, bag in OTHERS.items()},
}
GROUPS = pytest.mark.parametrize("group", [symmetries(p) for p in PORTS.values()], ids=PORTS)

# Each of the square's eight symmetries: the permutation of the flows, the matrix of the positions.
IDENTITY = ((0, 1, 2, 3), ((1, 0), (0, 1)))
ROTATION = ((3, 0, 1, 2), ((0, 1), (-1, 0)))  # by 90 degrees, clockwise
FLIP = ((1, 0, 3, 2), ((-1, 0), (0, 1)))  # along the vertical axis
BY_HAND = {
    "identity": IDENTITY,
    "clockwise rotation by 90 degrees": ROTATION,
    "clockwise rotation by 180 degrees": ((2, 3, 0, 1), ((-1, 0), (0, -1))),
    "clockwise rotation by 270 degrees": ((1, 2, 3, 0), ((0, -1), (1, 0))),
    "flip along the vertical axis": FLIP,
    "flip along the rising diagonal": ((2, 1, 0, 3), ((0, 1), (1, 0))),
    "flip along the horizontal axis": ((3, 2, 1, 0), ((1, 0), (0, -1))),
    "flip along the falling diagonal": ((0, 3, 2, 1), ((0, -1), (-1, 0))),
}


def actions(group):
    """What each symmetry does, in the group's order: its permutation and its matrix."""
    pairs = zip(group.permutations.tolist(), group.matrices.round(9).tolist(), strict=True)
    return [(tuple(permutation), tuple(map(tuple, matrix))) for permutation, matrix in pairs]


def compose(first, second):
    """The action of `first`, then `second`."""
    permutation = tuple(first[0][index] for index in second[0])
    matrix = np.array(second[1]) @ np.array(first[1])
    return permutation, tuple(map(tuple, matrix.tolist()))


# The square


def test_the_squares_symmetries_are_those_found_by_hand():
    assert set(actions(GROUP)) == set(BY_HAND.values())
    assert GROUP.order == len(BY_HAND) == 8


def place(action) -> int:
    """Where the group has this symmetry."""
    return actions(GROUP).index(action)


def test_rotation_is_the_one_of_the_exercise():
    """x -> (x4, x1, x2, x3), y -> (y2, -y1)."""
    flows, positions = GROUP.copies(np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0]))
    assert flows[place(ROTATION)].tolist() == [4, 1, 2, 3]
    assert positions[place(ROTATION)].tolist() == [6, -5]


def test_flip_is_the_one_of_the_exercise():
    """x -> (x2, x1, x4, x3), y -> (-y1, y2)."""
    flows, positions = GROUP.copies(np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0]))
    assert flows[place(FLIP)].tolist() == [2, 1, 4, 3]
    assert positions[place(FLIP)].tolist() == [-5, 6]


def test_rotation_and_flip_generate_exactly_the_group():
    found = {IDENTITY}
    while True:
        larger = found | {compose(g, h) for g in found for h in (ROTATION, FLIP)}
        if larger == found:
            break
        found = larger
    assert found == set(actions(GROUP))


@pytest.mark.parametrize("name", BY_HAND)
def test_a_flip_has_determinant_minus_one(name):
    determinant = round(np.linalg.det(np.array(BY_HAND[name][1])))
    assert determinant == (-1 if name.startswith("flip") else 1)


@pytest.mark.parametrize(
    ("name", "y", "moved"),
    [
        ("clockwise rotation by 180 degrees", (1, 0), (-1, 0)),
        ("clockwise rotation by 270 degrees", (1, 0), (0, 1)),
        ("flip along the vertical axis", (0, 1), (0, 1)),
        ("flip along the horizontal axis", (1, 0), (1, 0)),
        ("flip along the rising diagonal", (1, 1), (1, 1)),
        ("flip along the falling diagonal", (1, -1), (1, -1)),
    ],
)
def test_names_tell_which_symmetry_it_is(name, y, moved):
    _, positions = GROUP.copies(np.zeros(4), np.array(y, float))
    assert tuple(positions[place(BY_HAND[name])]) == moved


# Any bag


@pytest.mark.parametrize("sides", range(3, 9))
def test_a_regular_polygon_has_twice_as_many_symmetries_as_sides(sides):
    assert symmetries(regular(sides)).order == 2 * sides


@pytest.mark.parametrize(("bag", "order"), [(RECTANGLE, 4), (TRAPEZOID, 2), (SCATTERED, 1)])
def test_other_bags_have_fewer(bag, order):
    assert bag.group.order == len(bag.group.matrices) == order


def test_the_rectangles_symmetries_by_hand():
    names = ("identity", "clockwise rotation by 180 degrees")
    flips = ("flip along the vertical axis", "flip along the horizontal axis")
    assert set(actions(RECTANGLE.group)) == {BY_HAND[name] for name in names + flips}


@GROUPS
def test_the_identity_is_first_and_does_nothing(group):
    assert_array_equal(group.permutations[0], np.arange(group.permutations.shape[1]))
    assert_array_equal(group.matrices[0], np.eye(2))


@GROUPS
def test_a_group_is_closed_and_has_all_inverses(group):
    """Permutations and matrices are composed alike, so acting twice is acting once."""
    matrices = {p: np.array(g) for p, g in actions(group)}
    assert len(matrices) == group.order
    identity = tuple(range(group.permutations.shape[1]))
    for first, g in matrices.items():
        both = {second: tuple(first[index] for index in second) for second in matrices}
        assert set(both.values()) == set(matrices)
        assert identity in both.values()
        for second, h in matrices.items():
            assert_allclose(h @ g, matrices[both[second]], rtol=0, atol=1e-8)


@GROUPS
def test_matrices_are_orthogonal(group):
    squares = group.matrices @ group.matrices.transpose(0, 2, 1)
    assert_allclose(squares, np.broadcast_to(np.eye(2), squares.shape), rtol=0, atol=1e-9)


@pytest.mark.parametrize("ports", PORTS.values(), ids=PORTS)
def test_a_sensor_moves_with_its_port(ports):
    """The moved bag has a port where the matrix takes one, and reads there what was read before."""
    group = symmetries(ports)
    for permutation, matrix in zip(group.permutations, group.matrices, strict=True):
        assert_allclose(ports, (ports @ matrix.T)[permutation], rtol=0, atol=1e-9)


@pytest.mark.parametrize("bag", [SQUARE, *OTHERS.values()], ids=["square", *OTHERS])
def test_flows_of_a_moved_leak_are_the_moved_flows(bag):
    model = replace(FITTED, bag=bag)
    Y = np.random.default_rng(1).uniform(bag.low, bag.high, (50, 2))
    flows, moved = bag.group.copies(model.flows(Y), Y)
    assert_allclose(model.flows(moved), flows, rtol=0, atol=1e-12)
    if bag is SQUARE:  # whose matrices are exact
        assert_allclose(model.flows(moved), flows, rtol=0, atol=1e-15)


# Copies


def test_copies_of_one_sample_by_hand():
    flows, positions = GROUP.copies(np.array([4.0, 3.0, 2.0, 1.0]), np.array([-0.2, 0.5]))
    expected = {
        "identity": ([4, 3, 2, 1], [-0.2, 0.5]),
        "clockwise rotation by 90 degrees": ([1, 4, 3, 2], [0.5, 0.2]),
        "clockwise rotation by 180 degrees": ([2, 1, 4, 3], [0.2, -0.5]),
        "clockwise rotation by 270 degrees": ([3, 2, 1, 4], [-0.5, -0.2]),
        "flip along the vertical axis": ([3, 4, 1, 2], [0.2, 0.5]),
        "flip along the rising diagonal": ([2, 3, 4, 1], [0.5, -0.2]),
        "flip along the horizontal axis": ([1, 2, 3, 4], [-0.2, -0.5]),
        "flip along the falling diagonal": ([4, 1, 2, 3], [-0.5, 0.2]),
    }
    for name, (x, y) in expected.items():
        assert flows[place(BY_HAND[name])].tolist() == x
        assert positions[place(BY_HAND[name])].tolist() == y


@GROUPS
def test_copies_are_in_the_groups_order_the_samples_first(group):
    rng = np.random.default_rng(2)
    X, Y = rng.random((5, group.permutations.shape[1])), rng.random((5, 2))
    flows, positions = group.copies(X, Y)
    assert (flows.shape, positions.shape) == ((5, group.order, X.shape[1]), (5, group.order, 2))
    assert_array_equal(flows[:, 0], X)
    assert_array_equal(positions[:, 0], Y)
    for index, (permutation, matrix) in enumerate(
        zip(group.permutations, group.matrices, strict=True)
    ):
        assert_array_equal(flows[:, index], X[:, permutation])
        assert_allclose(positions[:, index], Y @ matrix.T, rtol=0, atol=1e-15)


def test_the_squares_copies_are_exact():
    Y = np.random.default_rng(3).normal(size=(100, 2))
    _, positions = GROUP.copies(np.zeros((100, 4)), Y)
    for index, matrix in enumerate(GROUP.matrices):
        assert_array_equal(positions[:, index], Y @ matrix.T)


@GROUPS
def test_copies_of_a_leak_in_the_middle_are_one_point(group):
    ports = group.permutations.shape[1]
    flows, positions = group.copies(np.full((1, ports), 1 / ports), np.zeros((1, 2)))
    assert_array_equal(flows, np.full((1, group.order, ports), 1 / ports))
    assert_array_equal(positions, np.zeros((1, group.order, 2)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("leading", [(), (3,), (2, 3)])
def test_copies_keep_leading_axes_and_dtype(leading, dtype):
    X, Y = np.ones((*leading, 4), dtype), np.ones((*leading, 2), dtype)
    flows, positions = GROUP.copies(X, Y)
    assert (flows.shape, positions.shape) == ((*leading, 8, 4), (*leading, 8, 2))
    assert (flows.dtype, positions.dtype) == (dtype, dtype)


def test_copies_leave_their_input_alone():
    X, Y = np.full((2, 4), 0.25), np.full((2, 2), 0.5)
    flows, positions = GROUP.copies(X, Y)
    flows += 1
    positions += 1
    assert_array_equal(X, np.full((2, 4), 0.25))
    assert_array_equal(Y, np.full((2, 2), 0.5))


# Averages


@GROUPS
def test_the_average_of_anything_is_equivariant(group):
    rng = np.random.default_rng(4)
    ports = group.permutations.shape[1]
    first, second = rng.normal(size=(ports, 16)), rng.normal(size=(16, 2))

    def averaged(X):
        return group.average(X, lambda X: np.tanh(X @ first) @ second + 1)

    X = rng.random((20, ports))
    flows, moved = group.copies(X, averaged(X))
    assert np.abs(moved).max() > (0.1 if group.order > 1 else 0)  # it is not simply 0
    for index in range(group.order):
        assert_allclose(averaged(flows[:, index]), moved[:, index], rtol=0, atol=1e-9)


@pytest.mark.parametrize("ports", PORTS.values(), ids=PORTS)
def test_the_average_of_what_is_equivariant_is_itself(ports):
    X = np.random.default_rng(5).random((20, len(ports)))
    found = symmetries(ports).average(X, lambda X: X**3 @ ports)
    assert_allclose(found, X**3 @ ports, rtol=0, atol=1e-9)


def test_the_average_by_hand():
    """Of x -> (x1, 0) over the square.

    x1 itself is seen first by the identity and by the flip along the falling diagonal, which give
    (x1, 0) and (0, -x1): the corner of x1 times -x1. So it is, moved, for the others.
    """
    X = np.array([[0.4, 0.3, 0.2, 0.1]])
    found = GROUP.average(X, lambda X: np.stack([X[:, 0], 0 * X[:, 0]], axis=1))
    assert_allclose(found, -X @ SQUARE.ports / 8, rtol=0, atol=1e-15)
