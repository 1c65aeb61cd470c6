"""What may stand in an .h5 file: known layers, nothing that runs code or fills the memory."""

import json
import os
from pathlib import Path

import h5py
import pytest

from study.errors import StudyError
from study.inspection import inspect

KNOWN = {"study>Tied"}
DENSE = {"class_name": "Dense", "config": {"units": 4, "activation": "elu"}}


@pytest.fixture
def write(tmp_path):
    """Write an .h5 file with a configuration; its path."""

    def written(config, shape=(4, 2)) -> Path:
        path = tmp_path / "model.h5"
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = config if isinstance(config, str) else json.dumps(config)
            file.create_dataset("model_weights/kernel", shape, "f4")
        return path

    return written


def network(*layers):
    return {"class_name": "Functional", "config": {"name": "mine", "layers": list(layers)}}


def asked(path):
    inspect(path, KNOWN.__contains__)


def refused(path, words):
    with pytest.raises(StudyError, match=words) as told:
        asked(path)
    assert "\n" not in str(told.value)
    assert str(told.value).startswith(f"{path}: expected ")


@pytest.mark.parametrize(
    "layer",
    [
        DENSE,
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 4]}},
        {"class_name": "study>Tied", "config": {"entry": list(range(10**5))}},
        {"class_name": "Tied", "module": "study.networks", "registered_name": "study>Tied"},
        {**DENSE, "config": {"kernel_initializer": {"class_name": "Zeros", "seed": 10**12}}},
        network(DENSE),
    ],
    ids=["keras", "input", "registered", "registered in a module", "seed", "nested"],
)
def test_known_layers_may_be_loaded(write, layer):
    asked(write(network(layer, DENSE)))


HOSTILE = {
    "lambda": {"class_name": "Lambda", "config": {"function": "..."}},
    "lambda that says it is registered": {"class_name": "Lambda", "registered_name": "study>Tied"},
    "lambda in a layer": {"class_name": "Bidirectional", "config": {"l": {"class_name": "Lambda"}}},
    "pickle": {"class_name": "TorchModuleWrapper", "module": "keras.layers"},
    "other program": {"class_name": "TFSMLayer", "config": {"filepath": "/tmp/evil"}},
    "function": {"class_name": "function", "module": "builtins", "config": "eval"},
    "download": {"class_name": "get_file", "module": "keras.utils"},
    "module": {"class_name": "Popen", "module": "subprocess"},
    "own class": {"class_name": "mine>Layer"},
    "python": {"class_name": "__lambda__", "config": {"value": "..."}},
    "no name": {"class_name": 3},
    "no text": {"class_name": ["Dense"]},
}  # fmt: skip


@pytest.mark.parametrize("layer", HOSTILE.values(), ids=HOSTILE)
def test_what_could_run_code_is_refused(write, layer):
    refused(write(network(DENSE, layer)), "Keras' own layers, without Lambda and the like")


@pytest.mark.parametrize(
    "config",
    [
        {"units": 10**6},
        {"batch_shape": [10**9, 4]},
        {"target_shape": [4, 10**12]},
        {"units": 1e300},
    ],
)
def test_a_network_that_would_fill_the_memory_is_refused(write, config):
    large = {"class_name": "Dense", "config": config}
    refused(write(network(DENSE, large)), "expected a network of at most 200,000,000 weights")


def test_a_registered_layer_may_not_be_huge_either(write):
    large = {"class_name": "study>Tied", "config": {"units": 10**6}}
    refused(write(network(large)), "expected a network of at most 200,000,000 weights")


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ("{", "found none"),
        ("[]", "found none with layers"),
        ("3", "found none with layers"),
        (network(), "found none with layers"),
        ({"class_name": "Functional", "config": {"layers": 3}}, "found none with layers"),
        ("[" * 100_000, "layers in layers without end"),
        ('{"layers": [' * 20_000, "layers in layers without end"),
        (" " * 10_000_001, "10,000,001 characters"),
    ],
)
def test_a_configuration_that_is_none_is_refused(write, config, found):
    refused(write(config), found)


def test_weights_that_are_declared_and_not_there_are_refused(write):
    refused(write(network(DENSE), (10**6, 10**6)), "1,000,000,000,000 weights")


def test_an_h5_file_without_a_network_is_refused(tmp_path):
    h5py.File(tmp_path / "model.h5", "w").close()
    refused(tmp_path / "model.h5", "expected a saved network, found none")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.write_text("mfc1,mfc2")])
def test_what_is_no_h5_file_is_refused(tmp_path, make):
    make(tmp_path / "model.h5")
    refused(tmp_path / "model.h5", "found another kind of file")
    refused(tmp_path / "gone.h5", "found no such file")
