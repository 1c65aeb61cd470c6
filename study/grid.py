"""The study's design: its cells, its runs, and the preset that says how many of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

from study import space
from study.old_symmetry import SYMMETRIES
from study.seeds import seed

ARCHITECTURES = ("standard", "equivariant")
ORACLES = ("hyperband", "random")
CORRECTIONS = ("none", "fitted")
CONTROLS = (
    "orbit_average",  # of standard networks: scores of runs that are there, and a model file
    "wrong_group",
    "equivariant_wide",
    "matched_epochs",
    "identity_check",
    "baselines",
)
BASELINES = (
    ("zero", False),
    ("least_squares", False),
    ("linear_equivariant", False),
    ("inverse_model", False),
    ("gaussian_process", False),
    ("gaussian_process", True),
)
FACTOR = 3  # Hyperband gives the best third of the trials three times the steps


@dataclass(frozen=True)
class Cell:
    """One square of the grid: an architecture, trained on raw or augmented data, m samples.

    Corrected: a sensor's offset is found in these samples and undone, before they are augmented.
    Controls stand beside the grid. By their architecture: "wrong_group", "equivariant_wide" and
    the baselines. By what is done otherwise: "matched_epochs" counts epochs over the copies too,
    so it takes eight times the steps; "identity_check" is equivariant augmented with the
    hyperparameters of equivariant raw, which it must equal but for the order of batches.
    """

    architecture: str
    augmented: bool
    m: int
    corrected: bool = False
    control: str = ""

    @property
    def name(self) -> str:
        words = (
            f"{self.architecture}_{self.m}",
            "augmented" * self.augmented,
            "corrected" * self.corrected,
            self.control,
        )
        return "_".join(filter(None, words))

    @property
    def model_file(self) -> str:
        return f"model_{self.name}.h5"

    @property
    def in_grid(self) -> bool:
        """Whether it is of the grid proper, and no control beside it."""
        return self.architecture in ARCHITECTURES and not self.control

    @property
    def averaged(self) -> bool:
        """Whether its networks are also scored as averaged over the orbit."""
        return (self.architecture, self.augmented) == ("standard", False)

    @property
    def step_factor(self) -> int:
        """How many times the steps of the other cells its trainings may take."""
        return len(SYMMETRIES) if self.control == "matched_epochs" else 1


@dataclass(frozen=True)
class Run:
    """One training of a cell. Its seeds are hashes of these names and know nothing else.

    A corrected cell has the seeds of the one that is not: they differ by the correction alone.
    `number` is the draw of a draw's or a baseline's run, the trial of a trial's run.
    """

    cell: Cell
    kind: str  # "trial", "draw" or "baseline"
    number: int
    start: int

    @property
    def draw(self) -> int:
        """The draw that it is trained on: trials see draw 0."""
        return 0 if self.kind == "trial" else self.number

    def seed(self, stream: str) -> int:
        """The seed of the named stream: "weights" or "order"."""
        cell = self.cell
        data = "_".join(filter(None, ("augmented" if cell.augmented else "raw", cell.control)))
        names = (cell.architecture, data, cell.m, self.kind, self.number, self.start)
        return seed(stream, *names)

    def key(self, preset: Preset, checksum: str) -> str:
        """What names this run's row: the same only where its numbers must be the same."""
        protocol = [f"{name}={value}" for name, value in sorted(preset.protocol.items())]
        name = f"{self.cell.name} {self.seed('run')}"
        return f"{seed(name, checksum, *protocol):016x}"


@dataclass(frozen=True)
class Preset:
    """How large a study is. The same for each of its cells."""

    name: str
    sizes: tuple[int, ...]
    corrections: tuple[str, ...]
    controls: tuple[str, ...]
    control_sizes: tuple[int, ...]  # the sizes that have the controls
    control_draws: int  # of the draws, the first ones that the controls are trained on
    draws: int  # paired subsets beside draw 0
    starts: int  # trainings of a cell on draw 0; the best is its winner
    draw_starts: int  # trainings of a cell on each other draw; the best counts
    halvings: int  # the first trials of a cell get trial_steps / FACTOR ** halvings
    trial_starts: int  # trainings of each trial
    trial_steps: int  # optimiser steps of the longest trials
    oracle: str  # KerasTuner's: "hyperband" or "random"
    steps: int  # optimiser steps of a draw's training, at most
    patience: int  # optimiser steps without a better validation error before it stops
    validation_gap: int  # optimiser steps between validations

    @property
    def corrected(self) -> list[bool]:
        """Whether cells are corrected: False, True or both."""
        return [place == 1 for place, name in enumerate(CORRECTIONS) if name in self.corrections]

    def has(self, control: str, m: int) -> bool:
        """Whether this control stands beside the cells of m samples."""
        return control in self.controls and m in self.control_sizes

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
        controls = ("controls", "control_sizes", "control_draws")
        left_out = ("name", "sizes", "corrections", *controls, "draws", "starts", "draw_starts")
        mine = {name: value for name, value in asdict(self).items() if name not in left_out}
        fixed = (FACTOR, space.EQUIVARIANT_STDDEV, space.HUBER_DELTA)
        return {**mine, "space": space.SPACE, "fixed": fixed}


def cells(preset: Preset) -> list[Cell]:
    """The cells that are tuned, those of one size together."""
    found = []
    for m, corrected in product(preset.sizes, preset.corrected):
        for architecture, augmented in product(ARCHITECTURES, (False, True)):
            found.append(Cell(architecture, augmented, m, corrected))
        if preset.has("equivariant_wide", m):
            found.append(Cell("equivariant_wide", False, m, corrected))
    return found


def followers(preset: Preset, cell: Cell) -> list[Cell]:
    """The controls that take over the hyperparameters which were chosen for this cell."""
    if (cell.architecture, cell.augmented) == ("equivariant", False):
        wrong = replace(cell, architecture="wrong_group")
        found = [wrong, replace(cell, augmented=True, control="identity_check")]
    else:
        found = [replace(cell, control="matched_epochs")] * cell.augmented
    return [one for one in found if preset.has(one.control or one.architecture, one.m)]


def baseline_cells(preset: Preset) -> list[Cell]:
    """What a user would pick instead of a network, for each size that has the controls."""
    if "baselines" not in preset.controls:
        return []
    return [
        Cell(name, augmented, m, corrected)
        for m, corrected in product(preset.control_sizes, preset.corrected)
        for name, augmented in BASELINES
    ]


def trial_runs(preset: Preset, cell: Cell) -> list[Run]:
    numbers = product(range(preset.trials), range(preset.trial_starts))
    return [Run(cell, "trial", number, start) for number, start in numbers]


def baseline_runs(preset: Preset, cell: Cell) -> list[Run]:
    """Every draw of the controls once: a baseline has no luck of its own."""
    return [Run(cell, "baseline", number, 0) for number in range(preset.control_draws + 1)]


def draw_runs(preset: Preset, cell: Cell) -> list[Run]:
    """Draw 0 with all its starts, then the other draws: those that the cell is trained on."""
    draws = preset.draws if cell.in_grid else preset.control_draws

    def numbers() -> Iterator[tuple[int, int]]:
        yield from ((0, start) for start in range(preset.starts))
        yield from product(range(1, draws + 1), range(preset.draw_starts))

    return [Run(cell, "draw", number, start) for number, start in numbers()]
