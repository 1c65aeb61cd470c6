"""Saved networks: they answer as they did, and what is no network is told."""

import keras
import numpy as np
import pytest

from bench import saved
from study import networks
from study.architectures import Shape
from study.errors import StudyError
from study.simulate import simulate


@pytest.mark.parametrize("architecture", ["standard", "equivariant"])
def test_a_network_answers_as_it_did(architecture, tmp_path):
    shape = Shape(architecture, depth=2, width=4, activation="elu")
    flat = shape.start(np.random.default_rng(1), 0.5)
    model = networks.with_weights(shape, flat)
    networks.save(model, tmp_path / "model.h5")
    network = saved.load(tmp_path / "model.h5")
    for rows in (1, 3, 100):
        X = simulate(rows, np.random.default_rng(rows)).X
        found = network(X)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, model(X.astype("float32")), rtol=1e-5, atol=1e-6)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StudyError, match=r"model.h5: expected a saved network, found no such file"):
        saved.check(tmp_path / "model.h5")


def test_a_file_of_another_kind_is_told(tmp_path):
    path = tmp_path / "model.h5"
    path.write_text("mfc1,mfc2,mfc3,mfc4\n")
    with pytest.raises(StudyError, match=r"in an .h5 file, found another kind of file"):
        saved.check(path)


def test_an_h5_file_without_a_network_is_told(tmp_path):
    import h5py

    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file["flows"] = np.zeros(4)
    saved.check(path)
    with pytest.raises(
        StudyError, match=r"found one that does not load .*; train it again"
    ) as told:
        saved.load(path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 2), (4, 3)])
def test_a_network_of_other_shapes_is_told(inputs, outputs, tmp_path):
    path = tmp_path / "model.h5"
    model = keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(outputs)])
    networks.save(model, path)
    with pytest.raises(StudyError, match=rf"found shapes \(None, {inputs}\) and \(None, {outputs}"):
        saved.load(path)
