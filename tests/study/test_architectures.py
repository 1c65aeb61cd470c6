"""Architectures: ties, starting weights, and a registry that takes others."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study import lanes, networks
from study.architectures import (
    ARCHITECTURES,
    COORDINATES,
    FLOWS,
    HIDDEN_BASIS,
    MISTAKEN_SENSORS,
    OUTPUT_BASIS,
    Architecture,
    Shape,
    architecture,
    network_of,
    register,
    scaled_normal,
)
from study.bag import SQUARE
from study.errors import StudyError
from study.space import Space
from study.symmetry import Group
from study.ties import Ties, combined, dense, equivariant_basis
from tests.study.test_records import SOUND

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
    channels = shape.width if shape.architecture == "standard" else shape.width // 4
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


# W and W_L


def test_the_bases_span_the_matrices_of_the_exercise():
    """W is [[a, b, c, b], [b, a, b, c], ...] and W_L is d [[1, -1, -1, 1], [-1, -1, 1, 1]]."""
    a, b, c, d = 2, 3, 5, 7
    W = np.tensordot([a, b, c], HIDDEN_BASIS, 1)
    assert_array_equal(W, [[a, b, c, b], [b, a, b, c], [c, b, a, b], [b, c, b, a]])
    (W_L,) = d * OUTPUT_BASIS
    assert_array_equal(W_L, [[d, -d, -d, d], [-d, -d, d, d]])


def test_the_ties_of_an_equivariant_network_are_these_matrices_layer_by_layer():
    theta = np.array([1, 2, 3, 4, 5, 6, 7.0])
    first, second, last = Shape("equivariant", 2, 4, "elu").ties.matrices(theta)
    assert_array_equal(first, [[1, 2, 3, 2], [2, 1, 2, 3], [3, 2, 1, 2], [2, 3, 2, 1]])
    assert_array_equal(second, [[4, 5, 6, 5], [5, 4, 5, 6], [6, 5, 4, 5], [5, 6, 5, 4]])
    assert_array_equal(last, [[7, -7, -7, 7], [-7, -7, 7, 7]])


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 12])
def test_an_equivariant_network_of_depth_l_has_3_l_plus_1_parameters(depth):
    assert Shape("equivariant", depth, 4, "elu").parameters == 3 * depth + 1


# Starting weights


@pytest.mark.parametrize("architecture", WIDTHS)
def test_starting_weights_are_rounded_to_6_decimals(architecture):
    """Their last bits would differ between machines, and steer a training."""
    shape = Shape(architecture, 3, WIDTHS[architecture][-1], "elu")
    drawn = shape.start(np.random.default_rng(1), 0.6)
    assert drawn.tolist() == [float(f"{one:.6f}") for one in drawn]
    assert drawn.tolist() != [float(f"{one:.5f}") for one in drawn]
    assert drawn.shape == (shape.parameters,)


@pytest.mark.parametrize("name", WIDTHS)
def test_starting_weights_depend_on_their_seed_and_size_alone(name):
    """Neither on the activation, nor on anything drawn before."""
    width = WIDTHS[name][-1]
    first, again, other = (
        Shape(name, 3, width, activation).start(np.random.default_rng(seed), 0.6).tobytes()
        for activation, seed in (("elu", 1), ("tanh", 1), ("elu", 2))
    )
    assert first == again != other


def test_the_deviation_is_that_of_equivariant_weights_alone():
    for name, differs in (("standard", False), ("equivariant", True), ("wrong_group", True)):
        shape = Shape(name, 2, WIDTHS[name][0], "elu")
        small, large = (shape.start(np.random.default_rng(1), stddev) for stddev in (0.2, 0.6))
        assert_allclose(large, (3 if differs else 1) * small, rtol=0, atol=3e-6)


def test_channels_that_read_more_start_smaller():
    """By hand: a unit's sum over C channels keeps its deviation where weights have 1 / sqrt(C)."""
    shape = Shape("equivariant_wide", 2, 36, "elu")  # 9 channels
    flat = shape.start(np.random.default_rng(1), 0.6)
    first, second, last = np.split(flat, np.cumsum([3 * 9, 3 * 81]))
    assert np.std(first) == pytest.approx(0.6, rel=0.3)
    assert np.std(second) == pytest.approx(0.2, rel=0.15)
    assert np.std(last) == pytest.approx(0.2, rel=0.6)
    drawn = np.random.default_rng(1).normal(0, 0.6, len(flat))
    assert_allclose(flat, drawn / np.repeat([1, 3, 3], [27, 243, 9]), rtol=0, atol=1e-6)


def test_starting_weights_stay_what_they_are():
    """Golden: whoever changes these changes every result of every study."""
    found = {
        name: Shape(name, 1, 4, "").start(np.random.default_rng(1), 0.6)[:3] for name in WIDTHS
    }
    normal = [0.207351, 0.492971, 0.198262]
    assert {name: drawn.tolist() for name, drawn in found.items()} == {
        "standard": [0.020476, 0.780226, -0.616334],
        "equivariant": normal,
        "equivariant_wide": normal,
        "wrong_group": normal,
    }


def test_a_bias_of_ones_own_starts_with_the_given_deviation(monkeypatch):
    """It reads no channel; those of dense layers in such an architecture, say."""
    entry = replace(ARCHITECTURES["standard"], name="mine", start=scaled_normal)
    monkeypatch.setitem(ARCHITECTURES, "mine", entry)
    shape = Shape("mine", 1, 400, "elu")
    drawn = np.random.default_rng(1).normal(0, 0.6, shape.parameters)
    # 4 x 400 kernel, 400 biases, 400 x 2 kernel that reads 100 channels, 2 biases
    expected = drawn / np.repeat([1, 1, 10, 1], [1600, 400, 800, 2])
    assert_allclose(shape.start(np.random.default_rng(1), 0.6), expected, rtol=0, atol=1e-6)


# The registry


def test_the_entries_by_hand():
    assert set(ARCHITECTURES) == set(WIDTHS)
    entries = ARCHITECTURES.values()
    assert {one.name for one in entries if one.symmetric} == {"equivariant", "equivariant_wide"}
    assert {one.name: one.compared_with for one in entries} == {
        "standard": (),
        "equivariant": ("standard",),
        "equivariant_wide": ("equivariant",),
        "wrong_group": ("equivariant",),
    }
    for part in ("label", "colour"):
        assert len({getattr(one, part) for one in entries}) == len(entries)
    assert "_" not in "".join(one.label for one in entries)  # prose, no identifiers


@pytest.mark.parametrize("name", ["standrd", "", "Standard"])
def test_an_unknown_architecture_is_answered_with_the_known_ones(name):
    message = (
        f"^architecture {name}: expected one of equivariant, equivariant_wide, standard, "
        "wrong_group, found none of these; correct the name, or register it in "
        "study/architectures.py$"
    )
    for ask in (architecture, lambda name: Shape(name, 1, 4, "elu").ties):
        with pytest.raises(StudyError, match=message):
            ask(name)


@pytest.mark.parametrize("name", ["equivariant", "equivariant_wide", "wrong_group"])
@pytest.mark.parametrize("width", [2, 6])
def test_a_width_without_whole_channels_is_refused(name, width):
    with pytest.raises(StudyError, match=f"a width that is a multiple of 4, found {width}; corr"):
        Shape(name, 2, width, "elu").ties  # noqa: B018 - it is computed when it is asked for


def rotations() -> Group:
    """The square's rotations: half of its symmetries, those of determinant 1."""
    group = SQUARE.group
    turns = np.linalg.det(group.matrices) > 0
    return Group(group.permutations[turns], group.matrices[turns])


def turning(depth: int, width: int) -> Ties:
    """Layers that commute with rotations, not with flips."""
    on_flows = np.eye(FLOWS)[rotations().permutations]
    hidden = equivariant_basis(on_flows, on_flows)
    return combined([*[hidden] * depth, equivariant_basis(rotations().matrices, on_flows)])


def constant(depth: int, width: int) -> Ties:
    """One of its own layout: a weight in several entries, and units that share their biases."""
    ties = dense([FLOWS, *[width] * depth, COORDINATES])
    return Ties(
        ties.sizes, ties.entry, ties.parameter, np.linspace(0.5, 2, len(ties.entry)), ties.bias
    )


@pytest.fixture
def entry(monkeypatch, request) -> Architecture:
    """An architecture that is registered for a test, with ties and nothing else of its own."""
    for name, known in ARCHITECTURES.copy().items():
        monkeypatch.setitem(ARCHITECTURES, name, known)  # so that all of it is restored
    monkeypatch.setitem(ARCHITECTURES, "mine", None)
    made = Architecture(
        name="mine",
        label="mine",
        colour="#000000",
        space=Space(depth=(2,), width=(4,)),
        ties=request.param,
        start=scaled_normal,
    )
    assert register(made) is made
    return made


of_ones_own = pytest.mark.parametrize(
    "entry", [turning, constant], ids=["rotations", "coefficients"], indirect=True
)


def test_rotations_alone_allow_more_matrices_by_hand():
    """A circulant of four weights, and two for positions instead of one."""
    assert rotations().order == 4
    W, W_L = turning(1, 4).matrices(np.array([1, 2, 3, 4, 5, 6.0]))
    a, b, c, d = W[0]
    assert_array_equal(W, [[a, b, c, d], [d, a, b, c], [c, d, a, b], [b, c, d, a]])
    assert len({a, b, c, d}) == 4
    e, f = W_L[:, 0]
    assert_array_equal(np.abs(W_L), np.abs([[e, f, e, f], [f, e, f, e]]))
    assert Shape("equivariant", 1, 4, "elu").parameters == 4 < turning(1, 4).parameters == 6


@of_ones_own
def test_an_architecture_of_ties_alone_has_shapes_starts_and_a_keras_model(entry):
    shape = Shape("mine", 2, 4, "tanh")
    theta = shape.start(np.random.default_rng(1), 0.6)
    assert theta.shape == (shape.parameters,) == (entry.ties(2, 4).parameters,)
    X = flows().astype(np.float32)
    model = networks.with_weights(shape, theta)
    assert model.count_params() == shape.parameters
    assert_array_equal(
        np.concatenate([np.ravel(w) for w in model.get_weights()]), theta.astype("f4")
    )
    (found,) = lanes.predict(shape.ties, "tanh", theta[None], X)
    assert found.std(axis=0).min() > 1e-3
    assert_allclose(found, model(X).numpy(), rtol=0, atol=1e-6)


@of_ones_own
def test_an_architecture_of_ties_alone_is_trained_and_its_file_predicts_the_same(entry, tmp_path):
    shape = Shape("mine", 2, 4, "elu")
    rng = np.random.default_rng(2)
    Y = rng.uniform(-1, 1, (40, 2))
    X = 0.25 + Y @ SQUARE.ports.T / 16 + rng.normal(0, 0.01, (40, 4))
    one = lanes.Lane(
        samples=(X, Y),
        validation=(X, Y),
        weights=shape.start(rng, 0.6),
        activation="elu",
        optimizer="adam",
        loss="mse",
        learning_rate=0.02,
        seed=1,
        steps=300,
    )
    (trained,) = lanes.train(shape.ties, 16, [one], SQUARE.group)
    assert trained.error < 0.2 * np.square(Y).mean()
    (found,) = lanes.predict(shape.ties, "elu", trained.weights[None], X)
    model = networks.with_weights(shape, trained.weights)
    networks.save(model, tmp_path / "mine.h5")
    loaded = networks.load(tmp_path / "mine.h5")
    assert loaded.name == "mine"
    assert loaded(X.astype("f4")).numpy().tobytes() == model(X.astype("f4")).numpy().tobytes()
    assert_allclose(loaded(X.astype("f4")).numpy(), found, rtol=0, atol=1e-5)


@pytest.mark.parametrize("entry", [turning], indirect=True)
def test_what_commutes_with_rotations_is_equivariant_to_these_alone(entry):
    shape = Shape("mine", 2, 4, "tanh")
    theta = weights(shape)[None]
    (here,) = lanes.predict(shape.ties, "tanh", theta, flows())
    errors = []
    for permutation, matrix in zip(SQUARE.group.permutations, SQUARE.group.matrices, strict=True):
        (moved,) = lanes.predict(shape.ties, "tanh", theta, flows()[:, permutation])
        errors.append(np.abs(moved - here @ matrix.T).max())
    turns = np.linalg.det(SQUARE.group.matrices) > 0
    assert np.array(errors)[turns].max() < 1e-6
    assert np.array(errors)[~turns].min() > 1e-3


@pytest.mark.parametrize("entry", [None], indirect=True)
def test_what_keras_alone_trains_has_no_ties(entry):
    with pytest.raises(ValueError, match="architecture mine has no ties: Keras trains it"):
        Shape("mine", 2, 4, "elu").ties  # noqa: B018 - it is computed when it is asked for


@pytest.mark.parametrize("name", WIDTHS)
def test_any_architectures_ties_as_keras_layers_are_its_own_keras_model(name, monkeypatch):
    """`tied` is what those have that have no function of their own."""
    shape = Shape(name, 2, WIDTHS[name][-1], "tanh")
    theta, X = weights(shape), flows().astype(np.float32)
    reference = networks.with_weights(shape, theta)(X).numpy()
    entry = replace(ARCHITECTURES[name], keras="study.networks:tied")
    monkeypatch.setitem(ARCHITECTURES, name, entry)
    model = networks.with_weights(shape, theta)
    assert all(isinstance(layer, networks.Tied) for layer in model.layers[1:])
    assert_allclose(model(X).numpy(), reference, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": b""},
        {"weights": np.zeros(12, "<f4").tobytes()},
        {"weights": np.full(13, np.nan, "<f4").tobytes()},
        {"depth": 5},
        {"depth": 10**9, "parameters": 13},
        {"width": 10**9, "parameters": None},
    ],
)
def test_weights_that_are_not_those_of_their_shape_are_told(changes):
    """By hand: depth 4 has 3 * 4 + 1 = 13 weights."""
    kept = {"depth": 4, "width": 4, "parameters": 13, "weights": np.ones(13, "<f4").tobytes()}
    one = replace(SOUND, architecture="equivariant", **kept)
    shape, weights = network_of(one)
    assert (shape.parameters, weights.tolist()) == (13, [1.0] * 13)
    with pytest.raises(StudyError, match=f"key {SOUND.key}, column weights: expected .* numbers"):
        network_of(replace(one, **changes))
