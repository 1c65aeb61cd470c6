"""May the network in an .h5 file be loaded? Asked before any code of its layers could run.

Keras builds what a file's configuration names: a Lambda layer runs code from the file, others read
files or pickles, and a layer of 10^6 units is allocated before its weights are looked at. So the
configuration is read here first. It may name Keras' own layers, but for those, and classes that
this program or the user registered; and its numbers must be those of a network of some size.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py

from study.errors import StudyError, shown

CONFIG = "model_config"  # attribute of the file: JSON
MOST_TEXT = 10_000_000  # characters of that
MOST_WEIGHTS = 200_000_000  # of a network, roughly: 0.8 GB
SHAPE = 8  # dimensions, at most
# Of Keras' own: what runs code from a file or reads other files.
REFUSED = {
    *("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
    *("StringLookup", "IntegerLookup", "TextVectorization"),
}
PLACES = {  # of Keras' modules whose classes a configuration may name
    *("keras", "keras.layers", "keras.models", "keras.initializers", "keras.regularizers"),
    *("keras.constraints", "keras.activations", "keras.src.models.functional"),
    "keras.src.models.sequential",
}
TENSOR = "__keras_tensor__"
_REMEDY = "name one of the winners' .h5 files, which `make study` writes"


def inspect(path: Path, registered: Callable[[str], bool]) -> None:
    """Raise StudyError where the file holds no network, or one that may not be loaded.

    registered: whether a class of this name, such as "study>Tied", was registered with Keras.
    """
    parts = [one for one in _values(configuration(path)) if isinstance(one, dict)]
    built = [part for part in parts if "class_name" in part]
    for part in built:
        if not _may_be_built(part, registered):
            raise _refused(
                path,
                "Keras' own layers, without Lambda and the like, or registered ones, found "
                f"{_name(part)}",
                "name the module that registers it with --import, or save the network without it",
            )
    layers = sum(len(one["layers"]) for one in parts if isinstance(one.get("layers"), list))
    if not (built and layers):
        raise _refused(path, "a saved network, found none with layers", _REMEDY)
    largest = max(map(_largest, parts))
    if largest > (MOST_WEIGHTS / layers) ** 0.5:
        raise _refused(
            path,
            f"a network of at most {MOST_WEIGHTS:,} weights, found {layers} layers and the number "
            f"{largest:g} in its configuration",
            _REMEDY,
        )


def configuration(path: Path) -> Any:
    """The configuration of the network in a file, as JSON has it.

    Raises StudyError where there is none, and where it or the weights are too large to be read.
    """
    if not path.exists():
        raise _refused(path, "a saved network, found no such file", _REMEDY)
    if not (path.is_file() and h5py.is_hdf5(path)):
        raise _refused(path, "a saved network in an .h5 file, found another kind of file", _REMEDY)
    try:
        with h5py.File(path) as file:
            text, weights = str(file.attrs[CONFIG]), _weights(file)
        if len(text) > MOST_TEXT or weights > MOST_WEIGHTS:
            raise ValueError(f"{len(text):,} characters and {weights:,} weights")
        return json.loads(text)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        found = "layers in layers without end" if isinstance(error, RecursionError) else error
        raise _refused(path, f"a saved network, found none ({found})", _REMEDY) from None


def _weights(file: h5py.File) -> int:
    """How many numbers a file says that it holds: with none written, they take no room in it."""
    sizes: list[int] = []
    file.visititems(lambda _, one: sizes.append(getattr(one, "size", 0) or 0))
    return sum(sizes)


def _values(config: Any) -> Iterator[Any]:
    """Every value of a configuration, however deep it stands."""
    waiting = [config]
    while waiting:
        yield (value := waiting.pop())
        if isinstance(value, dict | list):
            waiting += value.values() if isinstance(value, dict) else value


def _largest(part: dict[str, Any]) -> float:
    """The largest number that stands in a part itself or in a short list, such as a shape, of it.

    Long lists take as much room as what is made of them. A seed is no size.
    """
    values = [value for name, value in part.items() if name != "seed"]
    values += [one for value in values if isinstance(value, list) for one in value[:SHAPE]]
    return max((abs(one) for one in values if isinstance(one, int | float)), default=0)


def _may_be_built(part: dict[str, Any], registered: Callable[[str], bool]) -> bool:
    name, place = part["class_name"], part.get("module")
    own = part.get("registered_name") or name
    if not (isinstance(name, str) and isinstance(own, str)) or name in REFUSED:
        return False
    if name == TENSOR or (registered(own) and own.split(">")[-1] == name.split(">")[-1]):
        return True
    return name.isidentifier() and name[0].isupper() and (place is None or place in PLACES)


def _name(part: dict[str, Any]) -> str:
    place = part.get("module")
    name = part.get("registered_name") or part["class_name"]
    return shown(f"{place}.{name}" if isinstance(place, str) else name)


def _refused(path: Path, expected: str, remedy: str) -> StudyError:
    return StudyError(f"{path}: expected {expected}; {remedy}")
