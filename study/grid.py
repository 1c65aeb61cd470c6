"""The study's design: its cells, its runs, and the preset that says how many of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

from study import space
from study.seeds import seed

ARCHITECTURES = ("standard", "equivariant")
ORACLES = ("hyperband", "random")
FACTOR = 3  # Hyperband gives the best third of the trials three times the steps


@dataclass(frozen=True)
class Cell:
    """One square of the grid: an architecture, trained on raw or augmented data, m samples."""

    architecture: str
    augmented: bool
    m: int

    @property
    def name(self) -> str:
        return f"{self.architecture}_{self.m}" + "_augmented" * self.augmented

    @property
    def model_file(self) -> str:
        return f"model_{self.name}.h5"


@dataclass(frozen=True)
class Run:
    """One training of a cell. Its seeds are hashes of these names and know nothing else.

    `number` is the draw of a draw's run, the trial of a trial's run (trials see draw 0).
    """

    cell: Cell
    kind: str  # "trial" or "draw"
    number: int
    start: int

    def seed(self, stream: str) -> int:
        """The seed of the named stream: "weights" or "order"."""
        cell = self.cell
        augmented = "augmented" if cell.augmented else "raw"
        names = (cell.architecture, augmented, cell.m, self.kind, self.number, self.start)
        return seed(stream, *names)

    def key(self, preset: Preset, checksum: str) -> str:
        """What names this run's row: the same only where its numbers must be the same."""
        protocol = [f"{name}={value}" for name, value in sorted(preset.protocol.items())]
        return f"{seed(str(self.seed('run')), checksum, *protocol):016x}"


@dataclass(frozen=True)
class Preset:
    """How large a study is. The same for each of its cells."""

    name: str
    sizes: tuple[int, ...]
    draws: int  # paired subsets beside draw 0
    starts: int  # trainings of a cell on draw 0; the best is its winner
    draw_starts: int  # trainings of a cell on each other draw; the best counts
    halvings: int  # the first trials of a cell get steps / FACTOR ** halvings
    trial_starts: int  # trainings of each trial
    oracle: str  # KerasTuner's: "hyperband" or "random"
    steps: int  # optimiser steps of one training, at most
    patience: int  # optimiser steps without a better validation error before it stops
    validation_gap: int  # optimiser steps between validations, rounded up to whole epochs

    @property
    def trials(self) -> int:
        """Trials of one cell: those of one round of KerasTuner's Hyperband, for either oracle."""
        brackets = range(self.halvings + 1)
        return sum(
            -(-(self.halvings + 1) * FACTOR ** (bracket - rung) // (bracket + 1))
            for bracket in brackets
            for rung in range(bracket + 1)
        )

    @property
    def protocol(self) -> dict[str, Any]:
        """What a run's numbers depend on besides its names and the data."""
        sizes = ("name", "sizes", "draws", "starts", "draw_starts")
        mine = {name: value for name, value in asdict(self).items() if name not in sizes}
        fixed = (FACTOR, space.EQUIVARIANT_STDDEV, space.HUBER_DELTA, space.SGD_MOMENTUM)
        return {**mine, "space": space.SPACE, "fixed": fixed}


def cells(preset: Preset) -> list[Cell]:
    """The cells of a study, those of one size together."""
    grid = product(preset.sizes, ARCHITECTURES, (False, True))
    return [Cell(architecture, augmented, m) for m, architecture, augmented in grid]


def trial_runs(preset: Preset, cell: Cell) -> list[Run]:
    numbers = product(range(preset.trials), range(preset.trial_starts))
    return [Run(cell, "trial", number, start) for number, start in numbers]


def draw_runs(preset: Preset, cell: Cell) -> list[Run]:
    """Draw 0 with all its starts, then the other draws."""

    def numbers() -> Iterator[tuple[int, int]]:
        yield from ((0, start) for start in range(preset.starts))
        yield from product(range(1, preset.draws + 1), range(preset.draw_starts))

    return [Run(cell, "draw", number, start) for number, start in numbers()]
