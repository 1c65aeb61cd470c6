"""What models are called in prose: never by their identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from study.architectures import ARCHITECTURES
from study.conditions import Model

BASELINES: Mapping[str, str] = {
    "zero": "the middle of the bag",
    "least_squares": "least squares",
    "linear_equivariant": "linear equivariant map",
    "inverse_model": "inverse model",
    "gaussian_process": "Gaussian process",
}


def architecture_label(name: str) -> str:
    """An architecture or a baseline; one that is not registered here by its name's words."""
    if name in ARCHITECTURES:
        return ARCHITECTURES[name].label
    return BASELINES.get(name, name.replace("_", " "))


def model_label(model: Model) -> str:
    """A model, such as "standard augmented", or "equivariant to a wrong symmetry, raw"."""
    name, augmented = model
    label, data = architecture_label(name), "augmented" if augmented else "raw"
    if name in BASELINES:
        return f"{label}, augmented" if augmented else label
    return f"{label}, {data}" if " " in label else f"{label} {data}"


def correction_label(corrected: bool) -> str:
    """Whether the sensor's offset was undone before training."""
    return "corrected" if corrected else "uncorrected"


def in_order(models: Iterable[Model]) -> list[Model]:
    """Each model once: architectures as they are registered, others behind; raw, augmented."""
    places = {name: place for place, name in enumerate([*ARCHITECTURES, *BASELINES])}
    return sorted(set(models), key=lambda model: (places.get(model[0], len(places)), model))
