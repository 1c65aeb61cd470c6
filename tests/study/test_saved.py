"""Saved networks without Keras: what is read, and what is refused."""

import json

import h5py
import numpy as np
import pytest

from study import saved
from study.architectures import Shape
from study.calibration import Calibration
from study.errors import StudyError
from tests.locate import made_up

ONE = Calibration(
    radii=(0.1, 0.2, 0.3), forward=(1.3, 0.7, 1.8, 0.2), noise=0.01, rows=99, source="test",
    checksum="ab",
)  # fmt: skip


def test_network_and_calibration_come_back(tmp_path):
    shape = Shape("standard", 2, 3, "tanh")
    weights = np.arange(shape.parameters, dtype=np.float32)
    path = made_up.save(tmp_path / "one.h5", ONE, shape, weights, averaged=True)
    found, calibration = saved.read(path)
    assert (found.shape, found.averaged, calibration) == (shape, True, ONE)
    np.testing.assert_array_equal(found.weights, weights)


def test_a_file_may_have_no_calibration(tmp_path):
    assert saved.read(made_up.save(tmp_path / "one.h5", None))[1] is None


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"architecture": "of my own"},
        {"depth": 10**9},
        {"width": 10**6},
        {"depth": True},
        {"depth": 0},
        {"depth": None},
        {"activation": "lambda"},
    ],
)
def test_what_is_not_of_the_registry_is_left_to_keras(told, tmp_path):
    def change(file):
        note = {} if not told else {**json.loads(file.attrs[saved.ARCHITECTURE]), **told}
        file.attrs[saved.ARCHITECTURE] = json.dumps(note)

    assert saved.read(made_up.save(tmp_path / "one.h5", ONE, change=change)) == (None, ONE)


def note(text):
    return lambda file: file.attrs.update({saved.ARCHITECTURE: text})


def weights(array):
    def change(file):
        del file["model_weights/only/theta"]
        file["model_weights/only/theta"] = array

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.pop("model_weights"),
        lambda file: file["model_weights"].attrs.update({"layer_names": ["other"]}),
        note("{"),
        note("[]"),
        note("[" * 100_000),
        note('{"architecture": [1]}'),
        weights(np.zeros(5, np.float32)),
        weights(np.zeros(4, "S1000")),
        weights(np.zeros(4, np.float64)),
    ],
)
def test_what_is_no_network_is_told(change, tmp_path):
    path = made_up.save(tmp_path / "one.h5", ONE, change=change)
    with pytest.raises(StudyError, match=r"expected the weights of the network that it says"):
        saved.read(path)


def test_a_huge_array_is_not_read(tmp_path):
    def change(file):
        del file["model_weights/only/theta"]
        file["model_weights/only"].create_dataset("theta", (10**12,), "f4", chunks=True)

    path = made_up.save(tmp_path / "one.h5", ONE, change=change)
    with pytest.raises(StudyError, match="1,000,000,000,000 weights"):
        saved.read(path)


def test_other_files_are_told(tmp_path):
    (tmp_path / "text.h5").write_text("no network")
    with pytest.raises(StudyError, match=r"text\.h5: .* found another kind of file"):
        saved.read(tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w"):
        pass
    with pytest.raises(StudyError, match=r"other\.h5: expected a saved network, found none"):
        saved.read(tmp_path / "other.h5")
    with pytest.raises(StudyError, match="found no such file"):
        saved.read(tmp_path / "nowhere.h5")
