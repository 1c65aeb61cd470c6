"""The study's design: its cells, its runs, and the presets that say how many of each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any

from study.errors import StudyError
from study.seeds import seed

ARCHITECTURES = ("standard", "equivariant")
ORACLES = ("hyperband", "random")
FACTOR = 3  # Hyperband gives the best third of the trials three times the steps
PRESETS = Path(__file__).parent / "presets"


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
        return {name: value for name, value in asdict(self).items() if name not in sizes}


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


def load_preset(name: str) -> Preset:
    """The preset of this name, or of the TOML file at this path.

    Raises StudyError for a name or a file that is not there and for a value out of place.
    """
    path = Path(name) if name.endswith(".toml") else PRESETS / f"{name}.toml"
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError:
        known = ", ".join(sorted(preset.stem for preset in PRESETS.glob("*.toml")))
        raise StudyError(
            f"preset {name}: expected one of {known} or the path of a .toml file, found neither; "
            f"copy one of {PRESETS} to start your own"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StudyError(f"{path}: expected a TOML file, found {error}; correct it") from None
    return _checked(path, {**values, "name": path.stem})


def _checked(path: Path, values: dict[str, Any]) -> Preset:
    names = [field.name for field in fields(Preset)]
    if missing := [name for name in names if name not in values]:
        raise StudyError(f"{path}: expected a value for {missing[0]}, found none; add it")
    if unknown := [name for name in values if name not in names]:
        known = ", ".join(name for name in names if name != "name")
        raise StudyError(f"{path}: expected only {known}, found {unknown[0]}; remove it")
    sizes = values["sizes"]
    if not (isinstance(sizes, list) and sizes and all(_whole(m, least=1) for m in sizes)):
        raise StudyError(
            f"{path}: expected sizes to be a list of whole numbers from 1, found {sizes!r}; "
            "write for example sizes = [100, 1000]"
        )
    for name in sorted(set(names) - {"name", "sizes", "oracle"}):
        least = 0 if name in ("draws", "halvings") else 1
        if not _whole(values[name], least):
            raise StudyError(
                f"{path}: expected {name} to be a whole number from {least}, "
                f"found {values[name]!r}; correct it"
            )
    if values["oracle"] not in ORACLES:
        raise StudyError(
            f"{path}: expected oracle to be one of {', '.join(ORACLES)}, "
            f"found {values['oracle']!r}; correct it"
        )
    return Preset(**{**values, "sizes": tuple(sorted(set(sizes)))})


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
