"""A study that takes no time: tiny data, a tiny preset, and cells completed without training."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import h5py

from bench.tasks import Completed, GridTask, Row, winner_name
from study.bag import SQUARE
from study.data import file_name
from study.grid import Preset, Run

# By hand: a cell has 1 trial, 2 starts on draw 0 and 2 more draws, so 5 runs; 8 cells have 40.
PRESET = Preset(
    name="tiny",
    sizes=(4, 8),
    corrections=("none",),
    controls=(),
    control_sizes=(),
    control_draws=2,
    draws=2,
    starts=2,
    draw_starts=1,
    halvings=0,
    trial_starts=1,
    trial_steps=10,
    oracle="random",
    steps=10,
    patience=10,
    validation_gap=1,
)
# The columns that runs.csv must have for those who read it.
EXPORTED = """architecture augmented m draw start role validation_mse validation_mae
validation_distance_mm validation_p95_mm test_mse test_mae parameters equivariance_error
output_spread steps seconds status reason
trial depth width activation optimizer learning_rate batch_size loss best_step"""
# What makes rich take a pipe for a terminal.
TERMINAL = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
CELLS = [
    f"{architecture}_{m}{augmented}"
    for m in (4, 8)
    for architecture in ("standard", "equivariant")
    for augmented in ("", "_augmented")
]


def write_data(folder: Path, pool: int = 20) -> Path:
    """Write training files of 4 and `pool` rows and a validation file of 5, all rows distinct."""
    folder.mkdir(exist_ok=True)
    first = 0
    for role, rows in (("train", 4), ("train", pool), ("validation", 5)):
        lines = [f"{index / 100},-0.5,0.1,0.2,0.3,0.4\n" for index in range(first, first + rows)]
        text = ",".join(SQUARE.columns) + "\n" + "".join(lines)
        (folder / file_name(role, rows)).write_text(text, encoding="utf-8")
        first += rows
    return folder


def write_preset(path: Path, **changes: object) -> Path:
    """Write the tiny preset as a TOML file, with some values changed."""
    lists = {name: list(value) for name, value in vars(PRESET).items() if type(value) is tuple}
    values = {**vars(PRESET), **lists, **changes}
    lines = [f"{name} = {value!r}\n" for name, value in values.items() if name != "name"]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def complete(task: GridTask) -> Completed:
    """Stand in for the training of a cell: every missing run succeeds, start 0 wins."""
    rows = {**task.rows, **{task.key(run): _row(task, run) for run in task.missing}}
    key = task.key(Run(task.cell, "draw", 0, 0))
    rows[key] = {**rows[key], "role": "winner"}
    for path in task.files(task.cell):
        _save(path, winner_name(key))
    where = {"diagonal": "x1 + x3 = 0.5", "share": 0.25, "y1": 0, "y2": 0}
    pictures = {"diagonals": [{"run": key, **vars(task.cell), **where}]}
    return Completed(task.cell, list(rows.values()), pictures, {"training": 1.5})


def _save(path: Path, name: str) -> None:
    """Write what an .h5 file of a network with this name says of its name."""
    path.parent.mkdir(exist_ok=True)
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"config": {"name": name}})


def in_this_process(
    function: Callable[[GridTask], Completed], work: Iterable[GridTask], *_: object
) -> Iterator[Completed]:
    """Stand in for the engine."""
    return map(function, work)


def failing(role: str, draw: int) -> Callable[[GridTask], Completed]:
    """A completion of cells in which these runs end dead."""

    def complete_with_failures(task: GridTask) -> Completed:
        done = complete(task)
        for row in done.rows:
            if (row["role"], row["draw"]) == (role, draw):
                row |= {"status": "dead", "reason": "its outputs do not spread"}
        return done

    return complete_with_failures


def _row(task: GridTask, run: Run) -> Row:
    trial = run.kind == "trial"
    wins = not trial and (run.number, run.start) == (0, 0)
    return {
        "run": task.key(run),
        "role": "trial" if trial else "winner" if wins else "draw",
        **vars(task.cell),
        "draw": 0 if trial else run.number,
        "start": run.start,
        "trial": run.number if trial else None,
        "validation_mse": 0.0123,
        "status": "ok",
        "reason": "",
        "seed": str(run.seed("run")),
    }
