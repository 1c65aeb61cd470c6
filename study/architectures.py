"""The networks that are studied, as ties: standard, equivariant and its variations.

`study.networks` has the same as Keras layers; here is what the loop trains. No Keras is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from study.symmetry import SQUARE
from study.ties import Ties, channels, combined, dense, equivariant_basis

FLOWS, COORDINATES = 4, 2

_ON_FLOWS = np.eye(FLOWS)[SQUARE.permutations]  # (8, 4, 4)
# The 0/1 matrices that commute with all eight symmetries: (3, 4, 4), for a, b and c. W is
# [[a, b, c, b], [b, a, b, c], [c, b, a, b], [b, c, b, a]].
HIDDEN_BASIS = equivariant_basis(_ON_FLOWS, _ON_FLOWS)
# W_L is d times [[1, -1, -1, 1], [-1, -1, 1, 1]]: (1, 2, 4).
OUTPUT_BASIS = equivariant_basis(SQUARE.matrices, _ON_FLOWS)
# A wrong symmetry, for a control: that of a square whose sensors 3 and 4 are mistaken for each
# other.
MISTAKEN_SENSORS = np.eye(FLOWS)[[0, 1, 3, 2]]


@dataclass(frozen=True)
class Shape:
    """What fixes a network but for its weights. An equivariant one is four times its channels wide.

    Architectures: "standard"; "equivariant"; "equivariant_wide", the same with several channels;
    "wrong_group", the same for a square whose sensors 3 and 4 are mistaken for each other.
    """

    architecture: str
    depth: int
    width: int
    activation: str

    @property
    def equivariant(self) -> bool:
        """Whether the layers are the equivariant ones."""
        return self.architecture != "standard"

    @property
    def mistaken(self) -> bool:
        """Whether the network's symmetry is the wrong one."""
        return self.architecture == "wrong_group"

    @property
    def units(self) -> Sequence[int]:
        """Units of each layer, from the flows to the position; of an equivariant one, channels."""
        if self.equivariant:
            return [1, *[self.width // FLOWS] * self.depth]
        return [FLOWS, *[self.width] * self.depth, COORDINATES]

    @property
    def weight_shapes(self) -> Sequence[tuple[int, ...]]:
        """Shapes of the weights, in the order of `keras.Model.get_weights`."""
        if self.equivariant:
            return [*((*pair, 3) for pair in pairwise(self.units)), (self.units[-1],)]
        return [shape for layer in pairwise(self.units) for shape in (layer, layer[1:])]

    @property
    def parameters(self) -> int:
        """Number of trainable scalars: 3 L + 1 for the equivariant network of depth L, width 4."""
        return sum(int(np.prod(weight)) for weight in self.weight_shapes)

    @cached_property
    def ties(self) -> Ties:
        """The network's layers as combinations of its weights, which are one flat vector."""
        if not self.equivariant:
            return dense(self.units)
        hidden = [channels(HIDDEN_BASIS, *pair) for pair in pairwise(self.units)]
        if self.mistaken:
            hidden[0] = hidden[0] @ MISTAKEN_SENSORS
        return combined([*hidden, channels(OUTPUT_BASIS, self.units[-1], 1)])


def initial_weights(shape: Shape, rng: np.random.Generator, stddev: float) -> np.ndarray:
    """Starting weights as one flat vector (parameters,), rounded to 6 decimals.

    Standard: Keras' own defaults, Glorot-uniform kernels and zero biases. Equivariant: normal with
    this standard deviation, over the root of the number of channels that a layer reads. Rounded,
    since normal numbers differ between machines in their last bit.
    """
    if shape.equivariant:
        fan_in = [np.full(np.prod(weight), weight[0]) for weight in shape.weight_shapes]
        drawn = rng.normal(0.0, stddev, shape.parameters) / np.sqrt(np.concatenate(fan_in))
        return np.round(drawn, 6)
    parts = []
    for weight in shape.weight_shapes:
        limit = np.sqrt(6.0 / sum(weight)) if len(weight) == 2 else 0.0
        parts.append(rng.uniform(-limit, limit, int(np.prod(weight))))
    return np.round(np.concatenate(parts), 6)
