"""A sweep: every combination of a few hyperparameters, many times, as published studies do it.

The other design of this project, `study.grid`, tunes each cell; a sweep tunes nothing. Epochs are
counted over the rows of the cell here, so that an augmented training takes eight times the steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product

from study.seeds import seed

OPTIMIZER, LOSS, ACTIVATION = "nadam", "mse", "elu"
FAILED_MSE = 0.1  # a training whose training error stays above has failed


@dataclass(frozen=True)
class Sweep:
    """How large a sweep is, and how each of its networks is trained."""

    name: str
    sizes: tuple[int, ...]
    learning_rates: tuple[float, ...]
    depths: tuple[int, ...]
    standard_widths: tuple[int, ...]
    repeats: int
    batch_size: int
    epochs: int  # at most
    patience: int  # epochs without a better validation error before it stops
    equivariant_stddev: float  # of the equivariant networks' starting weights

    @property
    def models(self) -> list[tuple[str, int]]:
        """Architecture and width of each model."""
        return [("equivariant", 4), *(("standard", width) for width in self.standard_widths)]


@dataclass(frozen=True)
class SweepCell:
    """The trainings of one model and depth on one kind of data: all of one shape."""

    architecture: str
    width: int
    depth: int
    augmented: bool
    m: int

    @property
    def name(self) -> str:
        return f"{self.architecture}_{self.width}x{self.depth}_{self.m}" + "_augmented" * (
            self.augmented
        )


@dataclass(frozen=True)
class SweepRun:
    """One training. Its seeds are hashes of these names and know nothing else."""

    cell: SweepCell
    learning_rate: float
    repeat: int

    def seed(self, stream: str) -> int:
        names = (str(value) for value in asdict(self.cell).values())
        return seed(stream, "sweep", *names, f"{self.learning_rate:g}", self.repeat)

    def key(self, sweep: Sweep, checksum: str) -> str:
        """What names this run's row: the same only where its numbers must be the same."""
        recipe = (OPTIMIZER, LOSS, ACTIVATION, str(sweep.equivariant_stddev))
        protocol = (sweep.batch_size, sweep.epochs, sweep.patience, *recipe)
        return f"{seed(str(self.seed('run')), checksum, *protocol):016x}"


def sweep_cells(sweep: Sweep) -> Iterator[SweepCell]:
    """The cells, those that share a program side by side; the largest programs first."""
    for m, depth in product(sweep.sizes, sorted(sweep.depths, reverse=True)):
        for (architecture, width), augmented in product(sweep.models, (True, False)):
            yield SweepCell(architecture, width, depth, augmented, m)


def sweep_runs(sweep: Sweep, cell: SweepCell) -> list[SweepRun]:
    numbers = product(sweep.learning_rates, range(sweep.repeats))
    return [SweepRun(cell, rate, repeat) for rate, repeat in numbers]
