"""The architectures that are studied, one entry of a registry each. No Keras is loaded.

An entry says how a network of a given depth and width is made of its weights: as *ties*, which the
loop trains, or as a Keras model, which Keras trains. What else a study needs to know of it stands
beside: its search space, its label and colour, and what it is compared with. To add one, register
it here or in a module of your own that is imported before the study begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from study.bag import SQUARE
from study.errors import StudyError
from study.records import Record
from study.space import Space
from study.ties import Ties, channels, combined, dense, equivariant_basis

FLOWS, COORDINATES = SQUARE.flows, 2

_ON_FLOWS = np.eye(FLOWS)[SQUARE.group.permutations]  # (8, 4, 4)
# The 0/1 matrices that commute with all eight symmetries: (3, 4, 4), for a, b and c. W is
# [[a, b, c, b], [b, a, b, c], [c, b, a, b], [b, c, b, a]].
HIDDEN_BASIS = equivariant_basis(_ON_FLOWS, _ON_FLOWS)
# W_L is d times [[1, -1, -1, 1], [-1, -1, 1, 1]]: (1, 2, 4).
OUTPUT_BASIS = equivariant_basis(SQUARE.group.matrices, _ON_FLOWS)
# A wrong symmetry, for a control: that of a square whose sensors 3 and 4 are mistaken for each
# other.
MISTAKEN_SENSORS = np.eye(FLOWS)[[0, 1, 3, 2]]

Start = Callable[["Shape", np.random.Generator, float], np.ndarray]


@dataclass(frozen=True)
class Architecture:
    """One kind of network.

    ties: depth and width -> the layers, or None where only Keras trains it. keras: the function,
    as "module:name", that makes a Keras model of a `Shape`, whose weights in the order of
    `get_weights` are the parameters of the ties. symmetric: whether every such network is
    equivariant, whatever its weights. start: starting weights of a shape, from a random
    generator and the standard deviation that equivariant weights have.
    """

    name: str
    label: str  # in prose
    colour: str  # in figures
    space: Space
    ties: Callable[[int, int], Ties] | None
    start: Start
    keras: str = "study.networks:tied"
    symmetric: bool = False
    compared_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shape:
    """What fixes a network but for its weights."""

    architecture: str
    depth: int  # hidden layers
    width: int  # units of each
    activation: str

    @cached_property
    def ties(self) -> Ties:
        """The network's layers as combinations of its weights, which are one flat vector."""
        ties = architecture(self.architecture).ties
        if ties is None:
            raise ValueError(f"architecture {self.architecture} has no ties: Keras trains it")
        return ties(self.depth, self.width)

    @property
    def parameters(self) -> int:
        """Number of trainable scalars: 3 L + 1 for the equivariant network of depth L, width 4."""
        return self.ties.parameters

    def start(self, rng: np.random.Generator, stddev: float) -> np.ndarray:
        """Starting weights as one flat vector (parameters,), rounded to 6 decimals.

        Rounded, since normal numbers differ between machines in their last bit.
        """
        return np.round(architecture(self.architecture).start(self, rng, stddev), 6)


def glorot_uniform(shape: Shape, rng: np.random.Generator, stddev: float) -> np.ndarray:
    """Keras' own defaults for dense layers: uniform kernels (Glorot and Bengio 2010), no biases."""
    parts = []
    for I, J in pairwise(shape.ties.sizes):
        limit = np.sqrt(6.0 / (I + J))
        parts += [rng.uniform(-limit, limit, I * J), np.zeros(J)]
    return np.concatenate(parts)


def scaled_normal(shape: Shape, rng: np.random.Generator, stddev: float) -> np.ndarray:
    """Normal weights whose deviation falls with the root of the number of channels they read.

    A channel has as many units as there are flows; the first layer reads one.
    """
    ties = shape.ties
    inputs, first = np.ones(ties.parameters), 0  # a bias stands alone
    for I, J in pairwise(ties.sizes):
        in_layer = (ties.entry >= first) & (ties.entry < first + I * J)
        inputs[ties.parameter[in_layer]] = max(1, I // ties.sizes[0])
        first += I * J
    return rng.normal(0.0, stddev, ties.parameters) / np.sqrt(inputs)


def _standard(depth: int, width: int) -> Ties:
    return dense([FLOWS, *[width] * depth, COORDINATES])


def _equivariant(depth: int, width: int) -> Ties:
    return combined(_equivariant_layers(depth, width))


def _mistaken(depth: int, width: int) -> Ties:
    first, *others = _equivariant_layers(depth, width)
    return combined([first @ MISTAKEN_SENSORS, *others])


def _equivariant_layers(depth: int, width: int) -> list[np.ndarray]:
    """The basis of each layer; a network of several channels has a basis for each pair of them."""
    if width % FLOWS:
        raise StudyError(
            f"equivariant network: expected a width that is a multiple of {FLOWS}, found {width}; "
            "correct it in the space"
        )
    units = [1, *[width // FLOWS] * depth]
    hidden = [channels(HIDDEN_BASIS, *pair) for pair in pairwise(units)]
    return [*hidden, channels(OUTPUT_BASIS, units[-1], 1)]


def network_of(record: Record) -> tuple[Shape, np.ndarray]:
    """The shape and the weights (parameters,) that a record keeps. Raises StudyError for no such.

    What only Keras knows has as many weights as Keras says.
    """
    shape = Shape(record.architecture, record.depth, record.width, record.activation)
    weights = np.frombuffer(record.weights or b"", "<f4")
    wanted = max(shape.depth, shape.width, record.parameters or 0)  # each has a weight at least
    if wanted <= len(weights) and architecture(shape.architecture).ties:
        wanted = shape.parameters  # which may take all memory where these are untrue
    if len(weights) != wanted or not np.isfinite(weights).all():
        raise StudyError(
            f"table records, key {record.key}, column weights: expected {wanted} numbers, found "
            f"{len(weights)} or some that are none; delete the row to have it made anew"
        )
    return shape, weights


ARCHITECTURES: dict[str, Architecture] = {}


def register(entry: Architecture) -> Architecture:
    """Add an architecture to the registry, in place of one of its name.

    Records are found by the name: another architecture needs another one.
    """
    ARCHITECTURES[entry.name] = entry
    return entry


def architecture(name: str) -> Architecture:
    """The architecture of this name. Raises StudyError where there is none."""
    if name not in ARCHITECTURES:
        raise StudyError(
            f"architecture {name}: expected one of {', '.join(sorted(ARCHITECTURES))}, found none "
            "of these; correct the name, or register it in study/architectures.py"
        )
    return ARCHITECTURES[name]


def is_symmetric(name: str) -> bool:
    """Whether all networks of an architecture are equivariant; not where none has this name."""
    return name in ARCHITECTURES and ARCHITECTURES[name].symmetric


register(
    Architecture(
        name="standard",
        label="standard",
        colour="#0072b2",
        space=Space(depth=(2, 3, 4, 5), width=(16, 32)),
        ties=_standard,
        start=glorot_uniform,
        keras="study.networks:standard",
    )
)
# 4 units wide by construction, so that only depth makes it larger.
register(
    Architecture(
        name="equivariant",
        label="equivariant",
        colour="#c05500",
        space=Space(depth=(4, 8, 12), width=(4,)),
        ties=_equivariant,
        start=scaled_normal,
        keras="study.networks:equivariant",
        symmetric=True,
        compared_with=("standard",),
    )
)
register(
    Architecture(
        name="equivariant_wide",
        label="equivariant with several channels",
        colour="#a8508c",
        space=Space(depth=(2, 3, 4, 5), width=(16, 32)),
        ties=_equivariant,
        start=scaled_normal,
        keras="study.networks:equivariant",
        symmetric=True,
        compared_with=("equivariant",),
    )
)
register(
    Architecture(
        name="wrong_group",
        label="equivariant to a wrong symmetry",
        colour="#6e6e6e",
        space=Space(depth=(4, 8, 12), width=(4,)),
        ties=_mistaken,
        start=scaled_normal,
        keras="study.networks:mistaken",
        compared_with=("equivariant",),
    )
)
