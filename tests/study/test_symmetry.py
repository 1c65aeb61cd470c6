import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study.forward import BAG
from study.symmetry import (
    CORNERS,
    SQUARE,
    SYMMETRIES,
    Symmetry,
    act_on_flows,
    act_on_positions,
    augment,
    orbit,
    symmetries,
)

IDENTITY, ROTATION, FLIP = SYMMETRIES[0], SYMMETRIES[1], SYMMETRIES[4]
by_name = pytest.mark.parametrize("symmetry", SYMMETRIES, ids=lambda symmetry: symmetry.name)


def action(symmetry: Symmetry):
    """What the symmetry does, without its name."""
    return symmetry.permutation, symmetry.matrix


def compose(first, second):
    """The action of `first`, then `second`."""
    permutation = tuple(first[0][index] for index in second[0])
    matrix = np.array(second[1]) @ np.array(first[1])
    return permutation, tuple(map(tuple, matrix.tolist()))


def test_the_identity_is_first_and_does_nothing():
    assert action(IDENTITY) == ((0, 1, 2, 3), ((1, 0), (0, 1)))


def test_rotation_is_the_one_of_the_exercise():
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0])
    assert "clockwise rotation by 90" in ROTATION.name
    assert act_on_flows(ROTATION, x).tolist() == [4, 1, 2, 3]
    assert act_on_positions(ROTATION, y).tolist() == [6, -5]


def test_flip_is_the_one_of_the_exercise():
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0])
    assert "vertical axis" in FLIP.name
    assert act_on_flows(FLIP, x).tolist() == [2, 1, 4, 3]
    assert act_on_positions(FLIP, y).tolist() == [-5, 6]


def test_rotation_and_flip_generate_exactly_the_table():
    group = {action(IDENTITY)}
    while True:
        larger = group | {compose(g, action(h)) for g in group for h in (ROTATION, FLIP)}
        if larger == group:
            break
        group = larger
    assert group == {action(symmetry) for symmetry in SYMMETRIES}
    assert len(SYMMETRIES) == len({symmetry.name for symmetry in SYMMETRIES}) == 8


def test_the_table_is_closed_and_has_all_inverses():
    table = [action(symmetry) for symmetry in SYMMETRIES]
    for g in table:
        assert {compose(g, h) for h in table} == set(table)
        assert any(compose(g, h) == action(IDENTITY) for h in table)


@by_name
def test_names_tell_what_the_matrix_does(symmetry):
    determinant = round(np.linalg.det(np.array(symmetry.matrix)))
    assert determinant == (-1 if symmetry.name.startswith("flip") else 1)


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
    (symmetry,) = (symmetry for symmetry in SYMMETRIES if symmetry.name == name)
    assert tuple(act_on_positions(symmetry, np.array(y))) == moved


def test_corners_are_clockwise_from_the_top_left():
    assert CORNERS.tolist() == [[-1, 1], [1, 1], [1, -1], [-1, -1]]
    with pytest.raises(ValueError, match="read-only"):
        CORNERS[0, 0] = 0


@by_name
def test_a_flow_moves_with_its_corner(symmetry):
    for flow, corner in zip(np.eye(4), CORNERS, strict=True):
        moved_corner = CORNERS[act_on_flows(symmetry, flow) == 1][0]
        assert_array_equal(moved_corner, act_on_positions(symmetry, corner))


@by_name
def test_flows_of_a_moved_leak_are_the_moved_flows(symmetry):
    Y = np.random.default_rng(1).uniform(-1, 1, (50, 2))
    moved = BAG.flows(act_on_positions(symmetry, Y))
    assert_allclose(moved, act_on_flows(symmetry, BAG.flows(Y)), rtol=0, atol=1e-15)


@pytest.mark.parametrize("first", SYMMETRIES, ids=lambda symmetry: symmetry.name)
@pytest.mark.parametrize("second", SYMMETRIES, ids=lambda symmetry: symmetry.name)
def test_acting_twice_is_acting_once_with_the_composition(first, second):
    x, y = np.arange(4.0), np.array([0.25, 0.75])
    both = Symmetry("both", *compose(action(first), action(second)))
    assert_array_equal(act_on_flows(second, act_on_flows(first, x)), act_on_flows(both, x))
    assert_array_equal(
        act_on_positions(second, act_on_positions(first, y)), act_on_positions(both, y)
    )


def test_orbit_of_one_sample_by_hand():
    flows, positions = orbit(np.array([4.0, 3.0, 2.0, 1.0]), np.array([-0.2, 0.5]))
    assert flows.tolist() == [
        [4, 3, 2, 1],
        [1, 4, 3, 2],
        [2, 1, 4, 3],
        [3, 2, 1, 4],
        [3, 4, 1, 2],
        [2, 3, 4, 1],
        [1, 2, 3, 4],
        [4, 1, 2, 3],
    ]
    assert positions.tolist() == [
        [-0.2, 0.5],
        [0.5, 0.2],
        [0.2, -0.5],
        [-0.5, -0.2],
        [0.2, 0.5],
        [0.5, -0.2],
        [-0.2, -0.5],
        [-0.5, 0.2],
    ]


def test_orbit_of_a_leak_in_the_middle_is_one_point():
    flows, positions = orbit(np.full((1, 4), 0.25), np.zeros((1, 2)))
    assert_array_equal(flows, np.full((1, 8, 4), 0.25))
    assert_array_equal(positions, np.zeros((1, 8, 2)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("leading", [(), (3,), (2, 3)])
def test_acts_keep_shape_and_dtype(leading, dtype):
    X, Y = np.ones((*leading, 4), dtype), np.ones((*leading, 2), dtype)
    flows, positions = orbit(X, Y)
    assert (flows.shape, positions.shape) == ((*leading, 8, 4), (*leading, 8, 2))
    assert (flows.dtype, positions.dtype) == (dtype, dtype)


def test_augment_lists_each_sample_with_its_seven_copies():
    rng = np.random.default_rng(2)
    X, Y = rng.random((5, 4)), rng.random((5, 2))
    X_augmented, Y_augmented = augment(X, Y)
    assert (X_augmented.shape, Y_augmented.shape) == ((40, 4), (40, 2))
    assert_array_equal(X_augmented[::8], X)
    assert_array_equal(Y_augmented[::8], Y)
    for index, symmetry in enumerate(SYMMETRIES):
        assert_array_equal(X_augmented[index::8], X[:, symmetry.permutation])
        assert_array_equal(Y_augmented[index::8], Y @ np.array(symmetry.matrix).T)


def test_augment_leaves_its_input_alone():
    X, Y = np.full((2, 4), 0.25), np.full((2, 2), 0.5)
    X_augmented, Y_augmented = augment(X, Y)
    X_augmented += 1
    Y_augmented += 1
    assert_array_equal(X, np.full((2, 4), 0.25))
    assert_array_equal(Y, np.full((2, 2), 0.5))


# The symmetries of any bag


REGULAR = {
    sides: np.array([(np.sin(a), np.cos(a)) for a in 2 * np.pi * np.arange(sides) / sides])
    for sides in (3, 4, 5, 6)
}
RECTANGLE = np.array([(-2.0, 1.0), (2.0, 1.0), (2.0, -1.0), (-2.0, -1.0)])
TRAPEZOID = np.array([(-1.0, 1.0), (1.0, 1.0), (2.0, -1.0), (-2.0, -1.0)])
SCATTERED = np.array([(0.1, 1.0), (0.9, 0.3), (0.2, -0.8), (-1.0, 0.4), (-0.3, -0.7)])


def test_the_squares_symmetries_are_those_of_the_table():
    found = {
        (tuple(p), tuple(map(tuple, g)))
        for p, g in zip(SQUARE.permutations.tolist(), SQUARE.matrices.tolist(), strict=True)
    }
    assert found == {action(symmetry) for symmetry in SYMMETRIES}
    assert SQUARE.permutations[0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("sides", REGULAR)
def test_a_regular_polygon_has_twice_as_many_symmetries_as_sides(sides):
    assert len(symmetries(REGULAR[sides]).permutations) == 2 * sides


@pytest.mark.parametrize(("ports", "order"), [(RECTANGLE, 4), (TRAPEZOID, 2), (SCATTERED, 1)])
def test_other_bags_have_fewer(ports, order):
    group = symmetries(ports)
    assert len(group.matrices) == order
    assert_array_equal(group.matrices[0], np.eye(2))


@pytest.mark.parametrize("ports", [*REGULAR.values(), RECTANGLE, TRAPEZOID, SCATTERED])
def test_a_sensor_moves_with_its_port(ports):
    """The moved bag has a port where the matrix takes one, and reads there what was read before."""
    group = symmetries(ports)
    for permutation, matrix in zip(group.permutations, group.matrices, strict=True):
        assert_allclose(ports, (ports @ matrix.T)[permutation], rtol=0, atol=1e-9)
