"""TensorFlow is loaded for a Keras that trains as this study says, and for no other."""

import json

import pytest

from study.errors import StudyError
from study.quiet import quiet_tensorflow


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    return tmp_path


def refused(words):
    with pytest.raises(StudyError, match=words) as told, quiet_tensorflow():
        pass
    assert "\n" not in str(told.value)


def test_a_backend_in_the_environment_is_refused(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    refused("the environment: expected Keras' backend to be tensorflow, found 'torch'")


@pytest.mark.parametrize(
    ("name", "value"), [("backend", "jax"), ("floatx", "float16"), ("backend", 3)]
)
def test_a_configuration_of_the_user_is_refused(home, name, value):
    (home / "keras.json").write_text(json.dumps({name: value}))
    refused(f"keras.json: expected Keras' {name} to be .*, found {value!r}")


@pytest.mark.parametrize("text", ["{}", "[]", "{", '{"backend": "tensorflow", "floatx": null}'])
def test_what_keras_leaves_aside_is_left_aside(home, text):
    (home / "keras.json").write_text(text)
    with quiet_tensorflow():
        pass


def test_the_environment_counts_before_the_configuration(home, monkeypatch):
    (home / "keras.json").write_text('{"backend": "jax"}')
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with quiet_tensorflow():
        pass
