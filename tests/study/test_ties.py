import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study.architectures import HIDDEN_BASIS, OUTPUT_BASIS
from study.bag import SQUARE
from study.ties import Ties, channels, combined, dense, equivariant_basis

# Groups by hand: permutations and matrices of two symmetries that generate all others. A symmetry
# turns flows x into x[permutation] and positions y into matrix @ y.
ROOT_3 = np.sqrt(3)
MIRROR = [[-1, 0], [0, 1]]  # y1 -> -y1
GENERATORS = {
    "square": [((3, 0, 1, 2), [[0, 1], [-1, 0]]), ((1, 0, 3, 2), MIRROR)],
    "rectangle": [((2, 3, 0, 1), [[-1, 0], [0, -1]]), ((1, 0, 3, 2), MIRROR)],
    "triangle": [((2, 0, 1), [[-1 / 2, ROOT_3 / 2], [-ROOT_3 / 2, -1 / 2]]), ((0, 2, 1), MIRROR)],
    "hexagon": [
        ((5, 0, 1, 2, 3, 4), [[1 / 2, ROOT_3 / 2], [-ROOT_3 / 2, 1 / 2]]),
        ((0, 5, 4, 3, 2, 1), MIRROR),
    ],
}
# Their orders, and how many parameters a hidden and an output layer has. A matrix that commutes
# with the permutations takes one value on each orbit of pairs of ports: two ports of a triangle
# are the same or not, those of a square the same, neighbours or opposite.
COUNTS = {
    "square": (8, 3, 1),
    "rectangle": (4, 4, 2),
    "triangle": (6, 2, 1),
    "hexagon": (12, 4, 1),
}
by_group = pytest.mark.parametrize("name", GENERATORS)


def representations(name: str) -> tuple[np.ndarray, np.ndarray]:
    """All elements of a group as matrices on flows (G, N, N) and on positions (G, 2, 2)."""
    generators = [(np.eye(len(p))[list(p)], np.array(M, float)) for p, M in GENERATORS[name]]
    flows, positions = [np.eye(len(generators[0][0]))], [np.eye(2)]
    for P, M in zip(flows, positions, strict=True):  # both grow on the way
        for Q, N in generators:
            if not any(np.array_equal(P @ Q, known) for known in flows):
                flows.append(P @ Q)
                positions.append(M @ N)
    return np.array(flows), np.array(positions)


# The exercise


def test_the_hidden_basis_is_the_printed_w_to_the_letter():
    a, b, c = 2, 3, 5
    W = np.tensordot([a, b, c], HIDDEN_BASIS, 1)
    assert_array_equal(W, [[a, b, c, b], [b, a, b, c], [c, b, a, b], [b, c, b, a]])


def test_the_output_basis_is_the_printed_w_l_to_the_letter():
    assert_array_equal(OUTPUT_BASIS, [[[1, -1, -1, 1], [-1, -1, 1, 1]]])


def test_the_printed_matrices_are_the_network_of_depth_1():
    a, b, c, d = 2, 3, 5, 7
    ties = combined([HIDDEN_BASIS, OUTPUT_BASIS])
    W, W_L = ties.matrices(np.array([a, b, c, d], float))
    assert (ties.sizes, ties.parameters) == ((4, 4, 2), 4)
    assert_array_equal(W, [[a, b, c, b], [b, a, b, c], [c, b, a, b], [b, c, b, a]])
    assert_array_equal(W_L, [[d, -d, -d, d], [-d, -d, d, d]])


def test_the_square_by_hand_has_the_symmetries_of_the_ports():
    flows, positions = representations("square")
    by_hand = {(P.tobytes(), (M + 0.0).tobytes()) for P, M in zip(flows, positions, strict=True)}
    found = zip(np.eye(4)[SQUARE.group.permutations], SQUARE.group.matrices, strict=True)
    assert {(P.tobytes(), M.tobytes()) for P, M in found} == by_hand


# Bases


@by_group
def test_a_basis_has_as_many_matrices_as_the_characters_say(name):
    """The number is the mean, over the group, of the product of both traces."""
    flows, positions = representations(name)
    on_flows, on_positions = (np.trace(one, axis1=1, axis2=2) for one in (flows, positions))
    hidden, output = equivariant_basis(flows, flows), equivariant_basis(positions, flows)
    assert (len(flows), len(hidden), len(output)) == COUNTS[name]
    assert len(hidden) == pytest.approx(np.mean(on_flows * on_flows))
    assert len(output) == pytest.approx(np.mean(on_positions * on_flows))
    assert len(equivariant_basis(flows, positions)) == len(output)


@by_group
def test_every_matrix_of_a_basis_commutes_with_every_symmetry(name):
    flows, positions = representations(name)
    for into, out_of in ((flows, flows), (positions, flows), (flows, positions)):
        for W in equivariant_basis(into, out_of):
            assert_allclose(into @ W, W @ out_of, rtol=0, atol=1e-12)


@by_group
def test_the_matrices_of_a_basis_are_independent_and_have_1_as_their_largest_entry(name):
    flows, positions = representations(name)
    for basis in (equivariant_basis(flows, flows), equivariant_basis(positions, flows)):
        assert np.linalg.matrix_rank(basis.reshape(len(basis), -1)) == len(basis)
        assert_allclose(basis.max(axis=(1, 2)), 1, rtol=1e-12)
        assert_allclose(np.abs(basis).max(axis=(1, 2)), 1, rtol=1e-12)


@by_group
def test_a_hidden_basis_marks_the_orbits_of_pairs_of_ports(name):
    """Every entry belongs to one matrix, and is 1 there: such are ties without coefficients."""
    flows, _ = representations(name)
    basis = equivariant_basis(flows, flows)
    assert_allclose(basis.sum(axis=0), np.ones(flows[0].shape), rtol=0, atol=1e-12)
    assert set(np.unique(np.round(basis, 12))) == {0, 1}


@pytest.mark.parametrize(("name", "sides"), [("triangle", 3), ("hexagon", 6)])
@pytest.mark.parametrize("turned", [0.0, 1.0, 2.5])
def test_the_output_of_a_regular_bag_points_to_its_ports(name, sides, turned):
    """Ports stand clockwise from an angle on; opposite ones are equally far up or to the right.

    A tie's coefficient is no whole number here, and rounding must not decide which is largest.
    """
    flows, positions = representations(name)
    turn = np.array([[np.cos(turned), np.sin(turned)], [-np.sin(turned), np.cos(turned)]])
    angles = turned + 2 * np.pi * np.arange(sides) / sides
    ports = np.array([np.sin(angles), np.cos(angles)])
    (basis,) = equivariant_basis(turn @ positions @ turn.T, flows)
    first = np.flatnonzero(np.abs(ports) > np.abs(ports).max() - 1e-9)[0]
    assert_allclose(basis, ports / ports.flat[first], rtol=0, atol=1e-11)
    assert basis.tolist() == np.round(basis, 12).tolist()


def test_without_symmetry_every_entry_is_a_parameter_of_its_own():
    basis = equivariant_basis(np.eye(2)[None], np.eye(3)[None])
    assert_array_equal(basis, np.eye(6).reshape(6, 2, 3))


# Ties


def test_a_dense_network_by_hand():
    """From 2 units to 3 to 1: each kernel (I, J) row by row, then its biases."""
    ties = dense([2, 3, 1])
    assert (ties.sizes, ties.parameters) == ((2, 3, 1), 2 * 3 + 3 + 3 * 1 + 1)
    first, second = ties.matrices(np.arange(13.0))
    assert_array_equal(first, [[0, 3], [1, 4], [2, 5]])
    assert_array_equal(second, [[9, 10, 11]])
    assert_array_equal(ties.bias, [6, 7, 8, 12])


def test_combined_layers_by_hand_with_two_ties_at_one_entry():
    into_two = np.array([[[1.0, 2, 0], [0, 0, 1]], [[3, 0, 0], [0, -1, 0.5]]])  # (2, 2, 3)
    into_one = np.array([[[4.0, -4]]])  # (1, 1, 2)
    ties = combined([into_two, into_one])
    p, q, r = 10, 100, 7
    first, second = ties.matrices(np.array([p, q, r], float))
    assert_array_equal(first, [[p + 3 * q, 2 * p, 0], [0, -q, p + q / 2]])
    assert_array_equal(second, [[4 * r, -4 * r]])
    assert (ties.sizes, ties.parameters) == ((3, 2, 1), 3)
    assert sorted(ties.entry.tolist()) == [0, 0, 1, 4, 5, 5, 6, 7]
    assert_array_equal(ties.bias, [-1, -1, -1])


def test_channels_by_hand():
    """A block for each pair of channels, with parameters of its own."""
    basis = np.array([[[1.0, 0]], [[0, 1]]])  # (2, 1, 2): p x1 + q x2
    spread = channels(basis, 2, 3)  # from two channels of two units to three of one
    assert spread.shape == (2 * 3 * 2, 3, 4)
    (W,) = combined([spread]).matrices(np.arange(12.0))
    assert_array_equal(W, [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]])


def test_one_channel_to_one_is_the_basis_itself():
    assert_array_equal(channels(HIDDEN_BASIS, 1, 1), HIDDEN_BASIS)


@by_group
def test_layers_with_channels_commute_with_every_symmetry(name):
    flows, _ = representations(name)
    spread = channels(equivariant_basis(flows, flows), 2, 3)
    W = np.tensordot(np.arange(1, 1 + len(spread)), spread, 1)
    for P in flows:
        assert_allclose(np.kron(np.eye(3), P) @ W, W @ np.kron(np.eye(2), P), rtol=1e-12)


def test_an_entry_is_the_sum_of_all_its_ties_and_0_without_any():
    ties = Ties(
        sizes=(2, 2),
        entry=np.array([3, 0, 3, 3]),
        parameter=np.array([1, 0, 0, 1]),
        coefficient=np.array([2.0, 1, -1, 0.5]),
        bias=np.array([-1, 2]),
    )
    (W,) = ties.matrices(np.array([5.0, 7, 11]))
    assert_array_equal(W, [[5, 0], [0, 2.5 * 7 - 5]])
    assert ties.parameters == 3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matrices_keep_the_type_of_the_parameters(dtype):
    for W in dense([2, 3, 1]).matrices(np.arange(13, dtype=dtype)):
        assert W.dtype == dtype
