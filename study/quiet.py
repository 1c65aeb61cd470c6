"""TensorFlow, kept to the processor and off the screen while it is loaded, and asked for by Keras.

Keras takes its backend from the environment or from the user's keras.json. Another one would not
load, or would train otherwise than this study says.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from study.errors import StudyError, shown

WANTED = {"backend": "tensorflow", "floatx": "float32"}


@contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """Keep what TensorFlow writes to standard error while it starts, from C++, off the screen.

    Raises StudyError where the user's Keras has another backend or precision.
    """
    _check_keras()
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    for library in ("absl", "tensorflow"):
        logging.getLogger(library).setLevel(logging.ERROR)
    screen, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(screen, 2)
        os.close(screen)
        os.close(nowhere)


def keras_networks() -> Any:
    """`study.networks`, which loads TensorFlow: who needs no Keras should not wait for it."""
    with quiet_tensorflow():
        from study import networks

    return networks


def _check_keras() -> None:
    """Look at what Keras will look at: its configuration, and the backend in the environment."""
    place = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser()) / "keras.json"
    try:
        asked = json.loads(place.read_text(encoding="utf-8"))
        found = {(str(place), name): asked.get(name) or WANTED[name] for name in WANTED}
    except (OSError, ValueError, AttributeError):  # Keras leaves such a file aside, too
        found = {}
    if backend := os.environ.get("KERAS_BACKEND"):
        found = {key: one for key, one in found.items() if key[1] != "backend"}
        found["the environment", "backend"] = backend
    for (source, name), value in found.items():
        if value != WANTED[name]:
            raise StudyError(
                f"{source}: expected Keras' {name} to be {WANTED[name]}, found {shown(value)}; "
                "change it there, or set KERAS_BACKEND=tensorflow and KERAS_HOME to an empty folder"
            )
