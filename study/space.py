"""The hyperparameters that the tuner chooses: one line each, the networks side by side.

Steps are not among them: a training keeps the weights of its best validation and stops when it
has waited in vain, within a budget of steps that the tuner deals out.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

# What is not tuned. Deep equivariant networks start too faint with Keras' usual small weights.
EQUIVARIANT_STDDEV = 0.6
HUBER_DELTA = 0.1  # in units of the position: 75 mm


@dataclass(frozen=True)
class Hyperparameter:
    """What the networks may choose from; the equivariant one from its own where it has any."""

    name: str
    standard: tuple[Any, ...]
    equivariant: tuple[Any, ...] = ()

    def of(self, architecture: str) -> tuple[Any, ...]:
        """What this architecture may choose from."""
        own = self.equivariant if architecture == "equivariant" else ()
        return own or self.standard


class Choice(Hyperparameter):
    """One value of several."""

    def describe(self, architecture: str) -> str:
        return ", ".join(map(str, self.of(architecture)))


class LogRange(Hyperparameter):
    """A number between two bounds, drawn evenly on a logarithmic scale."""

    def describe(self, architecture: str) -> str:
        low, high = self.of(architecture)
        return f"{low:g} to {high:g}, logarithmic"


# All networks get the same choices but for their size: the equivariant one is 4 wide by
# construction, so that only depth makes it larger. With more channels it is as wide as the
# standard one. Its relu dies at the start (62 % at depth 3).
SPACE: tuple[Choice | LogRange, ...] = (
    Choice("depth", (1, 2, 3), equivariant=(2, 4, 8)),
    Choice("width", (16, 32), equivariant=(4,)),
    Choice("activation", ("elu", "tanh")),
    Choice("batch_size", (16, 64)),
    Choice("optimizer", ("adam", "nadam", "sgd")),
    LogRange("learning_rate", (1e-3, 1e-1)),
    Choice("loss", ("mse", "mae", "huber")),
)


@dataclass(frozen=True)
class Hyperparameters:
    """One point of the space."""

    depth: int
    width: int
    activation: str
    batch_size: int
    optimizer: str
    learning_rate: float
    loss: str


HYPERPARAMETERS = tuple(field.name for field in fields(Hyperparameters))
