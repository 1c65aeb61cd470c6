"""The search space of an architecture: the hyperparameters that the tuner chooses from.

Steps are not among them: a training keeps the weights of its best validation, within a number of
steps that its stage has.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

# What is not tuned. Deep equivariant networks start too faint with Keras' usual small weights.
EQUIVARIANT_STDDEV = 0.6
HUBER_DELTA = 0.1  # in units of the position: 75 mm


@dataclass(frozen=True)
class Hyperparameters:
    """One point of a space."""

    depth: int  # hidden layers
    width: int  # units of each
    activation: str
    batch_size: int
    optimizer: str
    learning_rate: float
    loss: str


# What the loop knows; an architecture of Keras layers alone may have other activations.
KNOWN = {
    "activation": ("elu", "tanh"),
    "optimizer": ("nadam", "adam", "sgd"),
    "loss": ("mse", "mae", "huber"),
}
NONE = Hyperparameters(0, 0, "", 0, "", 0.0, "")  # of a baseline


@dataclass(frozen=True)
class Space:
    """The values of each hyperparameter; the learning rate lies anywhere between two bounds.

    All architectures get the same choices but for their size. An equivariant network's relu dies
    at the start (62 % at depth 3), so that neither is offered it.
    """

    depth: tuple[int, ...]
    width: tuple[int, ...]
    activation: tuple[str, ...] = ("elu", "tanh")
    batch_size: tuple[int, ...] = (16, 64)
    optimizer: tuple[str, ...] = ("adam", "nadam")
    learning_rate: tuple[float, float] = (1e-3, 1e-1)  # evenly on a logarithmic scale
    loss: tuple[str, ...] = ("mse", "mae", "huber")

    def with_values(self, values: dict[str, Any]) -> Space:
        """The space with other values of some hyperparameters."""
        return replace(self, **{name: tuple(listed) for name, listed in values.items()})


HYPERPARAMETERS = tuple(field.name for field in fields(Hyperparameters))
