"""A study that takes no time: some hundred simulated rows and a tiny preset."""

import csv
from pathlib import Path

import numpy as np

from bench.studies import Folders, Study, open_study
from study.bag import SQUARE
from study.data import ROLES, Data, Samples, assemble, file_name
from study.design import WHOLE, Shard
from study.presets import load_preset
from study.simulate import FAULT, NO_FAULT, simulate

# What makes rich take a pipe for a terminal.
TERMINAL = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
ROWS = {"train": (20, 120), "validation": (50, 200), "test": (60,)}
# By hand: 4 cells at m = 20 with repetitions 0, 1 and 2, and 4 at m = 40, which has no training
# file of its own, with 1 and 2. A repetition has 2 proposals and 1 full training, repetition 0 a
# further start too: 4 * (4 + 3 + 3) + 4 * (3 + 3) = 64.
PRESET = {
    "sizes": [20, 40],
    "corrections": ["none"],
    "repetitions": 2,
    "steps": 100,
    "tuning": {"proposals": 2, "finalists": 1},
    "exercise": {"proposals": 2, "finalists": 1, "starts": 1},
}
PLANNED = 64
# Without the exercise. By hand: 4 cells of 1 repetition, 2 proposals and 1 full training each: 12.
SMALL = {
    "sizes": [20],
    "corrections": ["none"],
    "repetitions": 1,
    "steps": 50,
    "tuning": {"proposals": 2, "finalists": 1},
    "exercise": {},
}


def samples() -> dict[str, list[Samples]]:
    """Simulated samples by role; those for training have a faulty sensor."""
    return {
        role: [
            simulate(
                rows,
                np.random.default_rng([ROLES.index(role), rows]),
                offset=FAULT if role == "train" else NO_FAULT,
            )
            for rows in ROWS[role]
        ]
        for role in ROLES
    }


def data() -> Data:
    """The samples as data."""
    return assemble(Path("given"), samples())


def write_data(folder: Path, left_out: tuple[str, ...] = ()) -> Path:
    """Write the samples as files, but for those of these roles."""
    folder.mkdir(exist_ok=True)
    for role, files in samples().items():
        for one in files if role not in left_out else ():
            write_file(folder / file_name(role, len(one.X)), one)
    return folder


def write_file(path: Path, samples: Samples) -> None:
    """Write samples as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(SQUARE.columns)
        writer.writerows(np.hstack([samples.Y, samples.X]).tolist())


def write_preset(path: Path, **changes: object) -> Path:
    """Write the tiny preset, with some values changed, as a TOML file."""
    path.write_text("".join(f"{k} = {_toml(v)}\n" for k, v in {**PRESET, **changes}.items()))
    return path


def turn_down(path: Path) -> None:
    """Count y2 of a file downwards."""
    header, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
    values = np.array(rows, float) * [1, -1, 1, 1, 1, 1]
    lines = [",".join(header), *(",".join(map(repr, row)) for row in values.tolist())]
    path.write_text("\n".join(lines), encoding="utf-8")


def opened(
    home: Path,
    *,
    trainer: str = "loop",
    seed: int | None = None,
    trust: bool = False,
    shard: Shard = WHOLE,
    **changes: object,
) -> Study:
    """The study of the tiny preset, with some values changed, on the data in this folder."""
    preset = load_preset(str(write_preset(home / "tiny.toml", **changes)))
    folders = Folders(home / "data", home / "results", home / "models")
    return open_study(
        preset, folders, trainer=trainer, root_seed=seed, shard=shard, simulate=True, trust=trust
    )


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + " }"
    return repr(value)


def contents(folder: Path) -> dict[str, bytes | None]:
    """All that is in a folder: files with what they hold, folders with nothing."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
