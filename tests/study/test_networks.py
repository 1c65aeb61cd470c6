"""Keras networks: W and W_L to the letter, equivariance, weights and saved files."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from study import networks
from study.architectures import ARCHITECTURES as REGISTRY
from study.architectures import OUTPUT_BASIS, Shape
from study.bag import SQUARE
from study.errors import StudyError
from study.networks import EquivariantHidden, EquivariantOutput, Tied
from study.space import EQUIVARIANT_STDDEV

ROOT = Path(__file__).parents[2]
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
NONTRIVIAL = 0.05  # outputs that spread less, compared to 1, say nothing

dtypes = pytest.mark.parametrize("dtype", TOLERANCE)
activations = pytest.mark.parametrize("activation", ["elu", "tanh"])
depths = pytest.mark.parametrize("depth", [1, 2, 8])


ARCHITECTURES = ("standard", "equivariant", "equivariant_wide", "wrong_group")


def shape(architecture: str, depth: int = 2, width: int = 16, activation: str = "elu") -> Shape:
    narrow = architecture in ("equivariant", "wrong_group")
    return Shape(architecture, depth, 4 if narrow else width, activation)


by_architecture = pytest.mark.parametrize(
    "network", [shape(name) for name in ARCHITECTURES], ids=lambda network: network.architecture
)


def flows(n: int = 50, dtype: str = "float32") -> np.ndarray:
    """Normalised flows (n, 4)."""
    return np.random.default_rng(1).dirichlet([4, 4, 4, 4], n).astype(dtype)


def weights(network: Shape, seed: int = 1) -> np.ndarray:
    return network.start(np.random.default_rng(seed), 0.6)


# The square's symmetries, told by what they do with the sensors.
SYMMETRIES = {
    f"sensors {' '.join(str(1 + k) for k in permutation)}": (permutation, matrix)
    for permutation, matrix in zip(SQUARE.group.permutations, SQUARE.group.matrices, strict=True)
}


def on_positions(symmetry, Y):
    return Y @ symmetry[1].T.astype(Y.dtype)


def on_flows(symmetry, X):
    return X[..., symmetry[0]]


def assert_equivariant(function, X, act=on_positions):
    """Assert f(gx) = g f(x) for all eight symmetries, within what the dtype of X allows.

    A function whose outputs do not depend on X, dead ones among them, is rejected too. `act`
    moves the outputs: positions, or flows where the function is a hidden layer.
    """
    __tracebackhide__ = True
    out = np.asarray(function(X))
    size = np.abs(out).max()
    if not out.std(axis=0).min() > NONTRIVIAL * size:
        pytest.fail(f"the outputs, at most {size:.3g}, do not depend on the flows: a dead function")
    errors = {
        name: np.abs(np.asarray(function(on_flows(symmetry, X))) - act(symmetry, out)).max()
        for name, symmetry in SYMMETRIES.items()
    }
    tolerance = TOLERANCE[str(X.dtype)] * max(1, size)
    if not max(errors.values()) <= tolerance:
        lines = [f"{name:20} {error:.1e}" for name, error in errors.items()]
        pytest.fail("\n".join([f"|f(gx) - g f(x)| should be at most {tolerance:.0e}:", *lines]))


# W and W_L


def test_the_hidden_kernel_is_the_printed_matrix():
    a, b, c = 2, 3, 5
    kernel = networks.hidden_kernel(np.array([[[a, b, c]]], float))
    assert_array_equal(kernel, [[a, b, c, b], [b, a, b, c], [c, b, a, b], [b, c, b, a]])


def test_the_hidden_kernel_has_a_block_for_each_pair_of_channels():
    abc = np.arange(2 * 3 * 3, dtype=float).reshape(2, 3, 3)  # from 2 channels to 3
    kernel = np.asarray(networks.hidden_kernel(abc))
    assert kernel.shape == (8, 12)
    for i, j in np.ndindex(2, 3):
        a, b, c = abc[i, j]
        block = kernel[4 * i : 4 * i + 4, 4 * j : 4 * j + 4]
        assert_array_equal(block, [[a, b, c, b], [b, a, b, c], [c, b, a, b], [b, c, b, a]])


def test_the_output_kernel_has_a_block_for_each_channel():
    kernel = np.asarray(networks.output_kernel(np.array([7.0, 2.0])))
    one = np.array([[1, -1, -1, 1], [-1, -1, 1, 1]]).T
    assert_array_equal(kernel, np.concatenate([7 * one, 2 * one]))


def test_the_output_kernel_is_the_printed_matrix_transposed():
    d = 7
    kernel = networks.output_kernel(np.array([d], float))
    assert_array_equal(np.transpose(kernel), [[d, -d, -d, d], [-d, -d, d, d]])


def test_the_kernels_of_many_networks_stand_apart():
    abc = np.random.default_rng(1).normal(size=(5, 2, 3, 3))
    assert_array_equal(networks.hidden_kernel(abc), [networks.hidden_kernel(one) for one in abc])
    d = abc[:, 0, 0]
    assert_array_equal(networks.output_kernel(d), [networks.output_kernel(one) for one in d])


@pytest.mark.parametrize("activation", ["linear", "elu", "tanh"])
def test_the_layers_multiply_by_the_printed_matrices(activation):
    x, (a, b, c, d) = np.array([0.1, 0.4, 0.3, 0.2]), (0.5, -0.25, 2.0, 3.0)
    hidden = EquivariantHidden(activation, dtype="float64")
    output = EquivariantOutput(dtype="float64")
    hidden.build((None, 4))
    output.build((None, 4))
    hidden.set_weights([np.array([[[a, b, c]]])])
    output.set_weights([np.array([d])])
    W = np.array([[a, b, c, b], [b, a, b, c], [c, b, a, b], [b, c, b, a]])
    W_L = np.array([[d, -d, -d, d], [-d, -d, d, d]])
    elu = np.where(W @ x > 0, W @ x, np.expm1(W @ x))
    expected = {"linear": W @ x, "elu": elu, "tanh": np.tanh(W @ x)}[activation]
    assert_allclose(hidden(x[None]), expected[None], rtol=1e-15)
    assert_allclose(output(x[None]), (W_L @ x)[None], rtol=1e-15)


@pytest.mark.parametrize("depth", [1, 2, 3, 8])
def test_an_equivariant_network_of_depth_l_has_3_l_plus_1_parameters(depth):
    network = shape("equivariant", depth)
    assert network.parameters == 3 * depth + 1
    assert networks.build(network).count_params() == network.parameters


@pytest.mark.parametrize(
    ("depth", "width", "parameters"), [(1, 16, 114), (2, 16, 386), (3, 32, 2338)]
)
def test_a_standard_network_has_all_kernels_and_biases(depth, width, parameters):
    network = shape("standard", depth, width)
    assert network.parameters == parameters
    assert networks.build(network).count_params() == parameters


# All eight symmetries


@dtypes
@pytest.mark.parametrize("activation", ["linear", "elu", "tanh", "relu"])
def test_the_hidden_layer_moves_its_output_as_its_input(activation, dtype):
    keras.utils.set_random_seed(1)
    layer = EquivariantHidden(activation, dtype=dtype)
    layer.build((None, 4))
    layer.set_weights([np.array([[[1.5, -0.4, 0.3]]])])
    assert_equivariant(layer, flows(dtype=dtype), act=on_flows)


@dtypes
def test_the_output_layer_turns_and_flips_with_its_input(dtype):
    keras.utils.set_random_seed(1)
    assert_equivariant(EquivariantOutput(dtype=dtype), flows(dtype=dtype))


@dtypes
@activations
@depths
def test_the_equivariant_network_is_equivariant(depth, activation, dtype):
    network = shape("equivariant", depth, activation=activation)
    model = networks.with_weights(network, weights(network), dtype)
    assert_equivariant(model, flows(dtype=dtype))


@dtypes
@activations
@pytest.mark.parametrize("width", [8, 32])
def test_the_wide_network_is_equivariant(width, activation, dtype):
    network = shape("equivariant_wide", 3, width, activation)
    model = networks.with_weights(network, weights(network), dtype)
    assert_equivariant(model, flows(dtype=dtype))


@dtypes
def test_any_network_averaged_over_the_symmetries_is_equivariant(dtype):
    for architecture in ("standard", "wrong_group"):
        network = shape(architecture)
        model = networks.with_weights(network, weights(network), dtype)
        assert_equivariant(networks.orbit_average(model), flows(dtype=dtype))


def test_the_orbit_average_is_the_mean_of_the_answers_moved_back():
    network, X = shape("standard"), flows(dtype="float64")
    model = networks.with_weights(network, weights(network), "float64")
    back = [
        np.linalg.solve(symmetry[1], model(on_flows(symmetry, X)).numpy().T).T
        for symmetry in SYMMETRIES.values()
    ]
    averaged = networks.orbit_average(model)
    assert_allclose(averaged(X), np.mean(back, axis=0), rtol=1e-12, atol=1e-15)
    assert averaged.count_params() == model.count_params()


def test_with_one_channel_the_wide_network_is_the_narrow_one_to_the_bit():
    narrow, wide = shape("equivariant", 3), shape("equivariant_wide", 3, width=4)
    assert weights(wide).tobytes() == weights(narrow).tobytes()
    models = [networks.with_weights(network, weights(narrow)) for network in (narrow, wide)]
    first, second = (model(flows()).numpy() for model in models)
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize(("depth", "width", "parameters"), [(1, 16, 16), (2, 16, 64), (3, 32, 416)])
def test_a_wide_network_has_three_weights_for_each_pair_of_channels(depth, width, parameters):
    """By hand: 3 C + 3 C^2 (L - 1) + C with C = width / 4."""
    network = shape("equivariant_wide", depth, width)
    assert network.parameters == parameters
    assert networks.build(network).count_params() == parameters


def test_the_wrong_group_is_the_equivariant_network_with_sensors_3_and_4_mistaken():
    wrong, right = shape("wrong_group", 3), shape("equivariant", 3)
    assert wrong.parameters == right.parameters
    flat = weights(right)
    swapped = networks.with_weights(right, flat)(flows()[:, [0, 1, 3, 2]])
    assert_array_equal(networks.with_weights(wrong, flat)(flows()), swapped)


@dtypes
@pytest.mark.parametrize("architecture", ["standard", "wrong_group"])
def test_a_network_without_the_symmetry_is_rejected(architecture, dtype):
    network = shape(architecture)
    model = networks.with_weights(network, weights(network), dtype)
    with pytest.raises(
        pytest.fail.Exception, match=r"(?s)sensors 1 2 3 4 +0\.0e\+00.*sensors 4 1 2 3"
    ):
        assert_equivariant(model, flows(dtype=dtype))


@dtypes
def test_an_equivariant_network_with_two_sensors_swapped_is_rejected(dtype):
    network = shape("equivariant")
    model = networks.with_weights(network, weights(network), dtype)
    with pytest.raises(pytest.fail.Exception, match="should be at most"):
        assert_equivariant(lambda X: model(X[:, [1, 0, 2, 3]]), flows(dtype=dtype))


@pytest.mark.parametrize("scale", [[1, 1], [-1, 1], [1, 0.9]])
def test_a_function_that_misses_some_of_the_symmetries_is_rejected(scale):
    """The sensors' centre of gravity, one coordinate mirrored or squeezed."""

    def function(X):
        return X @ -OUTPUT_BASIS[0].T.astype(X.dtype) * np.array(scale, X.dtype)

    if scale == [1, 1]:
        assert_equivariant(function, flows())
    else:
        with pytest.raises(pytest.fail.Exception, match="should be at most"):
            assert_equivariant(function, flows())


@dtypes
def test_a_dead_network_is_rejected(dtype):
    network = shape("equivariant", 3, activation="relu")
    model = networks.with_weights(network, -np.abs(weights(network)), dtype)
    with pytest.raises(pytest.fail.Exception, match="dead"):
        assert_equivariant(model, flows(dtype=dtype))


def test_a_network_whose_weights_start_equal_is_rejected():
    """a = b = c: the trap of an initializer that is shared."""
    network = shape("equivariant", 2)
    model = networks.with_weights(network, np.full(network.parameters, 0.5))
    with pytest.raises(pytest.fail.Exception, match="dead"):
        assert_equivariant(model, flows())


# Weights


@by_architecture
def test_split_keeps_the_order_of_the_keras_weights(network):
    flat = np.arange(network.parameters, dtype=float)
    like = networks.build(network).get_weights()
    parts = networks.split(flat, like)
    assert [part.shape for part in parts] == [array.shape for array in like]
    assert {part.dtype for part in parts} == {np.dtype("float32")}
    assert_array_equal(np.concatenate([np.ravel(part) for part in parts]), flat)
    kept = networks.with_weights(network, flat).get_weights()
    assert_array_equal(np.concatenate([np.ravel(part) for part in kept]), flat)


@pytest.mark.parametrize(
    ("network", "shapes"),
    [
        (shape("standard", 2), [(4, 16), (16,), (16, 16), (16,), (16, 2), (2,)]),
        (shape("equivariant", 2), [(1, 1, 3), (1, 1, 3), (1,)]),
        (shape("equivariant_wide", 2), [(1, 4, 3), (4, 4, 3), (4,)]),
        (shape("wrong_group", 2), [(1, 1, 3), (1, 1, 3), (1,)]),
    ],
    ids=lambda value: getattr(value, "architecture", ""),
)
def test_the_weights_of_a_keras_model_by_hand(network, shapes):
    assert [weight.shape for weight in networks.build(network).get_weights()] == shapes


def test_every_entry_of_the_registry_is_tested_here():
    assert set(ARCHITECTURES) == set(REGISTRY)


@pytest.mark.parametrize("name", [name for name, entry in REGISTRY.items() if entry.symmetric])
def test_what_the_registry_calls_symmetric_is_equivariant_and_no_other_is(name):
    for network in (shape(name, 3), shape(name, 2, activation="tanh")):
        assert_equivariant(networks.with_weights(network, weights(network)), flows())


def test_a_model_has_the_name_of_its_architecture_or_another():
    network = shape("equivariant")
    assert networks.build(network).name == "equivariant"
    assert networks.with_weights(network, weights(network), name="mine").name == "mine"


# Tied layers


def test_a_tied_layer_by_hand():
    """x -> tanh(W x + b) with W = [[p, 2 p + q, 0], [q, 0, -p]] and b = (r, none)."""
    p, q, r = 0.5, -0.25, 2.0
    layer = Tied(
        units=2,
        entry=[0, 1, 1, 3, 5],
        parameter=[0, 0, 1, 1, 0],
        coefficient=[1, 2, 1, 1, -1],
        bias=[2, -1],
        activation="tanh",
        dtype="float64",
    )
    x = np.array([[0.1, 0.4, 0.3], [0.0, -1.0, 2.0]])
    layer.build((None, 3))
    assert_array_equal(layer(x), np.zeros((2, 2)))
    layer.set_weights([np.array([p, q, r])])
    W, b = np.array([[p, 2 * p + q, 0], [q, 0, -p]]), np.array([r, 0])
    assert_allclose(layer(x), np.tanh(x @ W.T + b), rtol=1e-15)


def test_a_tied_layer_comes_back_from_its_configuration():
    layer = Tied(2, [0, 3], [0, 1], [1.0, -0.5], [-1, 2], "elu", name="mine")
    again = Tied.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert (again.units, again.bias, again.name) == (2, [-1, 2], "mine")


@dtypes
@by_architecture
def test_tied_layers_are_the_dense_reference(network, dtype, monkeypatch):
    """The matrices and biases of the ties, multiplied in NumPy."""
    entry = dataclasses.replace(REGISTRY[network.architecture], keras="study.networks:tied")
    monkeypatch.setitem(REGISTRY, network.architecture, entry)
    theta = np.random.default_rng(3).normal(0, 0.5, network.parameters)
    h, unit = flows(dtype="float64"), 0
    for number, W in enumerate(network.ties.matrices(theta)):
        bias = network.ties.bias[unit : unit + len(W)]
        z = h @ W.T + np.where(bias < 0, 0, theta[bias])
        h = np.where(z > 0, z, np.expm1(z)) if number < network.depth else z
        unit += len(W)
    found = networks.with_weights(network, theta, dtype)(flows(dtype=dtype)).numpy()
    assert found.dtype == dtype
    assert_allclose(found, h, rtol=0, atol=TOLERANCE[dtype])


# Starting weights


@by_architecture
def test_starting_weights_come_from_their_seed(network):
    assert weights(network, 1).tobytes() == weights(network, 1).tobytes()
    assert not np.any((weights(network, 1) == weights(network, 2)) & (weights(network, 1) != 0))
    assert weights(network).shape == (network.parameters,)


def test_standard_weights_start_as_keras_starts_them():
    network = shape("standard", 2, 400)
    parts = networks.split(weights(network), networks.build(network).get_weights())
    for kernel, bias in zip(parts[0::2], parts[1::2], strict=True):
        limit = np.sqrt(6 / sum(kernel.shape))
        assert 0.99 * limit < np.abs(kernel).max() <= limit
        assert_allclose(np.std(kernel), limit / np.sqrt(3), rtol=0.05)
        assert_allclose(np.mean(kernel), 0, atol=0.1 * limit)
        assert_array_equal(bias, np.zeros(len(bias)))
    dense = keras.layers.Dense(3)
    assert isinstance(dense.kernel_initializer, keras.initializers.GlorotUniform)
    assert isinstance(dense.bias_initializer, keras.initializers.Zeros)


def test_equivariant_weights_start_normal_with_the_given_deviation():
    network = shape("equivariant", 1000)
    for stddev in (0.2, 0.6):
        flat = network.start(np.random.default_rng(1), stddev)
        assert_allclose(flat.std(), stddev, rtol=0.05)
        assert_allclose(flat.mean(), 0, atol=0.05)
        assert np.mean(np.abs(flat) < stddev) == pytest.approx(0.683, abs=0.03)


def test_no_two_weights_of_an_equivariant_network_start_equal():
    network = shape("equivariant", 8)
    keras.utils.set_random_seed(1)
    built = np.concatenate([np.ravel(part) for part in networks.build(network).get_weights()])
    for flat in (built, weights(network)):
        assert len(np.unique(flat)) == network.parameters


def test_the_keras_network_starts_with_the_documented_deviation():
    keras.utils.set_random_seed(1)
    *hidden, _ = networks.build(shape("equivariant", 60)).get_weights()
    assert_allclose(np.std(hidden), EQUIVARIANT_STDDEV, rtol=0.15)
    *hidden, _ = networks.build(shape("equivariant_wide", 6, width=36)).get_weights()
    assert_allclose(np.std(np.stack(hidden[1:])), EQUIVARIANT_STDDEV / 3, rtol=0.1)
    network = shape("equivariant_wide", 6, width=36)
    *hidden, _ = networks.split(weights(network), networks.build(network).get_weights())
    assert_allclose(np.std(np.stack(hidden[1:])), 0.6 / 3, rtol=0.1)


# Saved files


LOAD = """
import sys
import keras, numpy as np
import study.networks
X = np.load("flows.npy")
np.savez("loaded.npz", **{
    name: keras.models.load_model(f"{name}.h5")(X) for name in sys.argv[1:]
})
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    """A folder with all networks as .h5, and their predictions in a process that loads them."""
    folder = tmp_path_factory.mktemp("models")
    np.save(folder / "flows.npy", flows())
    for architecture in ARCHITECTURES:
        network = shape(architecture)
        model = networks.with_weights(network, weights(network))
        networks.save(model, folder / f"{architecture}.h5")
        networks.save(networks.orbit_average(model), folder / f"{architecture}_orbit_average.h5")
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{LOAD}"
    names = [path.stem for path in folder.glob("*.h5")]
    fresh = subprocess.run(
        [sys.executable, "-c", program, *names],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert fresh.returncode == 0, fresh.stderr
    return folder


@by_architecture
def test_saved_networks_predict_the_same_to_the_bit_in_a_fresh_process(saved, network):
    model = networks.with_weights(network, weights(network))
    loaded = np.load(saved / "loaded.npz")[network.architecture]
    assert loaded.dtype == np.float32
    assert loaded.tobytes() == model(flows()).numpy().tobytes()
    averaged = np.load(saved / "loaded.npz")[f"{network.architecture}_orbit_average"]
    assert averaged.tobytes() == networks.orbit_average(model)(flows()).numpy().tobytes()


@by_architecture
def test_saved_networks_keep_their_activation_and_weights(saved, network):
    loaded = keras.models.load_model(saved / f"{network.architecture}.h5")
    assert loaded.name == network.architecture
    hidden = [layer for layer in loaded.layers[1:-1] if hasattr(layer, "activation")]
    assert len(hidden) == network.depth
    assert {layer.activation for layer in hidden} <= {"elu", keras.activations.elu}
    flat = np.concatenate([np.ravel(weight) for weight in loaded.get_weights()])
    assert_array_equal(flat, weights(network).astype("float32"))


def test_saving_leaves_nothing_else_behind(tmp_path):
    network = shape("equivariant")
    model = networks.with_weights(network, weights(network))
    networks.save(model, tmp_path / "new" / "folder" / "model.h5")
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["model.h5"]


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    network = shape("equivariant")
    path = tmp_path / "model.h5"
    networks.save(networks.with_weights(network, weights(network, 1)), path)
    before = path.read_bytes()

    def fail(model, file):
        raise OSError("no space left on device")

    monkeypatch.setattr(networks, "save_model_to_hdf5", fail)
    with pytest.raises(OSError, match="no space left"):
        networks.save(networks.with_weights(network, weights(network, 2)), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def assert_not_loaded(path: Path, words: str) -> None:
    with pytest.raises(StudyError, match=words) as told:
        networks.load(path)
    assert "\n" not in str(told.value)


def saved_by_keras(path: Path, outputs: object, inputs: object) -> Path:
    keras.Model(inputs, outputs).save(path)
    return path


@pytest.mark.parametrize(("inputs", "units"), [(3, 2), (4, 3)])
def test_a_network_of_other_shapes_is_not_loaded(inputs, units, tmp_path):
    x = keras.Input((inputs,))
    path = saved_by_keras(tmp_path / "model.h5", keras.layers.Dense(units)(x), x)
    words = rf"found shapes \(None, {inputs}\) and \(None, {units}\); name one of the winners"
    assert_not_loaded(path, words)


def test_a_network_with_a_dictionary_as_its_output_is_not_loaded(tmp_path):
    x = keras.Input((4,))
    outputs = {"position": keras.layers.Dense(2)(x)}
    assert_not_loaded(saved_by_keras(tmp_path / "model.h5", outputs, x), "expected a network")


def test_a_lambda_is_refused_before_it_runs(tmp_path):
    x = keras.Input((4,))
    outputs = keras.layers.Dense(2)(keras.layers.Lambda(lambda flows: flows)(x))
    assert_not_loaded(saved_by_keras(tmp_path / "model.h5", outputs, x), "found 'Lambda'")


def test_a_file_of_keras_2_is_loaded(tmp_path):
    """Its input layer has a `batch_input_shape`."""
    path = tmp_path / "model.h5"
    network = shape("standard", depth=1)
    networks.save(networks.with_weights(network, weights(network)), path)
    with h5py.File(path, "r+") as file:
        config = file.attrs["model_config"].replace('"batch_shape"', '"batch_input_shape"')
        file.attrs["model_config"] = config.replace(', "optional": false', "")
        file.attrs["keras_version"] = "2.4.0"
    assert_array_equal(
        networks.load(path).get_weights()[0],
        networks.with_weights(network, weights(network)).get_weights()[0],
    )


def test_a_configuration_that_keras_cannot_read_is_told_in_one_line(tmp_path):
    path = tmp_path / "model.h5"
    network = shape("standard", depth=1)
    networks.save(networks.with_weights(network, weights(network)), path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace('"units"', '"unit"')
    assert_not_loaded(path, "found one that does not load")


def test_weights_that_do_not_fit_are_told(tmp_path):
    path = tmp_path / "model.h5"
    network = shape("equivariant")
    networks.save(networks.with_weights(network, weights(network)), path)
    with h5py.File(path, "r+") as file:
        stored = file["model_weights"]
        del stored[next(name for name in stored if "hidden" in name)]
    assert_not_loaded(path, "found one that does not load")
